"""What the store knows of copies: tracks with one name, one sound or one audio, and tracks with several files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spotrec.store.database import Database, json_list
from spotrec.track import TrackId

_LENGTHS = "select id, duration_ms from track where in_catalogue and duration_ms > 0"

_BY_NAME = """
    select recording_key as key, id from track where in_catalogue and recording_key in (
        select recording_key from track where in_catalogue and recording_key is not null
        group by recording_key having count(*) > 1
    ) order by key, duration_ms, id
"""

_BY_SOUND = """
    select sound as key, track_id as id from local_file join track on track.id = track_id and in_catalogue
    where sound is not null and sound in (
        select sound from local_file where sound is not null group by sound having count(distinct track_id) > 1
    ) group by sound, track_id order by key, id
"""

# the same preview of two tracks; a file's own track has its content in its id
_BY_AUDIO = """
    select audio_sha256 as key, track_id as id from embedding join track on track.id = track_id and in_catalogue
    where audio_sha256 <> '' and audio_sha256 in (
        select audio_sha256 from embedding group by audio_sha256 having count(distinct track_id) > 1
    ) group by audio_sha256, track_id order by key, id
"""

_WITH_SEVERAL_FILES = """
    select track_id from local_file join track on track.id = track_id and in_catalogue
    group by track_id having count(*) > 1
    union
    select track_id from server_item join track on track.id = track_id and in_catalogue
    where not exists (select 1 from local_file where local_file.track_id = server_item.track_id)
    group by server, track_id having count(*) > 1
    order by track_id
"""

_HEARD_WHOLE = """
    select distinct track_id from embedding
    where provider in ('file', 'upload') and track_id in (select value from json_each(:ids))
"""


@dataclass(frozen=True, slots=True)
class KnownCopies:
    """Tracks of the catalogue that may be copies.

    Attributes:
        by_name: those with one name of artist and title, by length; by this key.
        by_sound: those with files of the same audio apart from tags.
        by_audio: those that were heard from the same audio.
        with_several_files: those that are several files, or several items of one music server.
    """

    by_name: Mapping[str, list[TrackId]]
    by_sound: Mapping[str, list[TrackId]]
    by_audio: Mapping[str, list[TrackId]]
    with_several_files: list[TrackId]


class Copies:
    """The tracks of the catalogue that may be one recording."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self) -> KnownCopies:
        """Return the tracks that may be copies."""
        return KnownCopies(
            self._by_key(_BY_NAME),
            self._by_key(_BY_SOUND),
            self._by_key(_BY_AUDIO),
            [TrackId(row[0]) for row in self._db.rows(_WITH_SEVERAL_FILES)],
        )

    def durations_ms(self) -> dict[TrackId, int]:
        """Return the length of each track of the catalogue that has one."""
        return {TrackId(row[0]): row[1] for row in self._db.rows(_LENGTHS)}

    def heard_whole(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these tracks were heard from a whole file, not from a preview."""
        return {TrackId(row[0]) for row in self._db.rows(_HEARD_WHOLE, {"ids": json_list(track_ids)})}

    def _by_key(self, sql: str) -> dict[str, list[TrackId]]:
        found: dict[str, list[TrackId]] = {}
        for key, id_ in self._db.rows(sql):
            found.setdefault(key, []).append(TrackId(id_))
        return found
