"""Uploads: a queue announces them; extract and store their features, delete the objects, and then the messages.

A message may come several times and in any order, so it only tells where to look. The object is extracted as it is now,
unless its features are stored already, and deleted only if it is unchanged since. If it no longer exists, the message
is done. The store keeps no row for an upload's audio, so that no other command extracts or deletes it.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from spotrec.errors import CacheError, ExitCode, TrackError
from spotrec.extract.executors import Executor
from spotrec.extract.extract import ExtractReport, extract
from spotrec.extract.uploads.notifications import BadNotification, Upload, uploads_in
from spotrec.extract.uploads.objects import UploadedAudio, UploadedObjects
from spotrec.extract.uploads.sqs import Message, SqsQueue
from spotrec.progress import Progress, Silent
from spotrec.store import FeatureStore
from spotrec.track import DEFAULT_EXCERPTS, Ears, PendingAudio, Stage, StoredAudio, Track, TrackId

_AT_ONCE = 10
_FETCHED_AT_ONCE = 4
_DRAINED_AFTER_S = 1
_REPORT_EVERY_S = 60.0
_REASONS_KEPT = 100

_DONE = ""
Outcomes = dict[Upload, str]
"""Each upload that was processed → `_DONE`, or the reason why it failed."""


@dataclass(slots=True)
class QueueReport:
    """What a worker did, in messages and in objects.

    `left` counts deliveries that failed, `reasons` has the last hundred reasons. `known` counts objects whose features
    were stored before, `gone` objects that no longer existed, `deleted` objects that were deleted.
    """

    model: str
    messages: int = 0
    finished: int = 0
    left: int = 0
    extracted: int = 0
    known: int = 0
    gone: int = 0
    deleted: int = 0
    reasons: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """DONE, or PARTIAL if messages were left in the queue."""
        return ExitCode.PARTIAL if self.left else ExitCode.DONE


class QueueWorker:
    """Processes the uploads that a queue announces.

    Args:
        executor: computes features of audio from `objects`.
        keep_audio: do not delete the objects.
        excerpts: in how many long audio is heard.
    """

    def __init__(
        self,
        store: FeatureStore,
        queue: SqsQueue,
        objects: UploadedObjects,
        executor: Executor,
        *,
        progress: Progress,
        keep_audio: bool = False,
        excerpts: int = DEFAULT_EXCERPTS,
    ) -> None:
        self._store = store
        self._queue = queue
        self._objects = objects
        self._executor = executor
        self._progress = progress
        self._keep_audio = keep_audio
        self._excerpts = excerpts
        self._report = QueueReport(str(executor.ears))

    def run(self, stop: threading.Event, *, drain: bool = False) -> QueueReport:
        """Work until `stop` is set, then finish the current uploads; with `drain`, until no message comes.

        Raises:
            NotFound, SignInNeeded, ServiceUnavailable: the queue cannot be used.
            CacheError, StoreError: the run cannot go on. Received messages come again when they are no longer hidden.
        """
        started = reported = time.monotonic()
        with self._progress.meter("queue", unit="messages") as meter:
            while not stop.is_set():
                messages = self._queue.receive(_DRAINED_AFTER_S) if drain else self._queue.receive()
                if not messages:
                    if drain:
                        break
                    continue
                self._work_on(messages, stop)
                meter.advance(len(messages), note=f"{self._report.extracted} extracted, {self._report.left} left")
                if time.monotonic() - reported > _REPORT_EVERY_S:
                    reported = time.monotonic()
                    self._note_report(reported - started)
        return self._report

    def _note_report(self, took_s: float) -> None:
        report = self._report
        self._progress.note(
            f"{report.messages} messages, {report.extracted} clips extracted ({report.extracted / took_s:.1f}/s), "
            f"{report.left} left in the queue"
        )

    def _work_on(self, messages: Sequence[Message], stop: threading.Event) -> None:
        wanted: dict[Message, list[Upload]] = {}
        for message in messages:
            try:
                wanted[message] = uploads_in(message.body)
            except BadNotification as fault:
                self._leave(message, str(fault))
        outcomes: Outcomes = {}
        uploads = list(dict.fromkeys(upload for each in wanted.values() for upload in each))
        with self._queue.held(list(wanted)):
            for start in range(0, len(uploads), _AT_ONCE):
                outcomes |= self._process(uploads[start : start + _AT_ONCE], stop)
        self._settle(wanted, outcomes)
        self._report.messages += len(messages)

    def _settle(self, wanted: dict[Message, list[Upload]], outcomes: Outcomes) -> None:
        """Delete finished messages, leave failed ones, and return the messages that were not processed."""
        finished, unprocessed = [], []
        for message, uploads in wanted.items():
            if faults := [outcomes[upload] for upload in uploads if outcomes.get(upload)]:
                self._leave(message, "; ".join(faults[:3]))
            elif all(upload in outcomes for upload in uploads):
                finished.append(message)
            else:
                unprocessed.append(message)
        self._queue.delete(finished)
        self._queue.release(unprocessed)
        self._report.finished += len(finished)

    def _leave(self, message: Message, why: str) -> None:
        """Leave a message: it comes again when no longer hidden, until the queue's dead-letter policy removes it."""
        reason = f"message {message.id} stays in the queue (received {message.n_received} times): {why}"
        self._progress.note(reason)
        self._report.left += 1
        self._report.reasons = [*self._report.reasons, reason][-_REASONS_KEPT:]

    def _process(self, uploads: Sequence[Upload], stop: threading.Event) -> Outcomes:
        """Extract and delete these uploads; uploads that are not in the result were not processed."""
        outcomes = {upload: why for upload in uploads if (why := self._objects.refusal(upload))}
        allowed = [upload for upload in uploads if upload not in outcomes]
        outcomes |= {
            upload: _DONE for upload in allowed if upload.key.endswith("/")
        }  # a folder, as S3 consoles create it
        try:
            found = self._fetched([upload for upload in allowed if upload not in outcomes], outcomes, stop)
            tasks = self._tasks(found, outcomes)
            outcomes |= self._extracted(tasks)
        finally:
            self._objects.release()
        return outcomes

    def _fetched(
        self, uploads: Sequence[Upload], outcomes: Outcomes, stop: threading.Event
    ) -> dict[Upload, UploadedAudio]:
        """Fetch objects in parallel; objects that are gone or cannot be fetched go into the outcomes."""

        def fetch(upload: Upload) -> UploadedAudio | TrackError | Upload | None:
            try:
                return upload if stop.is_set() else self._objects.fetch(upload)
            except TrackError as error:
                return error

        with ThreadPoolExecutor(_FETCHED_AT_ONCE, thread_name_prefix="fetch") as pool:
            started = {upload: pool.submit(fetch, upload) for upload in uploads}
        found = {}
        for upload, future in started.items():
            match future.result():
                case UploadedAudio() as audio:
                    found[upload] = audio
                case TrackError() as error:
                    outcomes[upload] = f"{error.reason}: {error.message}"
                case None:
                    self._report.gone += 1
                    outcomes[upload] = _DONE
        return found

    def _tasks(self, found: dict[Upload, UploadedAudio], outcomes: Outcomes) -> dict[Upload, PendingAudio]:
        """Return what to extract, one object for each track, and add the tracks to the store."""
        tasks: dict[TrackId, tuple[Upload, PendingAudio]] = {}
        for upload, uploaded in found.items():
            if uploaded.fault:
                self._record(uploaded.track, uploaded.fault)
                outcomes[upload] = f"{uploaded.fault.reason}: {uploaded.fault.message}"
                continue
            track_id = self._add(uploaded.track)
            if lacking := self._lacking(track_id, uploaded.audio):
                tasks.setdefault(track_id, (upload, self._task(uploaded, track_id, lacking)))
            else:
                self._report.known += 1
                outcomes[upload] = self._deleted(upload)
        return dict(tasks.values())

    def _task(self, uploaded: UploadedAudio, track_id: TrackId, lacking: Ears) -> PendingAudio:
        audio, track = replace(uploaded.audio, track_id=track_id), uploaded.track
        hears_tempo = track.bpm is None or track.musical_key is None
        return PendingAudio(audio, lacking, self._excerpts, hears_tempo, hears_fingerprint=True)

    def _extracted(self, tasks: dict[Upload, PendingAudio]) -> Outcomes:
        if not tasks:
            return {}
        report = extract(
            self._store,
            self._objects,
            self._executor,
            ExtractReport(str(self._executor.ears)),
            progress=Silent(),
            keep_audio=self._keep_audio,
            tasks=list(tasks.values()),
        )
        self._report.extracted += report.extracted
        self._report.deleted += report.deleted
        faults = {failure.track_id: f"{failure.reason}: {failure.message}" for failure in report.failures}
        outcomes = {}
        for upload, task in tasks.items():
            audio = task.audio
            if self._lacking(audio.track_id, audio):
                outcomes[upload] = faults.get(audio.track_id, "its track was removed at the same time")
            elif not self._keep_audio and self._objects.holds(upload.address):
                outcomes[upload] = "; ".join(report.undeleted)
            else:
                outcomes[upload] = _DONE
        return outcomes

    def _lacking(self, track_id: TrackId, audio: StoredAudio) -> Ears | None:
        """Return the ears that have no features of just this audio; None if all have."""
        lacking = []
        for model in self._executor.ears.models:
            stored = self._store.embeddings.get(track_id, model)
            if stored is None or stored.audio_sha256 != audio.sha256:
                lacking.append(model)
        return Ears.of(*lacking) if lacking else None

    def _deleted(self, upload: Upload) -> str:
        """Delete an object whose features are stored: a killed run left it, or it was uploaded twice."""
        if self._keep_audio:
            return _DONE
        try:
            self._objects.delete(upload.address)
        except CacheError as error:
            return error.message
        self._report.deleted += 1
        return _DONE

    def _add(self, track: Track) -> TrackId:
        """Add a track and return its id in the store. A crawled track keeps its metadata, which is better than tags."""
        if self._store.tracks.known([track.id]):
            return self._store.tracks.id_of(track)
        return self._store.tracks.add([self._store.tracks.get(track.id) or track])[0]

    def _record(self, track: Track, fault: TrackError) -> None:
        """Record the reason in the store; an object that is not audio is not a track of the catalogue."""
        self._store.failures.record(self._store.tracks.add_seed(track), Stage.EXTRACT, fault.reason, fault.message)
