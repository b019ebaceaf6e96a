"""Write tags: tempo and key as they were heard, into the user's own files whose tags have none.

A file is replaced by a complete copy in one step. Its new content has another id, so the store follows at once, in the
same way as a crawl would; a process that is killed in between leaves that to the next crawl.
"""

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from spotrec.audio.tag_writer import TaggedFile, WriteJob, answer
from spotrec.crawl.file_changes import FileChanges
from spotrec.crawl.sources.files import AudioFiles
from spotrec.errors import Reason, TrackError, quoted
from spotrec.operations.library import folders_named
from spotrec.operations.results import TagChange, TagReport
from spotrec.operations.session import Session
from spotrec.operations.tracks import list_tracks
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.store import FeatureStore, FileState
from spotrec.system.files import PART_PREFIX, STALE_PART_S, is_full, sweep_parts, write_whole
from spotrec.system.process_pool import JobCrashed, JobTooSlow, ProcessPool
from spotrec.track import HEARD, Track

_TIMEOUT_S = 60.0
_LATER_NS = 1_000_000_000
_PARTS = PART_PREFIX + "[0-9a-f]" * 16

_Pool = ProcessPool[WriteJob, TaggedFile | TrackError]


def write_tags(
    session: Session, words: str, *, artist: str, collection: str | None, dry_run: bool, progress: Progress | None
) -> TagReport:
    """See `Recommender.write_tags`."""
    with session.view(progress) as view:
        store = session.store()
        found = list_tracks(session, words, artist=artist, collection=collection, missing_audio=False, failed=False)
        tracks = [one.track for one in found if _lacks_what_was_heard(one.track)]
        places = {id_: _not_moved(files) for id_, files in store.files.places(track.id for track in tracks).items()}
        folders = folders_named(store, collection) if collection is not None else []
        report = TagReport(is_done=not dry_run)
        pool: _Pool = ProcessPool(answer, "writing tags", _TIMEOUT_S, 1)
        what = "read tags" if dry_run else "write tags"
        with closing(pool), view.progress.meter(what, sum(map(len, places.values())), unit="files") as meter:
            for track in tracks:
                files = places.get(track.id, [])
                if folders and (outside := _outside(files, folders)):
                    report.files += _left_for_a_copy(track, files, outside)
                    meter.advance(len(files))
                    continue
                for change in _written(view, store, pool, track, files, dry_run=dry_run):
                    report.files.append(change)
                    meter.advance()
        return report


def _lacks_what_was_heard(track: Track) -> bool:
    return HEARD in (track.bpm_source, track.key_source)


def _not_moved(files: list[FileState]) -> list[FileState]:
    """Return a track's files without the places where it is no longer; all, if it is nowhere."""
    return [file for file in files if os.path.lexists(file.path)] or files


def _outside(files: list[FileState], folders: list[Path]) -> list[str]:
    """Return the paths that are in none of these folders."""
    return [file.path for file in files if not any(Path(file.path).is_relative_to(folder) for folder in folders)]


def _left_for_a_copy(track: Track, files: list[FileState], outside: list[str]) -> Iterator[TagChange]:
    """Leave a track's files: copies stay alike, and nothing outside of the folder that was named is written."""
    for file in files:
        if file.path not in outside:
            why = f"{quoted(outside[0])} is a copy outside of the folder, and copies are written all or none"
            yield TagChange(file.path, track.id, None, None, "left", f"{file.path} is left as it is: {why}")


def _written(
    view: View, store: FeatureStore, pool: _Pool, track: Track, files: list[FileState], *, dry_run: bool
) -> Iterator[TagChange]:
    """Write the tags of a track's files: all copies alike; if one must stay as it is, all stay."""
    bpm = track.heard_bpm if track.bpm is None else None
    key = track.heard_key if not track.musical_key else None
    tagged: list[TaggedFile] = []
    try:
        for file in files:
            _check_file(file)
            tagged.append(_tagged(pool, WriteJob(Path(file.path), view.session.max_audio_bytes, bpm, key)))
    except TrackError as error:
        for file in files:
            yield TagChange(file.path, track.id, None, None, "left", error.message)
        return
    for file, new in zip(files, tagged, strict=True):
        if new.bpm is None and new.key is None:
            yield TagChange(file.path, track.id, None, None, "left", f"{file.path} has tags of its own: crawl it again")
        elif dry_run:
            yield TagChange(file.path, track.id, new.bpm, new.key, "to write")
        else:
            try:
                _replace(file, new.content)
            except TrackError as error:
                yield TagChange(file.path, track.id, None, None, "left", error.message)
            else:
                _follow(view, store, Path(file.path))
                id_ = store.tracks.stored_id(track.id) or track.id
                yield TagChange(file.path, id_, new.bpm, new.key, "written")


def _tagged(pool: _Pool, job: WriteJob) -> TaggedFile:
    try:
        found = pool.run(job)
    except (JobCrashed, JobTooSlow):
        raise TrackError(Reason.CRASHED, f"{job.path} is left as it is: its tags cannot be read") from None
    if isinstance(found, TrackError):
        raise found
    return found


def _check_file(file: FileState) -> os.stat_result:
    """Return the state of a file that may be replaced.

    Raises:
        TrackError: it is gone, has changed, or is not only this user's own, plain, writable file.
    """
    path = Path(file.path)
    try:
        found = path.lstat()
    except OSError as exc:
        raise TrackError(Reason.AUDIO_GONE, f"{path} cannot be read: {exc.strerror or exc}") from exc
    is_as_crawled = (found.st_size, found.st_mtime_ns) == (file.n_bytes, file.mtime_ns)
    for is_fine, why in (
        (stat.S_ISREG(found.st_mode), "it is not a regular file"),
        (found.st_nlink == 1, "it has several hard links"),
        (found.st_uid in (os.geteuid(), 0) or os.geteuid() == 0, "it belongs to another user"),
        (os.access(path, os.W_OK) and found.st_mode & 0o222, "it is not writable"),
        (os.access(path.parent, os.W_OK | os.X_OK), "its folder is not writable"),
        (is_as_crawled, "it has changed since it was crawled: crawl it again"),
    ):
        if not is_fine:
            raise TrackError(Reason.UNREADABLE, f"{path} is left as it is: {why}")
    return found


def _replace(file: FileState, content: bytes) -> None:
    """Replace a file in one step. It keeps its permissions, and is dated a second later, so that backups notice."""
    path = Path(file.path)

    def write(part: Path) -> None:
        part.write_bytes(content)
        before = _check_file(file)
        shutil.copystat(path, part)
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(part, before.st_uid, before.st_gid)
        os.utime(part, ns=(before.st_atime_ns, before.st_mtime_ns + _LATER_NS))

    try:
        sweep_parts(path.parent, STALE_PART_S, names=_PARTS)
        write_whole(path, write)
    except OSError as exc:
        if is_full(exc):
            raise
        raise TrackError(Reason.UNREADABLE, f"{path} cannot be written: {exc.strerror or exc}") from exc


def _follow(view: View, store: FeatureStore, path: Path) -> None:
    """Let the store know the file's new content: the track keeps its lists and features under its new id."""
    changes = FileChanges(store)
    listed = AudioFiles(lambda *_: None, view.session.tag_pool).read(path)
    (track,) = changes.with_first_places([listed])
    changes.adopt(listed, store.tracks.add_seed(track))
    changes.finish()
