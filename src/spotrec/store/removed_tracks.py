"""Tracks that the user removed: a sync leaves them out until they are crawled by name."""

from collections.abc import Iterable

from spotrec.store.database import Database, json_list
from spotrec.track import TrackId

_NOTE = """
    insert or ignore into removed_track (id, sound)
    select value, null from json_each(:ids)
    union all
    select alias, null from track_alias where track_id in (select value from json_each(:ids))
    union all
    select 'subsonic:' || server || ':' || item_id, null from server_item
    where track_id in (select value from json_each(:ids))
    union all
    select distinct 'sound:' || sound, sound from local_file
    where sound is not null and track_id in (select value from json_each(:ids))
"""

_FORGET = """
    delete from removed_track
    where id in (select value from json_each(:ids)) or sound in (select value from json_each(:sounds))
"""

_IDS = "select id from removed_track where id in (select value from json_each(:ids))"
_SOUNDS = "select sound from removed_track where sound in (select value from json_each(:sounds))"


class RemovedTracks:
    """The ids of removed tracks, and the digests of their files' audio: a file with other tags has another id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, track_ids: Iterable[TrackId]) -> None:
        """Note stored tracks that are about to be removed, with their aliases and the sound of their files."""
        with self._db.transaction() as write:
            write.execute(_NOTE, {"ids": json_list(track_ids)})

    def forget(self, track_ids: Iterable[TrackId], sounds: Iterable[str] = ()) -> None:
        """Forget that these tracks, or files with this sound, were removed: they are wanted again."""
        with self._db.transaction() as write:
            write.execute(_FORGET, {"ids": json_list(track_ids), "sounds": json_list(sounds)})

    def ids(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these tracks were removed."""
        return {TrackId(row[0]) for row in self._db.rows(_IDS, {"ids": json_list(track_ids)})}

    def sounds(self, sounds: Iterable[str]) -> set[str]:
        """Return which of these digests are of removed tracks' audio."""
        return {row[0] for row in self._db.rows(_SOUNDS, {"sounds": json_list(sounds)})}
