"""An executor on this machine: processes decode while the networks run on batches."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue

import numpy as np

from spotrec.audio.cache import AudioSource
from spotrec.audio.files import check_content
from spotrec.errors import TrackError
from spotrec.extract.decode_pool import DecodePool
from spotrec.extract.decode_worker import Clip, DecodeJob
from spotrec.extract.executors import ClipFeatures, ClipResult, FaultyClip, Features
from spotrec.extract.models import Network
from spotrec.system.digests import sha256
from spotrec.system.workers import Workers
from spotrec.track import Ears, ModelId, PendingAudio, StoredAudio, TrackId
from spotrec.vectors import FloatArray

BATCH = 8
_FETCHED_AT_ONCE = 8
"""Downloads from S3 at the same time; they mostly wait."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    audio: StoredAudio
    clip: Clip


_Outcome = _Prepared | FaultyClip | BaseException


class LocalExecutor:
    """Fetches and decodes a bounded number of clips ahead while the networks process the batch before.

    Threads may share it.

    Args:
        pool: has the front end of each network.
        batch: how many excerpts a network processes at once.
    """

    def __init__(
        self, networks: Sequence[Network], pool: DecodePool, source: AudioSource, max_bytes: int, batch: int = BATCH
    ) -> None:
        self._networks = {network.id: network for network in networks}
        self.ears = Ears.of(*self._networks)
        self._pool = pool
        self._source = source
        self._max_bytes = max_bytes
        self._batch = batch
        self._ahead = 2 * BATCH + len(pool)

    def hear(self, tasks: Iterable[PendingAudio]) -> Iterator[ClipResult]:
        lanes = Workers(len(self._pool) + _FETCHED_AT_ONCE, "fetch")
        try:
            yield from self._results(iter(tasks), lanes)
        finally:
            lanes.close()

    def close(self) -> None:
        self._pool.close()

    def _results(self, waiting: Iterator[PendingAudio], lanes: Workers) -> Iterator[ClipResult]:
        outcomes: SimpleQueue[_Outcome] = SimpleQueue()
        under_way = 0
        batch: list[_Prepared] = []
        stopped_by: BaseException | None = None
        while True:
            while stopped_by is None and under_way < self._ahead and (task := next(waiting, None)):
                lanes.submit(partial(self._prepare, task, outcomes))
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
            if sum(prepared.clip.n_excerpts or 1 for prepared in batch) >= self._batch:
                yield from self._embed(batch)
                batch = []
        yield from self._embed(batch)
        if stopped_by:
            raise stopped_by

    def embed_content(self, audio: bytes, name: str, ears: Ears, excerpts: int = 1) -> dict[ModelId, Features]:
        """Return the features of audio in memory. Threads may call it at once.

        Args:
            name: what to call it in errors.
            ears: all or some of the executor's.
            excerpts: how many are heard of long audio.

        Raises:
            TrackError: the content is not audio, is unsuitable, crashes the decoder or takes too long.
        """
        return self._features([self._pool.prepare(self._job(audio, name, ears, excerpts))])[0]

    def hear_content(self, audio: bytes, name: str, ears: Ears, excerpts: int = 1) -> ClipFeatures:
        """Do the same as `embed_content`, and make a fingerprint too."""
        job = self._job(audio, name, ears, excerpts, hears_fingerprint=True)
        clip = self._pool.prepare(job)
        return ClipFeatures(job.audio, self._features([clip])[0], fingerprint=clip.fingerprint)

    def _job(self, audio: bytes, name: str, ears: Ears, excerpts: int, *, hears_fingerprint: bool = False) -> DecodeJob:
        stored = StoredAudio(TrackId(""), name, False, sha256(audio), len(audio), "")
        return DecodeJob(stored, audio, self._max_bytes, ears, excerpts, hears_fingerprint=hears_fingerprint)

    def _prepare(self, task: PendingAudio, outcomes: SimpleQueue[_Outcome]) -> None:
        """In a thread: fetch audio from S3, and have it decoded."""
        audio = task.audio
        try:
            is_remote = audio.owned and audio.address.startswith("s3://")
            content = check_content(audio, self._source.get(audio.address)) if is_remote else None
            job = DecodeJob(
                audio,
                content,
                self._max_bytes,
                task.lacking,
                task.excerpts,
                hears_tempo=task.hears_tempo,
                hears_fingerprint=task.hears_fingerprint,
            )
            outcomes.put(_Prepared(audio, self._pool.prepare(job)))
        except TrackError as error:
            outcomes.put(FaultyClip(audio, error))
        except BaseException as exc:  # noqa: BLE001 - raised again by `_results`
            outcomes.put(exc)

    def _embed(self, batch: list[_Prepared]) -> Iterator[ClipFeatures]:
        heard = self._features([prepared.clip for prepared in batch])
        for prepared, features in zip(batch, heard, strict=True):
            yield ClipFeatures(prepared.audio, features, prepared.clip.tempo_and_key, prepared.clip.fingerprint)

    def _features(self, clips: Sequence[Clip]) -> list[dict[ModelId, Features]]:
        """Return the features of each clip by the networks that it was prepared for."""
        found: list[dict[ModelId, Features]] = [{} for _ in clips]
        for model, network in self._networks.items():
            wanted = [i for i, clip in enumerate(clips) if model in clip.inputs]
            if not wanted:
                continue
            vectors, tags = network.embed([one for i in wanted for one in clips[i].inputs[model]])
            at = 0
            for i in wanted:
                n = len(clips[i].inputs[model])
                means = _mean(vectors[at : at + n]), _mean(tags[at : at + n])
                found[i][model] = Features(*means, n, clips[i].has_more)
                at += n
        return found


def _mean(rows: FloatArray) -> FloatArray:
    """Return the mean of rows; one row stays as it is, bit for bit."""
    mean: FloatArray = rows.mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean
