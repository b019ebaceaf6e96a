"""Cache: list the files of the audio cache, and delete what is no longer needed."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from spotrec.audio.cache import AudioCache, AudioCaches, track_of
from spotrec.operations.results import Amount, CachedFile, Clearing, State
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.system.files import real_path
from spotrec.system.workers import Workers
from spotrec.track import Ears, TrackId

_AT_A_TIME = 200
_AT_ONCE = 8
_MAY_BE_UNDER_WAY_S = 3600.0

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


NOT_NEEDED = frozenset({State.HEARD, State.ORPHAN})
OURS = frozenset(State) - {State.OTHER}


def list_cached(session: Session) -> Iterator[CachedFile]:
    """See `Recommender.cached`."""
    return _cached_audio(session, session.progress).files(session.caches.open_default())


def clear_cache(
    session: Session,
    *,
    everything: bool,
    dry_run: bool,
    confirm: Callable[[Clearing], None] | None,
    progress: Progress | None,
) -> Clearing:
    """See `Recommender.clear_cache`."""
    with session.view(progress) as view:
        cache = session.caches.open_default()
        cached = _cached_audio(session, view.progress)
        return cached.clear(cache, everything=everything, dry_run=dry_run, confirm=confirm)


def _cached_audio(session: Session, progress: Progress) -> "CachedAudio":
    ears = Ears.of(*(model.id for model in session.models))
    return CachedAudio(session.store(), session.caches, ears, progress)


class Tally:
    """Counts files by state."""

    def __init__(self) -> None:
        self.amounts: dict[State, Amount] = {}

    def counting(self, files: Iterable[CachedFile]) -> Iterator[CachedFile]:
        for file in files:
            self.amounts.setdefault(file.state, Amount()).add(file.n_bytes)
            yield file


class CachedAudio:
    """The files of audio caches, with their state in the store."""

    def __init__(self, store: FeatureStore, caches: AudioCaches, ears: Ears, progress: Progress) -> None:
        self._store = store
        self._caches = caches
        self._ears = ears
        self._progress = progress

    def files(self, cache: AudioCache) -> Iterator[CachedFile]:
        """Yield all files of a cache, in order of key, read page by page.

        Raises:
            CacheError: it cannot be listed.
        """
        for page in pages(cache.objects()):
            folder = cache.address if cache.address.startswith("s3://") else real_path(Path(cache.address))
            own = self._store.files.among(f"{folder}/{one.key}" for one in page)
            ids = {one.key: id_ for one in page if (id_ := track_of(one.key)) and f"{folder}/{one.key}" not in own}
            known = self._store.audio.cached(ids.values(), self._ears)
            discarded = self._store.audio.discarded_among(f"{cache.address}/{key}" for key in ids)
            for one in page:
                address = f"{cache.address}/{one.key}"
                track = known.get(ids.get(one.key, TrackId("")))
                if one.key not in ids:
                    yield CachedFile(one.key, one.n_bytes, State.OTHER)
                elif track is None or track.address != address:
                    is_new = time.time() - one.stored_at < _MAY_BE_UNDER_WAY_S and address not in discarded
                    yield CachedFile(one.key, one.n_bytes, State.NEW if is_new else State.ORPHAN)
                elif track.is_heard:
                    state = State.KEPT if track.is_kept else State.HEARD
                    yield CachedFile(one.key, one.n_bytes, state, track.track)
                else:
                    yield CachedFile(one.key, one.n_bytes, State.WAITING, track.track)

    def clear(
        self,
        cache: AudioCache,
        *,
        everything: bool = False,
        dry_run: bool = False,
        confirm: Callable[[Clearing], None] | None = None,
    ) -> Clearing:
        """Delete cached audio that is not needed, or all of it; other files stay.

        Audio of stored tracks is forgotten and noted for deletion in one transaction, then deleted: if the process is
        killed in between, the next run deletes it.

        Args:
            everything: also delete audio whose features are not extracted yet; the next crawl fetches it again.
            dry_run: only report what would be deleted.
            confirm: called with the plan; if it raises, nothing is deleted.

        Raises:
            CacheError: the cache cannot be listed, or a file cannot be deleted; earlier deletions stay.
        """
        going = OURS if everything else NOT_NEEDED
        there = Tally()
        for _ in there.counting(self.files(cache)):
            pass
        goes = {state: amount for state, amount in there.amounts.items() if state in going}
        stays = {state: amount for state, amount in there.amounts.items() if state not in going}
        plan = Clearing(cache.address, goes, stays)
        if dry_run or not goes:
            return plan
        if confirm:
            confirm(plan)
        done = Tally()
        with self._progress.meter("delete", sum(amount.n for amount in goes.values()), "files") as meter:
            for page in pages(done.counting(file for file in self.files(cache) if file.state in going)):
                self._delete(cache, page)
                meter.advance(len(page))
        return Clearing(cache.address, done.amounts, stays, is_done=True)

    def _delete(self, cache: AudioCache, files: list[CachedFile]) -> None:
        known = [(file.track.id, f"{cache.address}/{file.key}") for file in files if file.track]
        self._store.audio.discard(known)
        for _ in side_by_side(lambda file: cache.delete(file.key), files):
            pass
        for address in self._store.audio.discarded_among(f"{cache.address}/{file.key}" for file in files):
            self._store.audio.forget_discarded(address)


def pages(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    rest = iter(items)
    while page := list(islice(rest, _AT_A_TIME)):
        yield page


def side_by_side(work: Callable[[_Item], _Result], items: list[_Item]) -> Iterator[tuple[_Item, _Result]]:
    """Yield each item with its result, in order of completion. An exception of `work` is raised immediately."""
    results: SimpleQueue[tuple[_Item, _Result | BaseException]] = SimpleQueue()
    workers = Workers(_AT_ONCE, "cache")

    def attempt(item: _Item) -> None:
        try:
            results.put((item, work(item)))
        except BaseException as exc:  # noqa: BLE001 - raised where it is waited for
            results.put((item, exc))

    try:
        for item in items:
            workers.submit(lambda item=item: attempt(item))  # type: ignore[misc] # bound now
        for _ in items:
            item, result = results.get()
            if isinstance(result, BaseException):
                raise result
            yield item, result
    finally:
        workers.close()
