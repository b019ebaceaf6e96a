"""Tracks and collections: list what is stored."""

from collections.abc import Iterator
from dataclasses import replace

from spotrec.operations.session import Session
from spotrec.store import KnownCollection, TrackFilter, TrackRecord


def list_tracks(
    session: Session, words: str, *, artist: str, collection: str | None, missing_audio: bool, failed: bool
) -> Iterator[TrackRecord]:
    """See `Recommender.tracks`."""
    store = session.store()
    wanted = TrackFilter(words, artist, None, missing_audio, failed)
    if collection is not None:
        from spotrec.operations.library import CrawledFolder, collection_or_folder

        found = collection_or_folder(store, collection)
        if isinstance(found, CrawledFolder):
            wanted = replace(wanted, track_ids=found.track_ids)
        else:
            wanted = replace(wanted, collection_id=found.id)
    return store.listing.records(wanted, session.model.id)


def list_collections(session: Session) -> list[KnownCollection]:
    """See `Recommender.collections`."""
    return session.store().collections.get()
