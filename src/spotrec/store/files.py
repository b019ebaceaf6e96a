"""A user's own files, and the track that each contained when it was read."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from spotrec.store import columns
from spotrec.store.database import Database, json_list, now
from spotrec.store.tracks import Tracks
from spotrec.track import Track, TrackId

_UNCHANGED = """
    select track.* from local_file join track on track.id = local_file.track_id
    where local_file.path = :path and n_bytes = :n_bytes and mtime_ns = :mtime_ns
"""

_PLACES = """
    select path, n_bytes, mtime_ns, track_id, sound, mount from local_file
    where track_id in (select value from json_each(:ids))
    union all
    select path, 0, -1, id, null, null from track where id in (select value from json_each(:ids))
        and path is not null and not exists (select 1 from local_file where track_id = track.id)
    order by path
"""

_WITH_SOUND = "select distinct track_id from local_file where sound = :sound order by track_id"

_TRACK_IN = """
    select * from track where path = :path or id in (select track_id from local_file where path = :path) limit 1
"""

_ENDING_IN = """
    select path, track_id from local_file where substr(path, -length(:end)) = :end
    union
    select path, id from track where path is not null and substr(path, -length(:end)) = :end
    order by path limit 20
"""

_BELOW = """
    select id from track where (path >= :start and path < :end)
        or id in (select track_id from local_file where path >= :start and path < :end)
    order by rowid
"""

_REMEMBER = """
    insert or replace into local_file (path, n_bytes, mtime_ns, track_id, sound, mount)
    values (:path, :n_bytes, :mtime_ns, :id, :sound, :mount)
"""

# a copy of the file that was at the path may be elsewhere
_FORGET_PATH = """
    update track set path = (select path from local_file where track_id = track.id and path <> :path)
    where path = :path and id <> :id
"""
_FORGET_AUDIO = """
    update audio set
        address = coalesce((select path from track where track.id = audio.track_id), address),
        deleted_at = iif((select path from track where track.id = audio.track_id) is null, :now, deleted_at)
    where address = :path and not owned and track_id <> :id
"""

_INTEGERS = (-(2**63), 2**63 - 1)


@dataclass(frozen=True, slots=True)
class FileState:
    """A file at the moment when it was read.

    Attributes:
        sound: the digest of its audio without tags (`audio.sound`), or None if it is not known.
        mount: the folder at which its disk was mounted, or None if it is not known.
    """

    path: str
    n_bytes: int
    mtime_ns: int
    sound: str | None = None
    mount: str | None = None


class Files:
    """Crawled files, with their size and modification time."""

    def __init__(self, db: Database, tracks: Tracks) -> None:
        self._db = db
        self._tracks = tracks

    def unchanged(self, path: Path, n_bytes: int, mtime_ns: int) -> Track | None:
        """Return the track read from `path` earlier, if the file has not changed since."""
        row = self._db.row(_UNCHANGED, {"path": str(path), "n_bytes": n_bytes, "mtime_ns": _within(mtime_ns)})
        return columns.track(row) if row else None

    def track_in(self, path: str) -> Track | None:
        """Return the track that was last read from `path`, even if the file has changed or is missing now."""
        row = self._db.row(_TRACK_IN, {"path": path})
        return columns.track(row) if row else None

    def below(self, folder: str) -> list[TrackId]:
        """Return the tracks that were last read from files in this folder or below it."""
        start = folder.rstrip("/") + "/"
        found = self._db.rows(_BELOW, {"start": start, "end": start[:-1] + chr(ord("/") + 1)})
        return [TrackId(row[0]) for row in found]

    def ending_in(self, end: str) -> dict[str, TrackId]:
        """Return up to twenty files whose paths end like this, each with the track that was last read from it."""
        return {row[0]: TrackId(row[1]) for row in self._db.rows(_ENDING_IN, {"end": end})}

    def among(self, paths: Iterable[str]) -> set[str]:
        """Return which of these paths were crawled as a user's own files."""
        sql = "select path from local_file where path in (select value from json_each(:paths))"
        return {row[0] for row in self._db.rows(sql, {"paths": json_list(paths)})}

    def places(self, track_ids: Iterable[TrackId]) -> dict[TrackId, list[FileState]]:
        """Return the last known files of each of these tracks, by path; tracks that never had a file are omitted."""
        found: dict[TrackId, list[FileState]] = {}
        for row in self._db.rows(_PLACES, {"ids": json_list(track_ids)}):
            state = FileState(row["path"], row["n_bytes"], row["mtime_ns"], row["sound"], row["mount"])
            found.setdefault(TrackId(row["track_id"]), []).append(state)
        return found

    def with_sound(self, sound: str) -> list[TrackId]:
        """Return the tracks of files with this digest of their audio."""
        return [TrackId(row[0]) for row in self._db.rows(_WITH_SOUND, {"sound": sound})]

    def on_disk(self, mount: str) -> list[str]:
        """Return some of the files that were read while their disk was mounted at this folder."""
        return [row[0] for row in self._db.rows("select path from local_file where mount = ? limit 200", [mount])]

    def remember(
        self,
        path: Path,
        n_bytes: int,
        mtime_ns: int,
        track_id: TrackId,
        *,
        sound: str | None = None,
        mount: str | None = None,
    ) -> None:
        """Note that the file at `path` contains this track now, and no longer the track that was there before.

        See `FileState` for `sound` and `mount`.
        """
        with self._db.transaction() as write:
            id_ = self._tracks.stored_id(track_id)
            if id_ is None:
                return
            file = {"path": str(path), "n_bytes": n_bytes, "mtime_ns": _within(mtime_ns), "id": id_, "now": now()}
            for sql in (_REMEMBER, _FORGET_PATH, _FORGET_AUDIO):
                write.execute(sql, file | {"sound": sound, "mount": mount})

    def forget(self, track_id: TrackId) -> None:
        """Forget a track's files, so that the next crawl reads them again."""
        with self._db.transaction() as write:
            write.execute("update local_file set mtime_ns = -1 where track_id = :id", {"id": track_id})


def _within(mtime_ns: int) -> int:
    """Return the nearest time that SQLite can store: some file systems allow years after 2262."""
    return min(max(mtime_ns, _INTEGERS[0]), _INTEGERS[1])
