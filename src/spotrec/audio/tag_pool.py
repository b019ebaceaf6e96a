"""Processes that read tags: what files say of themselves costs the main process neither time nor memory."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import TypeVar

from spotrec.audio.files import read_file
from spotrec.audio.sound import sound_digest
from spotrec.audio.tags import AudioTags, read_tags
from spotrec.errors import Reason, SpotrecError, TrackError, first_line
from spotrec.system.digests import sha256
from spotrec.system.process_pool import JobCrashed, JobTooSlow, ProcessPool
from spotrec.system.workers import Workers

READ_TIMEOUT_S = 60.0
_BATCH = 8
"""Files that a process reads at a time: each file alone would cost 0.3 ms more."""

_Other = TypeVar("_Other")


@dataclass(frozen=True, slots=True)
class TagJob:
    """Audio whose tags to read: `content`, or if that is None, the file of this name."""

    name: str
    content: bytes | None
    max_bytes: int


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What a file contains.

    Attributes:
        sha256: of its content, 64 hex digits.
        mtime_ns: when it was changed before it was read; 0 for audio in memory.
        sound: the digest of its audio without tags; empty for audio in memory.
    """

    path: Path
    sha256: str
    n_bytes: int
    tags: AudioTags
    mtime_ns: int = 0
    sound: str = ""


_Found = ReadFile | TrackError


class TagPool:
    """One process for each core, started when a file is first read. Threads may share the pool.

    Args:
        max_bytes: a larger file is not read.
        timeout_s: how long a file may take.
    """

    def __init__(self, max_bytes: int, timeout_s: float = READ_TIMEOUT_S) -> None:
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._processes: ProcessPool[list[TagJob], list[_Found]] = ProcessPool(answers, "reading tags", timeout_s)

    def read_files(self, paths: Iterable[Path | _Other]) -> Iterator[ReadFile | TrackError | _Other]:
        """Yield what each file contains, or why it cannot be used, in order. Some files are read ahead, side by side.

        Anything that is not a path comes back as it is, in its place.

        Raises:
            SpotrecError: no process can be started, or the pool is closed.
        """
        waiting = iter(paths)
        ahead: deque[tuple[list[Path | _Other], SimpleQueue[list[_Found] | SpotrecError]]] = deque()
        threads = Workers(len(self._processes), "tags")
        try:
            while batch := list(islice(waiting, _BATCH)):
                ahead.append((batch, SimpleQueue()))
                files = [TagJob(str(path), None, self._max_bytes) for path in batch if isinstance(path, Path)]
                threads.submit(partial(self._read, files, ahead[-1][1]))
                if len(ahead) > len(self._processes):
                    yield from _in_place(*ahead.popleft())
            while ahead:
                yield from _in_place(*ahead.popleft())
        finally:
            threads.close()

    def read_content(self, audio: bytes, name: str) -> AudioTags:
        """Return the tags of audio in memory, which errors call `name`.

        Raises:
            TrackError: the content is not audio, or its tags cannot be read.
            SpotrecError: no process can be started, or the pool is closed.
        """
        (found,) = self._found([TagJob(name, audio, self._max_bytes)])
        if isinstance(found, TrackError):
            raise found
        return found.tags

    def close(self) -> None:
        """Read no more files, and end the processes."""
        self._processes.close()

    def _read(self, jobs: list[TagJob], answered: "SimpleQueue[list[_Found] | SpotrecError]") -> None:
        """In a thread: read some files."""
        try:
            answered.put(self._found(jobs) if jobs else [])
        except SpotrecError as error:
            answered.put(error)

    def _found(self, jobs: list[TagJob]) -> list[_Found]:
        """Return the answers to jobs. If they crash or hang their process, each runs alone to find the one at fault."""
        try:
            return self._processes.run(jobs)
        except (JobCrashed, JobTooSlow) as exc:
            if len(jobs) > 1:
                return [found for job in jobs for found in self._found([job])]
            name = jobs[0].name
            if isinstance(exc, JobCrashed):
                return [TrackError(Reason.CRASHED, f"{name} crashes the process that reads its tags")]
            return [TrackError(Reason.TOO_SLOW, f"{name} was not read within {self._timeout_s:.0f} s")]


def answers(jobs: list[TagJob]) -> list[_Found]:
    """In a process of the pool: do all of `jobs`."""
    return [_answer(job) for job in jobs]


def _answer(job: TagJob) -> _Found:
    """Read a file and its tags, and return errors."""
    path = Path(job.name)
    try:
        if job.content is not None:
            return ReadFile(path, sha256(job.content), len(job.content), read_tags(job.content, job.name))
        mtime_ns = _mtime_ns(path)
        audio = read_file(path, job.max_bytes)
        return ReadFile(path, sha256(audio), len(audio), read_tags(audio, job.name), mtime_ns, sound_digest(audio))
    except TrackError as error:
        return error
    except MemoryError:
        return TrackError(Reason.TOO_LARGE, f"{job.name} needs too much memory")
    except Exception as exc:  # noqa: BLE001 - any error fails this one file only
        return TrackError(Reason.CRASHED, f"the tags of {job.name} cannot be read: {first_line(exc)}")


def _mtime_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:  # `read_file` says why
        return 0


def _in_place(
    batch: list[Path | _Other], answered: "SimpleQueue[list[_Found] | SpotrecError]"
) -> Iterator[ReadFile | TrackError | _Other]:
    """Yield what is in a batch, each path replaced by what was found there."""
    found = answered.get()
    if isinstance(found, SpotrecError):
        raise found
    files = iter(found)
    for item in batch:
        yield next(files) if isinstance(item, Path) else item
