"""Extraction: compute the features that audio lacks, store them, then delete cached audio.

An executor computes the features. Everything is committed batch by batch, features before audio is deleted, so that a
run that was killed can continue.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from spotrec.audio.cache import AudioSource
from spotrec.audio.fingerprint import VERSION as FINGERPRINT_VERSION
from spotrec.errors import ExitCode, Reason, SpotrecError
from spotrec.extract.executors import ClipFeatures, Executor, FaultyClip
from spotrec.extract.tempo_and_key import VERSION as TEMPO_VERSION
from spotrec.progress import Progress
from spotrec.store import Embedding, FeatureStore
from spotrec.system.workers import Workers
from spotrec.track import (
    Ears,
    Excerpts,
    Failure,
    ModelId,
    Outcome,
    PendingAudio,
    PreviewOutcome,
    Stage,
    StoredAudio,
    TrackId,
)
from spotrec.vectors import FloatArray

_STORED_AT_ONCE = 8
_STORED_AFTER_S = 1.0
_DELETED_AT_ONCE = 8
_LOOK_AGAIN_S = 1.0
_EXCERPTS = Excerpts()
_BAD_COPY = (Reason.TRUNCATED, Reason.DAMAGED, Reason.NOT_AUDIO, Reason.NO_AUDIO_STREAM, Reason.TOO_SHORT)
_BAD_COPY_FOR = timedelta(hours=6)


@dataclass(slots=True)
class ExtractReport:
    """What a run did. `model` is the name of a network, or of several: `choi-2`, `choi-2,mn04-1`.

    `extracted` counts tracks, each once however many networks it lacked. `deleted` counts deleted cached files,
    `undeleted` says why others remain (the next run tries again). `left` counts tracks that have audio and lack
    features, because they failed earlier.

    `heard_again` counts tracks that were to be heard in more excerpts than before, `without_more` those that stay as
    they are, because their audio is not at hand.

    `tempo_heard` counts tracks whose tempo and key were heard, `tempo_alone` those of them that the networks had heard
    before: their audio was still at hand. `fingerprinted` counts tracks that got a fingerprint, `fingerprinted_alone`
    those of them that the networks had heard before.

    Tracks that have features and lacked some of these networks': `at_hand` counts those with audio, `fetched_again`
    those whose audio this run fetched again, `audio_gone` those without audio.
    """

    model: str
    extracted: int = 0
    failures: list[Failure] = field(default_factory=list)
    deleted: int = 0
    undeleted: list[str] = field(default_factory=list)
    left: int = 0
    at_hand: int = 0
    fetched_again: int = 0
    audio_gone: int = 0
    heard_again: int = 0
    without_more: int = 0
    tempo_heard: int = 0
    tempo_alone: int = 0
    fingerprinted: int = 0
    fingerprinted_alone: int = 0

    @property
    def exit_code(self) -> ExitCode:
        """DONE, or PARTIAL if a track failed or audio could not be deleted."""
        return ExitCode.PARTIAL if self.failures or self.undeleted else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class HeardFile:
    """What the networks give for a file: `vector` (dim,), theirs side by side; `tags` (n_tags,) of their vocabulary."""

    path: Path
    vector: FloatArray
    tags: FloatArray


def extract(
    store: FeatureStore,
    source: AudioSource,
    executor: Executor,
    report: ExtractReport,
    *,
    progress: Progress,
    ears: Ears | None = None,
    keep_audio: bool = False,
    retry_failed: bool = False,
    excerpts: Excerpts = _EXCERPTS,
    tasks: Iterable[PendingAudio] | None = None,
    n_tasks: int | None = None,
    what: str = "extract",
) -> ExtractReport:
    """Extract features of every track that has audio and lacks some, or of `tasks`, and add to the report.

    A track at fault is recorded and the run goes on.

    Args:
        ears: the networks in use; by default, the executor's. A track that lacks others than the executor's waits for
            the next run.
        keep_audio: never delete this audio from the cache.
        n_tasks: how many `tasks` there are, if it is known; `what` is said of them in the progress.
        excerpts: in how many to hear long audio, and whether to hear audio again that was heard in fewer.

    Raises:
        CacheError, StoreError: the run cannot go on; finished features are stored.
    """
    may_reject = tasks is None and not keep_audio  # `tasks` are uploads, which no provider can supply again
    ears = ears or executor.ears
    total = n_tasks
    if tasks is None:
        total = store.audio.count_pending(ears, retry_failed=retry_failed, excerpts=excerpts)
        can_hear = frozenset(executor.ears.models)
        pending = store.audio.pending(ears, retry_failed=retry_failed, excerpts=excerpts)
        tasks = (task for task in pending if can_hear.issuperset(task.lacking.models))
    batch = _Batch(store, report, keep_audio=keep_audio)
    deletions = Deletions(store, source, report)
    with progress.meter(what, total) as meter:
        meter.advance(0, "hearing the first")
        try:
            for result in executor.hear(tasks):
                if isinstance(result, FaultyClip):
                    report.failures.append(_record(result, store))
                    if may_reject and _is_bad_copy(result):
                        _reject(result, store)
                        deletions.add([result.audio])
                    meter.advance(note=f"{len(report.failures)} failed")
                    continue
                batch.add(result)
                meter.advance(note=" " if not report.failures else "")
                if batch.is_due:
                    deletions.add(batch.save())
        finally:
            deletions.add(batch.save())
            deletions.finish()
    report.left = store.audio.count_pending(ears, retry_failed=True)
    return report


def extract_and_watch(
    store: FeatureStore,
    source: AudioSource,
    executor: Executor,
    report: ExtractReport,
    *,
    progress: Progress,
    ears: Ears | None = None,
    keep_audio: bool = False,
    retry_failed: bool = False,
    excerpts: Excerpts = _EXCERPTS,
) -> ExtractReport:
    """Extract what is pending, then what a crawl adds, until interrupted; the arguments are as in `extract`."""
    progress.note("watching for audio; Ctrl-C stops")
    try:
        while True:
            if store.audio.count_pending(ears or executor.ears, retry_failed=retry_failed, excerpts=excerpts):
                extract(
                    store,
                    source,
                    executor,
                    report,
                    progress=progress,
                    ears=ears,
                    keep_audio=keep_audio,
                    retry_failed=retry_failed,
                    excerpts=excerpts,
                )
            retry_failed = False  # failed tracks are tried once
            time.sleep(_LOOK_AGAIN_S)
    except KeyboardInterrupt:
        return report


class _Batch:
    """Features on their way into the store, all of several clips in one transaction."""

    def __init__(self, store: FeatureStore, report: ExtractReport, *, keep_audio: bool) -> None:
        self._store = store
        self._report = report
        self._keep_audio = keep_audio
        self._clips: list[ClipFeatures] = []
        self._saved_at = time.monotonic()

    def add(self, clip: ClipFeatures) -> None:
        self._clips.append(clip)

    @property
    def is_due(self) -> bool:
        return len(self._clips) >= _STORED_AT_ONCE or time.monotonic() - self._saved_at > _STORED_AFTER_S

    def save(self) -> list[StoredAudio]:
        """Store the batch; return the audio that is no longer needed: a task has all that its track lacked."""
        clips, self._clips = self._clips, []
        self._saved_at = time.monotonic()
        if not clips:
            return []
        if self._keep_audio:
            self._store.audio.keep(clip.audio.track_id for clip in clips)
        tempos = {clip.audio.track_id: clip.tempo_and_key for clip in clips if clip.tempo_and_key}
        fingerprints = {clip.audio.track_id: clip.fingerprint for clip in clips if clip.fingerprint is not None}
        # first: with its features, audio may be deleted
        self._store.tracks.note_tempo_and_key(tempos, TEMPO_VERSION)
        self._store.fingerprints.save(fingerprints, FINGERPRINT_VERSION)
        by_model: dict[ModelId, list[Embedding]] = {}
        for clip in clips:
            audio = clip.audio
            for model, features in clip.by_model.items():
                embedding = Embedding(
                    audio.track_id,
                    features.vector,
                    features.tags,
                    audio.provider,
                    audio.sha256,
                    features.excerpts,
                    features.has_more,
                )
                by_model.setdefault(model, []).append(embedding)
        self._store.embeddings.save_together(by_model)
        self._report.extracted += sum(bool(clip.by_model) for clip in clips)
        self._report.tempo_heard += len(tempos)
        self._report.fingerprinted += len(fingerprints)
        return [] if self._keep_audio else [clip.audio for clip in clips if clip.audio.owned]


class Deletions:
    """Cached audio that is deleted in threads, because an S3 server is slow to answer.

    Audio that cannot be deleted is reported, and the next run tries again.
    """

    def __init__(self, store: FeatureStore, source: AudioSource, report: ExtractReport) -> None:
        self._store = store
        self._source = source
        self._report = report
        self._workers = Workers(_DELETED_AT_ONCE, "delete")
        self._done: SimpleQueue[tuple[TrackId, SpotrecError | None]] = SimpleQueue()
        self._under_way = 0

    def add(self, audios: Iterable[StoredAudio]) -> None:
        for audio in audios:
            self._under_way += 1
            self._workers.submit(partial(self._delete, audio))
        while not self._done.empty():
            self._note()

    def finish(self) -> None:
        """Wait for all deletions."""
        while self._under_way:
            self._note()
        self._workers.close()

    def _delete(self, audio: StoredAudio) -> None:
        """In a thread: delete audio, and report it."""
        fault = None
        try:
            self._source.delete(audio.address)
        except SpotrecError as error:
            fault = error
        self._done.put((audio.track_id, fault))

    def _note(self) -> None:
        track_id, fault = self._done.get()
        self._under_way -= 1
        if fault is None:
            self._store.audio.forget(track_id)
            self._report.deleted += 1
        elif fault.message not in self._report.undeleted:
            self._report.undeleted.append(fault.message)


def delete_extracted_audio(store: FeatureStore, source: AudioSource, ears: Ears, report: ExtractReport) -> None:
    """Delete cached audio that all ears have heard, which an earlier run could not delete."""
    deletions = Deletions(store, source, report)
    deletions.add(store.audio.to_delete(ears))
    deletions.finish()


def _is_bad_copy(clip: FaultyClip) -> bool:
    """Whether a provider's copy is bad, not the track: it is deleted, so that a crawl asks other providers for it."""
    return clip.audio.owned and clip.error.reason in _BAD_COPY


def _reject(clip: FaultyClip, store: FeatureStore) -> None:
    """Record that the provider's preview is of no use, so that other providers are asked first."""
    ask_again_at = datetime.now(UTC) + _BAD_COPY_FOR
    why = f"its preview is not usable: {clip.error.reason}"
    rejected = PreviewOutcome(clip.audio.provider, Outcome.REJECTED, why, ask_again_at=ask_again_at)
    store.previews.record(clip.audio.track_id, rejected)


def _record(clip: FaultyClip, store: FeatureStore) -> Failure:
    track_id, error = clip.audio.track_id, clip.error
    store.failures.record(track_id, Stage.EXTRACT, error.reason, error.message)
    if error.reason is Reason.AUDIO_GONE:
        store.audio.forget(track_id)  # so that the next crawl fetches it again
    return Failure(track_id, Stage.EXTRACT, error.reason, error.message)
