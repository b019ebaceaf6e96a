"""What was heard, and when: tracks that a player played or a station served."""

from collections.abc import Iterable

from spotrec.store.database import Database, json_list
from spotrec.track import TrackId

# a track that the same place has noted since `since` is not noted again
_NOTE = """
    insert or ignore into heard (track_id, heard_at, place)
    select id, :at, :place from track where id in (select value from json_each(:ids)) and not exists (
        select 1 from heard where heard.track_id = track.id and heard.place = :place and heard_at >= :since
    )
"""

_FORGET = "delete from heard where heard_at < :before"

_BETWEEN = """
    select track_id from heard where heard_at >= :since and heard_at < :until
    group by track_id order by max(heard_at), track_id
"""


class Heard:
    """The times at which tracks were heard, each with its place: `mpd`, `page`, or a station. Times are of `moment`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, track_ids: Iterable[TrackId], place: str, at: str, *, since: str | None = None) -> int:
        """Note that these stored tracks were heard; return how many were noted.

        Args:
            since: leave out tracks that this place has noted since then. By default, a track is noted once a moment.
        """
        row = {"ids": json_list(track_ids), "place": place, "at": at, "since": since or at}
        with self._db.transaction() as write:
            return write.execute(_NOTE, row).rowcount

    def forget(self, before: str) -> None:
        """Delete what was heard before a moment."""
        with self._db.transaction() as write:
            write.execute(_FORGET, {"before": before})

    def between(self, since: str, until: str) -> list[TrackId]:
        """Return the tracks that were heard from one moment to another, without it: the one heard last comes last."""
        return [TrackId(row[0]) for row in self._db.rows(_BETWEEN, {"since": since, "until": until})]
