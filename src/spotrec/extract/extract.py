"""The story of extraction: audio without an embedding is decoded, heard, stored, and deleted.

Decoding runs in threads (the decoders release the interpreter lock) while the network hears the batch before.
Everything is committed batch by batch, features before audio is deleted: killed anywhere and run again, it goes on.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from spotrec.audio.cache import AudioCaches
from spotrec.audio.decode import decode
from spotrec.audio.files import load_audio, read_file
from spotrec.audio.quiet import quiet_libraries
from spotrec.errors import Reason, SpotrecError, TrackError
from spotrec.extract.models import AudioModel, FloatArray
from spotrec.progress import Meter, Progress
from spotrec.store import Embedding, FeatureStore
from spotrec.track import Failure, ModelId, Stage, StoredAudio, TrackId

BATCH = 8
_WAITING = 3 * BATCH  # clips decoded ahead: bounded, so that memory is


@dataclass(slots=True)
class ExtractReport:
    """What a run did. `left` counts tracks with audio still without an embedding because they failed earlier."""

    model: str
    extracted: int = 0
    failures: list[Failure] = field(default_factory=list)
    deleted: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """A file as a network hears it: `vector` (dim,), `tags` (n_tags,)."""

    path: Path
    vector: FloatArray
    tags: FloatArray


def extract(
    store: FeatureStore,
    caches: AudioCaches,
    model: AudioModel,
    *,
    progress: Progress,
    max_bytes: int,
    keep_audio: bool = False,
    retry_failed: bool = False,
) -> ExtractReport:
    """Hear every track that has audio and no embedding.

    A track at fault is recorded and the run goes on.

    Raises:
        CacheError, StoreError: the run cannot go on; what was heard is stored.
    """
    report = ExtractReport(str(model.id))
    total = store.count_pending(model.id, retry_failed=retry_failed)
    pending = store.pending(model.id, retry_failed=retry_failed)
    with progress.meter("extract", total) as meter, quiet_libraries():
        for batch in _batches(_prepared(pending, caches, model, max_bytes), report, store, meter):
            _store(batch, store, model, keep_audio=keep_audio)
            report.extracted += len(batch)
            report.deleted += delete_heard_audio(store, caches, model.id)
            meter.advance(len(batch))
    report.deleted += delete_heard_audio(store, caches, model.id)
    report.left = store.count_pending(model.id, retry_failed=True)
    return report


def delete_heard_audio(store: FeatureStore, caches: AudioCaches, model: ModelId) -> int:
    """Delete cached audio whose features are stored, that of a run that was killed in between too."""
    heard = store.audio_to_delete(model)
    for audio in heard:
        caches.delete(audio.address)
        store.forget_audio(audio.track_id)
    return len(heard)


def hear_file(path: Path, model: AudioModel, max_bytes: int) -> Heard:
    """Hear one file; nothing is stored.

    Raises:
        TrackError: it is gone, no audio, or unfit to be judged.
    """
    audio = read_file(path, max_bytes)
    with quiet_libraries():
        samples = decode(audio, model.sample_rate_hz, str(path))
    vectors, tags = model.embed([model.prepare(samples)])
    return Heard(path, vectors[0], tags[0])


@dataclass(frozen=True, slots=True)
class _Prepared:
    audio: StoredAudio
    clip: FloatArray


def _prepared(
    pending: Iterator[StoredAudio], caches: AudioCaches, model: AudioModel, max_bytes: int
) -> Iterator[tuple[StoredAudio, Future[FloatArray]]]:
    """Each track with its network input to come, a bounded number ahead, in order."""

    def prepare(audio: StoredAudio) -> FloatArray:
        samples = decode(load_audio(audio, caches, max_bytes), model.sample_rate_hz, audio.address)
        return model.prepare(samples)

    with ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="decode") as pool:
        waiting = deque((audio, pool.submit(prepare, audio)) for audio in islice(pending, _WAITING))
        try:
            while waiting:
                yield waiting.popleft()
                waiting.extend((audio, pool.submit(prepare, audio)) for audio in islice(pending, 1))
        finally:
            for _, future in waiting:
                future.cancel()


def _batches(
    prepared: Iterator[tuple[StoredAudio, Future[FloatArray]]],
    report: ExtractReport,
    store: FeatureStore,
    meter: Meter,
) -> Iterator[list[_Prepared]]:
    """Sound clips in batches; faulty ones are recorded. What is complete is given even when the run must stop."""
    batch: list[_Prepared] = []
    try:
        for audio, future in prepared:
            try:
                batch.append(_Prepared(audio, future.result()))
            except TrackError as error:
                report.failures.append(_record(audio.track_id, error, store))
                meter.advance(note=f"{len(report.failures)} failed")
            if len(batch) == BATCH:
                yield batch
                batch = []
    except SpotrecError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _record(track_id: TrackId, error: TrackError, store: FeatureStore) -> Failure:
    store.record_failure(track_id, Stage.EXTRACT, error.reason, error.message)
    if error.reason is Reason.AUDIO_GONE:
        store.forget_audio(track_id)  # so that the next crawl brings it again
    return Failure(track_id, Stage.EXTRACT, error.reason, error.message)


def _store(batch: list[_Prepared], store: FeatureStore, model: AudioModel, *, keep_audio: bool) -> None:
    vectors, tags = model.embed([prepared.clip for prepared in batch])
    if keep_audio:
        store.keep_audio(prepared.audio.track_id for prepared in batch)
    store.save_embeddings(
        model.id,
        [
            Embedding(p.audio.track_id, vector, tag, p.audio.provider, p.audio.sha256)
            for p, vector, tag in zip(batch, vectors, tags, strict=True)
        ],
    )
