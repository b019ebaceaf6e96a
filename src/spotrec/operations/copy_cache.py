"""Copy cache: copy the audio of one cache to another, or move it there."""

from pathlib import Path

from spotrec.audio.cache import AudioCache, AudioCaches, CachedObject, track_of
from spotrec.audio.tags import read_content
from spotrec.errors import CacheError, NotFound, Reason, TrackError, UsageError
from spotrec.operations.cache import pages, side_by_side
from spotrec.operations.results import CopyReport
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.system.digests import sha256
from spotrec.track import TrackId


def copy_cache(session: Session, source: str, target: str, *, move: bool, progress: Progress | None) -> CopyReport:
    """See `Recommender.copy_cache`."""
    with session.view(progress) as view:
        store = session.store() if move else None
        caches = session.caches
        return copy(caches, caches.open(source), caches.open(target), view.progress, store=store)


def copy(
    caches: AudioCaches,
    source: AudioCache,
    target: AudioCache,
    progress: Progress,
    *,
    store: FeatureStore | None = None,
) -> CopyReport:
    """Copy all audio of one cache to another, several files at a time; files that the target has are not copied again.

    Args:
        store: if given, the audio is moved: after each file was read back from the target, the store notes its new
            address and the source's file is deleted. If the process is killed, the next run continues.

    Raises:
        NotFound, UsageError: the source is not a folder, or is the target itself.
        CacheError: a cache cannot be used; earlier copies stay.
    """
    _check_two(source, target)
    report = CopyReport(source.address, target.address, is_move=store is not None)

    def carry(one: CachedObject) -> bool | str | None:
        try:
            return _carry(caches, source, target, TrackId(str(track_of(one.key))), one.key, store)
        except TrackError as error:
            return error.message

    with progress.meter("move" if store else "copy", unit="files") as meter:
        for page in pages(source.objects()):
            ours = [one for one in page if track_of(one.key)]
            report.others += len(page) - len(ours)
            for one, result in side_by_side(carry, ours):
                if isinstance(result, str):
                    report.failures.append((one.key, result))
                elif result is not None:
                    (report.copied if result else report.there).add(one.n_bytes)
                meter.advance()
    report.failures.sort()
    return report


def _carry(
    caches: AudioCaches, source: AudioCache, target: AudioCache, track_id: TrackId, key: str, store: FeatureStore | None
) -> bool | None:
    """Copy or move one file. Return whether it had to be copied, or None if it no longer exists."""
    old, new = f"{source.address}/{key}", f"{target.address}/{key}"
    digest = source.sha256(key)
    is_there = digest is not None and target.sha256(key) == digest
    if store and is_there:  # the noted hash is not enough to delete the source: read the file
        is_there = sha256(caches.get(new) or b"") == digest
    if not is_there:
        audio = caches.get(old)
        if audio is None:
            return None
        if digest not in (None, sha256(audio)):
            raise TrackError(Reason.DAMAGED, f"{old} has changed since it was stored", "crawl its source again")
        digest = sha256(audio)
        target.put(key, audio, content_type=_content_type(audio), sha256=digest, track_id=track_id)
        if store and sha256(caches.get(new) or b"") != digest:
            raise CacheError(
                f"{new} differs from what was copied", f"the file in {source.address} was not deleted; try again"
            )
    if store:
        store.audio.move(track_id, old, new)
        source.delete(key)
    return not is_there


def _check_two(source: AudioCache, target: AudioCache) -> None:
    """Refuse a source that is the target: to move audio onto itself would delete it."""
    if not source.address.startswith("s3://") and not Path(source.address).is_dir():
        raise NotFound(f"there is no folder {source.address}", "give the cache to copy from, then the one to copy to")
    is_one = source.address == target.address
    if Path(source.address).is_dir() and Path(target.address).is_dir():
        is_one = Path(source.address).samefile(target.address)
    if is_one:
        raise UsageError(f"{source.address} and {target.address} are the same cache", "give two different caches")


def _content_type(audio: bytes) -> str:
    try:
        return read_content(audio, "cached audio").content_type
    except TrackError:
        return "application/octet-stream"
