"""The story of uploads: a queue tells of them, they are heard, stored and deleted, and then their messages are.

Messages come at least once and in any order, so what they say is only where to look. What lies there now is heard
unless its features are stored already, and deleted only as it was heard; where nothing lies any more, nothing is left
to do. The store keeps no row of an upload's audio: no other command is to hear or delete what the queue sees to.
"""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from spotrec.errors import CacheError, ExitCode, TrackError
from spotrec.extract.executors import Executor
from spotrec.extract.extract import ExtractReport, extract
from spotrec.extract.uploads.notifications import NotUnderstood, Upload, uploads_in
from spotrec.extract.uploads.objects import UploadedAudio, UploadedObjects
from spotrec.extract.uploads.sqs import Message, SqsQueue
from spotrec.progress import Progress, Silent
from spotrec.store import FeatureStore
from spotrec.track import Stage, StoredAudio, Track, TrackId

_AT_ONCE = 10
_FETCHED_AT_ONCE = 4
_DRAINED_AFTER_S = 1
_TOLD_EVERY_S = 60.0
_REASONS_KEPT = 100

_DONE = ""
Outcomes = dict[Upload, str]
"""Each upload that was tried → `_DONE`, or why it is not."""


@dataclass(slots=True)
class QueueReport:
    """What a worker did, in messages and in objects.

    `left` counts deliveries that failed, `reasons` holds the last hundred of them. `known` counts objects whose
    features were stored before, `gone` those that were no longer there, `deleted` those that were deleted.
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
        """DONE, or PARTIAL where messages were left in the queue."""
        return ExitCode.PARTIAL if self.left else ExitCode.DONE


class QueueWorker:
    """Hears what a queue tells of.

    Args:
        executor: hears audio that it gets from `objects`.
        keep_audio: leave the objects where they are.
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
    ) -> None:
        self._store = store
        self._queue = queue
        self._objects = objects
        self._executor = executor
        self._progress = progress
        self._keep_audio = keep_audio
        self._report = QueueReport(str(executor.model))

    def run(self, stop: threading.Event, *, drain: bool = False) -> QueueReport:
        """Work until `stop` is set, which what is in hand outlasts, or with `drain` until no message comes.

        Raises:
            NotFound, SignInNeeded, ServiceUnavailable: the queue cannot be used.
            CacheError, StoreError: the run cannot go on. Messages in hand come again when they are no longer hidden.
        """
        begun = told = time.monotonic()
        with self._progress.meter("queue", unit="messages") as meter:
            while not stop.is_set():
                messages = self._queue.receive(_DRAINED_AFTER_S) if drain else self._queue.receive()
                if not messages:
                    if drain:
                        break
                    continue
                self._work_on(messages, stop)
                meter.advance(len(messages), note=f"{self._report.extracted} heard, {self._report.left} left")
                if time.monotonic() - told > _TOLD_EVERY_S:
                    told = time.monotonic()
                    self._tell(told - begun)
        return self._report

    def _tell(self, took_s: float) -> None:
        report = self._report
        self._progress.note(
            f"{report.messages} messages, {report.extracted} clips heard ({report.extracted / took_s:.1f}/s), "
            f"{report.left} left in the queue"
        )

    def _work_on(self, messages: Sequence[Message], stop: threading.Event) -> None:
        wanted: dict[Message, list[Upload]] = {}
        for message in messages:
            try:
                wanted[message] = uploads_in(message.body)
            except NotUnderstood as fault:
                self._leave(message, str(fault))
        outcomes: Outcomes = {}
        uploads = list(dict.fromkeys(upload for each in wanted.values() for upload in each))
        with self._queue.held(list(wanted)):
            for start in range(0, len(uploads), _AT_ONCE):
                outcomes |= self._hear(uploads[start : start + _AT_ONCE], stop)
        self._settle(wanted, outcomes)
        self._report.messages += len(messages)

    def _settle(self, wanted: dict[Message, list[Upload]], outcomes: Outcomes) -> None:
        """Delete the messages that are done, leave those that failed, and give back those that were not come to."""
        finished, put_off = [], []
        for message, uploads in wanted.items():
            if faults := [outcomes[upload] for upload in uploads if outcomes.get(upload)]:
                self._leave(message, "; ".join(faults[:3]))
            elif all(upload in outcomes for upload in uploads):
                finished.append(message)
            else:
                put_off.append(message)
        self._queue.delete(finished)
        self._queue.release(put_off)
        self._report.finished += len(finished)

    def _leave(self, message: Message, why: str) -> None:
        """It comes again when it is no longer hidden, until the queue's dead-letter policy takes it away."""
        reason = f"message {message.id} stays in the queue (received {message.n_received} times): {why}"
        self._progress.note(reason)
        self._report.left += 1
        self._report.reasons = [*self._report.reasons, reason][-_REASONS_KEPT:]

    def _hear(self, uploads: Sequence[Upload], stop: threading.Event) -> Outcomes:
        """Hear and delete what lies where these uploads went to; what is not in the answer was not come to."""
        outcomes = {upload: why for upload in uploads if (why := self._objects.refusal(upload))}
        asked = [upload for upload in uploads if upload not in outcomes]
        outcomes |= {upload: _DONE for upload in asked if upload.key.endswith("/")}  # a folder, as consoles make them
        try:
            found = self._fetched([upload for upload in asked if upload not in outcomes], outcomes, stop)
            tasks = self._tasks(found, outcomes)
            outcomes |= self._extracted(tasks)
        finally:
            self._objects.let_go()
        return outcomes

    def _fetched(
        self, uploads: Sequence[Upload], outcomes: Outcomes, stop: threading.Event
    ) -> dict[Upload, UploadedAudio]:
        """What lies there, fetched side by side; what is gone or cannot be had goes into the outcomes."""

        def fetch(upload: Upload) -> UploadedAudio | TrackError | Upload | None:
            try:
                return upload if stop.is_set() else self._objects.fetch(upload)
            except TrackError as error:
                return error

        with ThreadPoolExecutor(_FETCHED_AT_ONCE, thread_name_prefix="fetch") as pool:
            begun = {upload: pool.submit(fetch, upload) for upload in uploads}
        found = {}
        for upload, future in begun.items():
            match future.result():
                case UploadedAudio() as audio:
                    found[upload] = audio
                case TrackError() as error:
                    outcomes[upload] = f"{error.reason}: {error.message}"
                case None:
                    self._report.gone += 1
                    outcomes[upload] = _DONE
        return found

    def _tasks(self, found: dict[Upload, UploadedAudio], outcomes: Outcomes) -> dict[Upload, StoredAudio]:
        """What is to be heard, one audio of a track at a time; its tracks are in the store."""
        tasks: dict[TrackId, tuple[Upload, StoredAudio]] = {}
        for upload, uploaded in found.items():
            if uploaded.fault:
                self._record(uploaded.track, uploaded.fault)
                outcomes[upload] = f"{uploaded.fault.reason}: {uploaded.fault.message}"
                continue
            track_id = self._add(uploaded.track)
            if self._is_heard(track_id, uploaded.audio):
                self._report.known += 1
                outcomes[upload] = self._deleted(upload)
            else:
                tasks.setdefault(track_id, (upload, replace(uploaded.audio, track_id=track_id)))
        return dict(tasks.values())

    def _extracted(self, tasks: dict[Upload, StoredAudio]) -> Outcomes:
        if not tasks:
            return {}
        report = extract(
            self._store,
            self._objects,
            self._executor,
            ExtractReport(str(self._executor.model)),
            progress=Silent(),
            keep_audio=self._keep_audio,
            tasks=list(tasks.values()),
        )
        self._report.extracted += report.extracted
        self._report.deleted += report.deleted
        faults = {failure.track_id: f"{failure.reason}: {failure.message}" for failure in report.failures}
        outcomes = {}
        for upload, audio in tasks.items():
            if not self._is_heard(audio.track_id, audio):
                outcomes[upload] = faults.get(audio.track_id, "its track was removed meanwhile")
            elif not self._keep_audio and self._objects.holds(upload.address):
                outcomes[upload] = "; ".join(report.undeleted)
            else:
                outcomes[upload] = _DONE
        return outcomes

    def _is_heard(self, track_id: TrackId, audio: StoredAudio) -> bool:
        stored = self._store.embeddings.get(track_id, self._executor.model)
        return stored is not None and stored.audio_sha256 == audio.sha256

    def _deleted(self, upload: Upload) -> str:
        """Delete what was heard by a run that was killed before it could, or what lies there a second time."""
        if self._keep_audio:
            return _DONE
        try:
            self._objects.delete(upload.address)
        except CacheError as error:
            return error.message
        self._report.deleted += 1
        return _DONE

    def _add(self, track: Track) -> TrackId:
        """The id under which the store keeps the track. One that was crawled is known better than by its tags."""
        if self._store.tracks.known([track.id]):
            return self._store.tracks.id_of(track)
        return self._store.tracks.add([self._store.tracks.get(track.id) or track])[0]

    def _record(self, track: Track, fault: TrackError) -> None:
        """What is no audio is no track of the catalogue, but the reason is to be found in the store."""
        self._store.failures.record(self._store.tracks.add_seed(track), Stage.EXTRACT, fault.reason, fault.message)
