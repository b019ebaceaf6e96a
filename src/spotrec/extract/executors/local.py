"""An executor on this machine: processes decode while the network runs on batches."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

from spotrec.audio.cache import AudioSource
from spotrec.audio.files import check_content
from spotrec.errors import TrackError
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.decode_worker import DecodeJob
from spotrec.extract.executors import ClipFeatures, ClipResult, FaultyClip
from spotrec.extract.models import Network
from spotrec.system.digests import sha256
from spotrec.system.workers import Workers
from spotrec.track import StoredAudio, TrackId
from spotrec.vectors import FloatArray

BATCH = 8
_FETCHED_AT_ONCE = 8
"""Downloads from S3 at the same time; they mostly wait."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    audio: StoredAudio
    clip: FloatArray


_Outcome = _Prepared | FaultyClip | BaseException


class LocalExecutor:
    """Fetches and decodes a bounded number of clips ahead while the network processes the batch before.

    Threads may share it.

    Args:
        batch: how many clips the network processes at once.
    """

    def __init__(
        self, network: Network, pool: DecodePool, source: AudioSource, max_bytes: int, batch: int = BATCH
    ) -> None:
        self.model = network.id
        self._network = network
        self._pool = pool
        self._source = source
        self._max_bytes = max_bytes
        self._batch = batch
        self._ahead = 2 * BATCH + len(pool)

    def hear(self, tasks: Iterable[StoredAudio]) -> Iterator[ClipResult]:
        lanes = Workers(len(self._pool) + _FETCHED_AT_ONCE, "fetch")
        try:
            yield from self._results(iter(tasks), lanes)
        finally:
            lanes.close()

    def close(self) -> None:
        self._pool.close()

    def _results(self, waiting: Iterator[StoredAudio], lanes: Workers) -> Iterator[ClipResult]:
        outcomes: SimpleQueue[_Outcome] = SimpleQueue()
        under_way = 0
        batch: list[_Prepared] = []
        stopped_by: BaseException | None = None
        while True:
            while stopped_by is None and under_way < self._ahead and (audio := next(waiting, None)):
                lanes.submit(partial(self._prepare, audio, outcomes))
                under_way += 1
            if not under_way:
                break
            outcome = outcomes.get()
            under_way -= 1
            match outcome:
                case _Prepared():
                    batch.append(outcome)
                case FaultyClip():
                    yield outcome
                case error:
                    stopped_by = stopped_by or error
            if len(batch) == self._batch:
                yield from self._embed(batch)
                batch = []
        yield from self._embed(batch)
        if stopped_by:
            raise stopped_by

    def embed_content(self, audio: bytes, name: str) -> tuple[FloatArray, FloatArray]:
        """Return the vector, shape (dim,), and tags, shape (n_tags,), of audio in memory. Threads may call it at once.

        Args:
            name: what to call it in errors.

        Raises:
            TrackError: the content is not audio, is unsuitable, crashes the decoder or takes too long.
        """
        stored = StoredAudio(TrackId(""), name, False, sha256(audio), len(audio), "")
        clip = self._pool.prepare(DecodeJob(stored, audio, self._max_bytes))
        vectors, tags = self._network.embed([clip])
        return vectors[0], tags[0]

    def _prepare(self, audio: StoredAudio, outcomes: SimpleQueue[_Outcome]) -> None:
        """In a thread: fetch audio from S3, and have it decoded."""
        try:
            is_remote = audio.owned and audio.address.startswith("s3://")
            content = check_content(audio, self._source.get(audio.address)) if is_remote else None
            outcomes.put(_Prepared(audio, self._pool.prepare(DecodeJob(audio, content, self._max_bytes))))
        except TrackError as error:
            outcomes.put(FaultyClip(audio, error))
        except BaseException as exc:  # noqa: BLE001 - raised again by `_results`
            outcomes.put(exc)

    def _embed(self, batch: list[_Prepared]) -> Iterator[ClipFeatures]:
        if batch:
            vectors, tags = self._network.embed([prepared.clip for prepared in batch])
            for prepared, vector, tag in zip(batch, vectors, tags, strict=True):
                yield ClipFeatures(prepared.audio, vector, tag)
