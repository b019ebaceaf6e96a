"""Tracks and collections: list what is stored."""

from collections.abc import Iterator

from spotrec.operations.session import Session
from spotrec.store import KnownCollection, TrackFilter, TrackRecord


def list_tracks(
    session: Session, words: str, *, artist: str, collection: str | None, missing_audio: bool, failed: bool
) -> Iterator[TrackRecord]:
    """See `Recommender.tracks`."""
    store = session.store()
    known = None
    if collection is not None:
        from spotrec.operations.library import collection_named

        known = collection_named(store, collection).id
    return store.listing.records(TrackFilter(words, artist, known, missing_audio, failed), session.model.id)


def list_collections(session: Session) -> list[KnownCollection]:
    """See `Recommender.collections`."""
    return session.store().collections.get()
