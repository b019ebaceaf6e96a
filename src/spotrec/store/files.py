"""A user's own files, and the track that each contained when it was read."""

from collections.abc import Iterable
from pathlib import Path

from spotrec.store import columns
from spotrec.store.database import Database, json_list, now
from spotrec.store.tracks import Tracks
from spotrec.track import Track, TrackId

_UNCHANGED = """
    select track.* from local_file join track on track.id = local_file.track_id
    where local_file.path = :path and n_bytes = :n_bytes and mtime_ns = :mtime_ns
"""

_TRACK_IN = """
    select * from track where path = :path or id in (select track_id from local_file where path = :path) limit 1
"""

_BELOW = """
    select id from track where (path >= :start and path < :end)
        or id in (select track_id from local_file where path >= :start and path < :end)
    order by rowid
"""

_REMEMBER = """
    insert or replace into local_file (path, n_bytes, mtime_ns, track_id) values (:path, :n_bytes, :mtime_ns, :id)
"""

_FORGET_PATH = "update track set path = null where path = :path and id <> :id"

_FORGET_AUDIO = """
    update audio set deleted_at = :now where address = :path and not owned and track_id <> :id
"""


class Files:
    """Crawled files, with their size and modification time."""

    def __init__(self, db: Database, tracks: Tracks) -> None:
        self._db = db
        self._tracks = tracks

    def unchanged(self, path: Path, n_bytes: int, mtime_ns: int) -> Track | None:
        """Return the track read from `path` earlier, if the file has not changed since."""
        row = self._db.row(_UNCHANGED, {"path": str(path), "n_bytes": n_bytes, "mtime_ns": mtime_ns})
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

    def among(self, paths: Iterable[str]) -> set[str]:
        """Return which of these paths were crawled as a user's own files."""
        sql = "select path from local_file where path in (select value from json_each(:paths))"
        return {row[0] for row in self._db.rows(sql, {"paths": json_list(paths)})}

    def remember(self, path: Path, n_bytes: int, mtime_ns: int, track_id: TrackId) -> None:
        """Note that the file at `path` contains this track now, and no longer the track that was there before."""
        file = {"path": str(path), "n_bytes": n_bytes, "mtime_ns": mtime_ns, "id": track_id, "now": now()}
        with self._db.transaction() as write:
            if self._tracks.is_gone(track_id):
                return
            for sql in (_REMEMBER, _FORGET_PATH, _FORGET_AUDIO):
                write.execute(sql, file)

    def forget(self, track_id: TrackId) -> None:
        """Forget a track's files, so that the next crawl reads them again."""
        with self._db.transaction() as write:
            write.execute("delete from local_file where track_id = :id", {"id": track_id})
