"""Tracks and collections: list what is stored."""

from collections.abc import Iterator
from dataclasses import replace

from spotrec.errors import NotFetched, NotFound, quoted
from spotrec.operations.results import TrackEmbedding
from spotrec.operations.session import Session
from spotrec.store import KnownCollection, TrackFilter, TrackRecord
from spotrec.track import TrackId


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


def find_track(session: Session, track_id: str) -> TrackRecord:
    """See `Recommender.track`."""
    store = session.store()
    with store.at_one_moment():
        stored_id = store.tracks.stored_id(TrackId(track_id))
        if stored_id is None:
            raise NotFound(f"there is no stored track {quoted(track_id)}", "`spotrec tracks` lists the stored tracks")
        return store.listing.of([stored_id], session.model.id)[stored_id]


def find_embedding(session: Session, track_id: str) -> TrackEmbedding:
    """See `Recommender.embedding`."""
    with session.view() as view:
        record = find_track(session, track_id)
        embedding = view.embeddings.get(record.track.id)
        if embedding is None:
            raise NotFetched(f"{record.track.name} has no features yet", "`spotrec extract` extracts them")
        tags = dict(zip(view.tag_names, map(float, embedding.tags), strict=False))
        return TrackEmbedding(record.track, view.ears.name, embedding.vector, tags)


def list_collections(session: Session) -> list[KnownCollection]:
    """See `Recommender.collections`."""
    return session.store().collections.get()
