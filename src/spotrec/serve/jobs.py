"""Jobs: links that clients queue, crawled, heard and indexed one after the other."""

import json
import logging
import secrets
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotrec.errors import SpotrecError
from spotrec.serve.problems import busy, problem_of
from spotrec.system.files import error_of_system, locked, write_whole

if TYPE_CHECKING:
    from spotrec.progress import Meter
    from spotrec.recommender import Recommender

_MOST_WAITING = 20
_MOST_KEPT = 200
_EVERY_S = 0.2
QUEUED, RUNNING, DONE, FAILED = "queued", "running", "done", "failed"
_log = logging.getLogger("spotrec.serve")


class Stopped(Exception):
    """The service ends: what a job has done so far is kept."""


@dataclass(slots=True)
class Job:
    """A queued link.

    Attributes:
        step: what is done now, with `done` of `total` units.
        result: what each step found.
        problem: why it failed, as problem details have it.
    """

    id: str
    link: str
    state: str = QUEUED
    queued_at: float = 0.0
    step: str = ""
    done: int = 0
    total: int | None = None
    unit: str = ""
    result: dict[str, int] = field(default_factory=dict)
    problem: dict[str, Any] | None = None

    @property
    def is_over(self) -> bool:
        return self.state in (DONE, FAILED)


class Jobs:
    """The jobs of a service, in a folder that its processes share. One runs at a time, whatever the process."""

    def __init__(self, folder: Path, recommender: "Recommender") -> None:
        self._folder = folder
        self._recommender = recommender
        self._thread = ThreadPoolExecutor(1, "crawl")
        self._lock = threading.Lock()
        self._waiting = 0
        self._is_ending = threading.Event()

    def add(self, link: str) -> Job:
        """Queue a link.

        Raises:
            Problem: too many wait already.
        """
        with self._lock:
            if self._waiting >= _MOST_WAITING:
                raise busy()
            self._waiting += 1
        try:
            job = Job(secrets.token_hex(8), link, queued_at=time.time())
            self._write(job)
            self._forget_old()
            self._thread.submit(self._run, job)
        except BaseException:
            self._leave()
            raise
        return job

    def get(self, id_: str) -> Job | None:
        """Return a job, in whatever process it runs."""
        if not (id_.isalnum() and id_.isascii()):
            return None
        try:
            return Job(**json.loads(self._path(id_).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Begin nothing new, and stop what runs at its next step."""
        self._is_ending.set()
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job) -> None:
        try:
            with locked(self._folder / "jobs.lock"):
                job.state = RUNNING
                self._work(job)
                self._write(job)
        except OSError as error:
            _log.error("%s: what a job came to cannot be written", type(error).__name__)
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._waiting -= 1

    def _work(self, job: Job) -> None:
        shown = _Shown(job, self._write, self._is_ending)
        try:
            self._write(job)
            crawled = self._recommender.crawl(job.link, progress=shown)
            job.result |= {"seen": crawled.seen, "new": crawled.new, "with_audio": crawled.with_audio}
            if crawled.failed_sources and not crawled.seen:
                raise crawled.failed_sources[0].error
            extracted = self._recommender.extract(progress=shown)
            job.result |= {"heard": extracted.extracted}
            job.result |= {"indexed": self._recommender.index(progress=shown).n_tracks}
            job.state = DONE
        except Stopped:
            job.state, job.problem = FAILED, {"title": "The server ended", "detail": "what was done is kept"}
        except SpotrecError as error:
            job.state, job.problem = FAILED, problem_of(error).members()
        except OSError as error:  # of the file of a job
            job.state, job.problem = FAILED, problem_of(error_of_system(error)).members()
        except Exception as error:  # noqa: BLE001 - a job fails alone
            _log.error("%s in a job", type(error).__name__)
            job.state, job.problem = FAILED, {"title": "The server failed"}
        job.step, job.done, job.total = "", 0, None

    def _write(self, job: Job) -> None:
        text = json.dumps(asdict(job))
        write_whole(self._path(job.id), lambda path: path.write_text(text, encoding="utf-8"))

    def _path(self, id_: str) -> Path:
        return self._folder / f"job-{id_}.json"

    def _forget_old(self) -> None:
        jobs = sorted(self._folder.glob("job-*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in jobs[_MOST_KEPT:]:
            path.unlink(missing_ok=True)


class _Shown:
    """Progress that is written into a job, a few times a second."""

    def __init__(self, job: Job, write: Any, is_ending: threading.Event) -> None:
        self._job = job
        self._write = write
        self._is_ending = is_ending
        self._written_at = 0.0

    @contextmanager
    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> "Iterator[Meter]":
        self._job.step, self._job.done, self._job.total, self._job.unit = what, 0, total, unit
        self._show()
        yield self

    def note(self, text: str) -> None:
        """Show nothing: notes are for whoever runs the server."""

    def advance(self, n: int = 1, note: str = "") -> None:  # noqa: ARG002 - what is read may be a path
        self._job.done += n
        self._show()

    def expect(self, total: int) -> None:
        self._job.total = total

    def _show(self) -> None:
        if self._is_ending.is_set():
            raise Stopped
        if time.monotonic() - self._written_at >= _EVERY_S:
            self._written_at = time.monotonic()
            self._write(self._job)
