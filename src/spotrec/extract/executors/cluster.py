"""An executor on a Dask cluster: workers fetch and decode audio and run the networks; this machine writes the store.

Tasks of lost workers run again on others. A worker with another spotrec or other models ends the run: before the first
task, or, if it joins later, at its first task.
"""

import logging
import re
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

from spotrec.audio.cache import AudioCaches
from spotrec.audio.files import load_audio
from spotrec.errors import CacheError, Reason, ServiceUnavailable, SpotrecError, TrackError, UsageError, first_line
from spotrec.extract.executors import ClipResult, FaultyClip
from spotrec.extract.executors.cluster_worker import VERSION, Answer, Identity, Stopped, hear, refusal
from spotrec.extract.executors.own_cluster import OwnCluster
from spotrec.settings import Settings
from spotrec.system.installation import install_command
from spotrec.track import Ears, PendingAudio, StoredAudio

if TYPE_CHECKING:
    from distributed import Client, Future, Security

_CLIPS_PER_TASK = 8
_TASKS_PER_THREAD = 2
_LOOK_EVERY_S = 1.0
_CLOSE_WITHIN_S = 1.0
_SETTLES_WITHIN_S = 0.1
_ADDRESS = re.compile(r"(tcp|tls)://[^\s/]+:[0-9]+")
_OF_THE_PLACE = frozenset({Reason.AUDIO_GONE, Reason.UNREADABLE})
_GO_ON = "start it again, then run the same command: finished work is stored"

Batch = list[PendingAudio]


class ClusterExecutor:
    """Sends clips to a cluster's workers, a bounded number ahead.

    Args:
        address: of the scheduler, `tcp://host:port` or `tls://host:port`; `local` starts a cluster on this machine.
        ears: the models that workers must have.
        settings: of this machine; workers on other machines have their own.

    Raises:
        UsageError: the address is not valid, or Dask is not installed.
        ServiceUnavailable: there is no scheduler, or no worker.
        SpotrecError: a worker has another spotrec or other models.
    """

    def __init__(self, address: str, ears: Ears, settings: Settings) -> None:
        _check_address(address)
        _import_distributed()
        self.ears = ears
        self._settings = settings
        self._caches = AudioCaches(settings)
        self._wanted = Identity(VERSION, str(ears))
        self._n_threads = 0
        self._looked_at = 0.0
        self._had_workers_at = time.monotonic()
        self._own = OwnCluster(settings) if address == "local" else None
        self._address = self._own.address if self._own else address
        self._client: Client | None = None
        try:
            self._client = self._connected()
            self._wait_for_workers()
            self._check_workers()
        except BaseException:
            self.close()
            raise

    def hear(self, tasks: Iterable[PendingAudio]) -> Iterator[ClipResult]:
        """See `Executor.hear`. If a task kills workers, its clips run again one by one to find the fatal one."""
        waiting = iter(tasks)
        suspects: Batch = []
        for batch, results in self._run(iter(lambda: list(islice(waiting, _CLIPS_PER_TASK)), []), self._ahead):
            if results is None:
                suspects += batch
            else:
                yield from results
        if suspects:
            for batch, results in self._run(([task] for task in suspects), lambda: 1):
                yield from map(_fatal, batch) if results is None else results

    def close(self) -> None:
        client, self._client = self._client, None
        if client:
            with suppress(OSError, TimeoutError):  # a scheduler that does not answer closes the connection itself
                client.close(timeout=_CLOSE_WITHIN_S)
        if self._own:
            self._own.close()
            self._own = None

    # -- tasks -----------------------------------------------------------------------------------------------------

    def _run(
        self, batches: Iterator[Batch], ahead: Callable[[], int]
    ) -> Iterator[tuple[Batch, list[ClipResult] | None]]:
        """Yield each batch with its results, or with None if it killed workers; raises as `hear`."""
        done: SimpleQueue[Future[Answer]] = SimpleQueue()
        under_way: dict[Future[Answer], Batch] = {}
        stopped_by: SpotrecError | None = None
        self._had_workers_at = time.monotonic()
        try:
            while True:
                self._look()
                while stopped_by is None and len(under_way) < ahead() and (batch := next(batches, None)):
                    under_way[self._submit(batch, done)] = batch
                if not under_way:
                    break
                if (future := self._next(done)) is None:
                    continue
                results, error = self._outcome(future)
                yield under_way.pop(future), results
                stopped_by = stopped_by or error
        finally:
            self._cancel(under_way)
        if stopped_by:
            raise stopped_by

    def _ahead(self) -> int:
        return max(1, _TASKS_PER_THREAD * self._n_threads)

    def _submit(self, batch: Batch, done: "SimpleQueue[Future[Answer]]") -> "Future[Answer]":
        future = self._running.submit(hear, batch, self._wanted, self._settings.max_audio_mb, pure=False)
        future.add_done_callback(done.put)
        return future

    def _next(self, done: "SimpleQueue[Future[Answer]]") -> "Future[Answer] | None":
        """Return a finished task, or None if none finishes for a while."""
        try:
            future = done.get(timeout=_LOOK_EVERY_S)
        except Empty:
            return None
        if future.done():
            return future
        done.put(future)  # its worker died before it returned the result: the task runs again
        time.sleep(_SETTLES_WITHIN_S)
        return None

    def _outcome(self, future: "Future[Answer]") -> tuple[list[ClipResult] | None, SpotrecError | None]:
        """Return a task's results, None if it killed workers, and the error that stops the run, if any."""
        from distributed import KilledWorker

        if future.status == "error":
            error = future.exception()
            return (None, None) if isinstance(error, KilledWorker) else ([], self._broken(error))
        try:
            answer = self._answer(future)
        except KilledWorker:
            return None, None
        results: list[ClipResult] = list(answer.heard)
        stopped_by = _stopped(answer)
        for audio, fault in answer.faulty:
            try:
                self._refuse_if_readable(audio, fault, answer.worker)
            except SpotrecError as error:
                stopped_by = error
            else:
                results.append(FaultyClip(audio, fault))
        return results, stopped_by

    def _answer(self, future: "Future[Answer]") -> Answer:
        """Return a finished task's answer. If its worker died before it sent the answer, the task runs again."""
        from distributed import CancelledError

        while True:
            try:
                answer: Answer = future.result(timeout=_LOOK_EVERY_S)
            except TimeoutError:
                self._look()
            except (CancelledError, OSError) as exc:
                raise self._lost() from exc
            else:
                return answer

    def _refuse_if_readable(self, audio: StoredAudio, fault: TrackError, worker: str) -> None:
        """Raise CacheError for a file that the worker cannot find and this machine can: it is not gone."""
        if fault.reason not in _OF_THE_PLACE:
            return
        try:
            load_audio(audio, self._caches, self._settings.max_audio_mb * 1_000_000)
        except TrackError:
            return
        raise CacheError(
            f"worker {worker} cannot find {audio.address}, which exists on this machine",
            "give workers the same folders under the same paths, or keep the audio in S3 (`cache` s3://…)",
        )

    def _broken(self, error: BaseException | None) -> SpotrecError:
        """Return why a task failed unexpectedly: most likely the worker has another spotrec."""
        try:
            self._check_workers()
        except SpotrecError as refused:
            return refused
        return SpotrecError(f"a worker fails: {first_line(error) if error else 'it gives no reason'}", "see its log")

    def _cancel(self, under_way: Mapping["Future[Answer]", Batch]) -> None:
        if under_way and self._client and self._client.status == "running":
            self._client.cancel(list(under_way))

    # -- the cluster -----------------------------------------------------------------------------------------------

    def _connected(self) -> "Client":
        from distributed import Client

        security = self._own.security if self._own else _security(self._address)
        try:
            with warnings.catch_warnings(action="ignore"):  # Dask warns about every difference in versions
                return Client(
                    self._address,
                    timeout=self._settings.timeout_s,
                    security=security,
                    set_as_default=False,
                    direct_to_workers=False,
                )
        except (OSError, TimeoutError) as exc:
            raise ServiceUnavailable(
                f"there is no Dask scheduler at {self._address}: {first_line(exc)}",
                "start one with `dask scheduler`, or use `cluster=local` to start a cluster on this machine",
            ) from exc

    @property
    def _running(self) -> "Client":
        if self._client is None or self._client.status != "running":
            raise self._lost()
        return self._client

    def _lost(self) -> ServiceUnavailable:
        return ServiceUnavailable(f"the Dask scheduler at {self._address} is out of reach", _GO_ON)

    def _look(self) -> None:
        """Ask the scheduler, once a second at most, how many threads its workers have."""
        now = time.monotonic()
        if now - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = now
        try:
            threads = self._running.sync(self._running.scheduler.ncores, callback_timeout=self._settings.timeout_s)
        except (OSError, TimeoutError) as exc:
            raise self._lost() from exc
        self._n_threads = sum(threads.values())
        if self._n_threads:
            self._had_workers_at = now
        elif now - self._had_workers_at > self._settings.timeout_s:
            raise self._without_workers()

    def _without_workers(self) -> ServiceUnavailable:
        return ServiceUnavailable(
            f"the cluster at {self._address} has no workers",
            f"start some, `dask worker {self._address}`, then run the same command: finished work is stored",
        )

    def _wait_for_workers(self) -> None:
        try:
            self._running.wait_for_workers(1, timeout=self._settings.timeout_s)
        except TimeoutError as exc:
            raise self._without_workers() from exc

    def _check_workers(self) -> None:
        """Raise SpotrecError if a worker cannot work with this machine, with its address and the reason."""
        try:
            answers = self._running.run(refusal, self._wanted, on_error="return")
        except OSError as exc:
            raise self._lost() from exc
        refused = [Answer(worker, stopped=_as_refusal(found)) for worker, found in sorted(answers.items())]
        errors = [error for answer in refused if (error := _stopped(answer))]
        if errors:
            more = f" (and {len(errors) - 1} more workers)" if errors[1:] else ""
            raise type(errors[0])(errors[0].message + more, errors[0].hint)


def _check_address(address: str) -> None:
    if address != "local" and not _ADDRESS.fullmatch(address):
        raise UsageError(
            f"“{address}” is not a scheduler address", "it looks like tcp://host:8786; `local` starts a cluster here"
        )


def _import_distributed() -> None:
    """Import Dask without its log messages, which our errors replace; a program that uses Dask already keeps them."""
    if "distributed" in sys.modules:
        return
    try:
        import distributed  # noqa: F401 - whether it is installed
    except ImportError as exc:
        raise UsageError("a cluster needs Dask", install_command("dask")) from exc
    for name in ("distributed", "distributed.client", "tornado.application"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _security(address: str) -> "Security":
    """Return the certificates in Dask's own settings."""
    from distributed import Security

    why = "there are none"
    try:
        security = Security()
        if address.startswith("tcp://") or security.get_connection_args("client")["ssl_context"]:
            return security
    except (OSError, ValueError) as exc:
        why = first_line(exc)
    raise UsageError(
        f"{address} needs certificates in Dask's settings: {why}", "docs/scaling.md explains how to set them"
    )


def _as_refusal(found: Stopped | Exception | None) -> Stopped | None:
    """Return a worker's answer to `refusal`: a worker that has just left does not matter, one without spotrec does."""
    if isinstance(found, Exception) and not isinstance(found, OSError):
        return Stopped(
            SpotrecError,
            f"it cannot run spotrec {VERSION}: {first_line(found)}",
            "install the same spotrec there, and start the worker again",
        )
    return found if isinstance(found, Stopped) else None


def _stopped(answer: Answer) -> SpotrecError | None:
    stopped = answer.stopped
    return stopped.kind(f"worker {answer.worker}: {stopped.message}", stopped.hint) if stopped else None


def _fatal(task: PendingAudio) -> FaultyClip:
    audio = task.audio
    return FaultyClip(audio, TrackError(Reason.CRASHED, f"{audio.address} kills every worker that processes it"))
