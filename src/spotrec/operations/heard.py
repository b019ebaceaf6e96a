"""Heard: note what was played, so that stations leave it out for a while."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from spotrec.operations.session import Session
from spotrec.store import FeatureStore, moment
from spotrec.track import TrackId

_KEPT_DAYS = 400
"""Longer than the setting `heard_lately_days` may be."""


def note_heard(session: Session, track_ids: Iterable[str], place: str, at: datetime | None) -> int:
    """See `Recommender.note_heard`."""
    with session.view():
        store = session.store()
        ids = [store.tracks.stored_id(TrackId(id_)) for id_ in track_ids]
        return note(store, [id_ for id_ in ids if id_], place, at=moment(at) if at else None)


def note(
    store: FeatureStore, track_ids: Iterable[TrackId], place: str, *, since: str | None = None, at: str | None = None
) -> int:
    """Note that tracks were heard now, or at a moment; return how many were noted. What is long ago is forgotten.

    Args:
        since: leave out tracks that this place has noted since then.
    """
    now = datetime.now().astimezone()
    store.heard.forget(moment(now - timedelta(days=_KEPT_DAYS)))
    return store.heard.note(track_ids, place, at or moment(now), since=since)
