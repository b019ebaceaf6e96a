"""A crawl: sources list tracks, the store saves them, providers supply their audio, and the cache keeps it.

The listing and all providers work at the same time, each at its own speed. A track passes from one provider to the next
until one has its audio. Threads wait for servers and report events. Only the main thread writes to the store: it stores
each piece of a listing and each answer when it arrives.

A crawl that was stopped continues on the next run. Tracks with audio or features are not fetched again, and providers
are not queried again while their last answer is valid.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from spotrec.audio.cache import AudioCaches, key_for
from spotrec.crawl.ledger import Ledger, State
from spotrec.crawl.previews.chain import Answer, PreviewChain
from spotrec.crawl.report import CrawlReport, FailedSource, MissingTrack, SourceReport
from spotrec.crawl.sources import ListedTrack, Listing, NamedSource
from spotrec.errors import CacheError, DiskFull, SpotrecError, StoreError
from spotrec.progress import Meter, Progress
from spotrec.store import FeatureStore
from spotrec.system.digests import sha256
from spotrec.system.workers import Workers, WorkInProgress
from spotrec.track import Collection, ModelId, StoredAudio, Track, TrackId

_PIECE = 200
_LISTED_AHEAD = 4
_WRITTEN_WITHIN_S = 1.0


@dataclass(frozen=True, slots=True)
class _SourceStart:
    """The listing of a source starts."""

    name: str


@dataclass(frozen=True, slots=True)
class _SourcePiece:
    """Some entries of the current source."""

    listing: Listing


@dataclass(frozen=True, slots=True)
class _SourceEnd:
    """The listing of a source has ended; `error` is None if it was successful."""

    error: SpotrecError | None


@dataclass(frozen=True, slots=True)
class _ListingEnd:
    pass


@dataclass(frozen=True, slots=True)
class _ProviderAnswer:
    track: Track
    turn: int
    answer: Answer
    stored: StoredAudio | None


@dataclass(frozen=True, slots=True)
class _ThreadFault:
    error: BaseException


_ListingEvent = _SourceStart | _SourcePiece | _SourceEnd
_Event = _ListingEvent | _ListingEnd | _ProviderAnswer | _ThreadFault


@dataclass(frozen=True, slots=True, kw_only=True)
class Crawler:
    """Brings tracks into the store and their audio into the cache.

    Args:
        model: audio is fetched for tracks without features by this model.
        at_once: maximum number of simultaneous requests to one host.
        ask_all: query providers again even if their last answer is still valid.
    """

    store: FeatureStore
    caches: AudioCaches
    chain: PreviewChain
    model: ModelId
    progress: Progress
    at_once: int
    ask_all: bool = False

    def crawl(self, sources: Iterable[NamedSource]) -> CrawlReport:
        """Crawl every source; a source that fails is reported, and the others continue.

        Raises:
            StoreError, CacheError, DiskFull: nothing more can be stored; finished work is kept.
        """
        return self._run(_list_sources(sources))

    def retry(self) -> CrawlReport:
        """Query the providers again for every known track without audio."""
        return self.fetch(self.store.audio.missing(self.model))

    def fetch(self, track_ids: Sequence[TrackId]) -> CrawlReport:
        """Fetch the audio of tracks that are in the store."""
        return self._run(self._list_known(track_ids))

    def _run(self, listing: Iterator[_ListingEvent]) -> CrawlReport:
        with self.progress.meter("crawl") as meter:
            return _CrawlRun(self, meter).finish(listing)

    def _list_known(self, missing: Sequence[TrackId]) -> Iterator[_ListingEvent]:
        yield _SourceStart("tracks without audio")
        for start in range(0, len(missing), _PIECE):
            tracks = self.store.tracks.get_many(missing[start : start + _PIECE])
            yield _SourcePiece(Listing([ListedTrack(track) for track in tracks.values()], total=len(missing)))
        yield _SourceEnd(None)


class _CrawlRun:
    """One run: lists sources and queries providers until both are finished."""

    def __init__(self, crawler: Crawler, meter: Meter) -> None:
        self._crawler = crawler
        self._store = crawler.store
        self._chain = crawler.chain
        self._meter = meter
        self._report = CrawlReport()
        self._ledger = Ledger()
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._listing_slots = threading.Semaphore(_LISTED_AHEAD)
        self._lister = Workers(1, "list")
        # twice as many: finding a preview and downloading it go to different hosts
        self._provider_workers = [Workers(2 * crawler.at_once, provider.name) for provider in crawler.chain.providers]
        self._n_requests = [0] * len(self._provider_workers)
        self._max_requests = 4 * crawler.at_once
        self._writes = WorkInProgress()
        self._is_listed = False
        self._is_over = False
        self._collection: Collection | None = None
        self._is_cut = False
        self._expected = 0

    def finish(self, listing: Iterator[_ListingEvent]) -> CrawlReport:
        self._lister.submit(lambda: self._list(listing))
        try:
            while not self._is_listed or any(self._n_requests):
                self._handle(self._events.get())
                self._ask_providers()
        except (KeyboardInterrupt, CacheError, DiskFull):
            self._writes.close(_WRITTEN_WITHIN_S)
            self._store_finished_answers()
            raise
        else:
            return self._complete_report()
        finally:
            self._is_over = True
            self._listing_slots.release()
            self._writes.close(_WRITTEN_WITHIN_S)
            for workers in (self._lister, *self._provider_workers):
                workers.close()
            self._ledger.close()

    # -- in threads ------------------------------------------------------------------------------------------------

    def _list(self, listing: Iterator[_ListingEvent]) -> None:
        try:
            for event in listing:
                self._listing_slots.acquire()
                if self._is_over:
                    return
                self._events.put(event)
            self._events.put(_ListingEnd())
        except BaseException as exc:  # noqa: BLE001 - raised again in the main thread
            self._events.put(_ThreadFault(exc))

    def _ask(self, turn: int, track: Track) -> None:
        try:
            answer = self._chain.ask(self._chain.providers[turn], track)
            self._events.put(_ProviderAnswer(track, turn, answer, self._cache_audio(track, answer)))
        except BaseException as exc:  # noqa: BLE001 - raised again in the main thread
            self._events.put(_ThreadFault(exc))

    def _cache_audio(self, track: Track, answer: Answer) -> StoredAudio | None:
        if answer.fetched is None:
            return None
        preview, audio = answer.fetched.preview, answer.fetched.audio
        digest = sha256(audio)
        if preview.path is not None:
            return StoredAudio(track.id, str(preview.path), False, digest, len(audio), preview.provider)
        kind = answer.fetched.content_type
        with self._writes:
            address = self._crawler.caches.put(
                key_for(track.id), audio, content_type=kind, sha256=digest, track_id=track.id
            )
        return StoredAudio(track.id, address, True, digest, len(audio), preview.provider)

    # -- in the main thread ----------------------------------------------------------------------------------------

    def _handle(self, event: _Event) -> None:
        match event:
            case _ProviderAnswer():
                self._n_requests[event.turn] -= 1
                self._note_answer(event.track, event.turn, event.answer, event.stored)
                return
            case _ListingEnd():
                self._is_listed = True
                return
            case _ThreadFault(error):
                raise error
            case _SourceStart(name):
                self._report.sources.append(SourceReport(name))
                self._collection, self._is_cut = None, False
                self._meter.advance(0, f"listing {name}")
            case _SourcePiece(listing):
                self._remember(listing)
            case _SourceEnd(error):
                self._end_source(error)
        self._listing_slots.release()

    def _remember(self, listing: Listing) -> None:
        """Store the tracks of a listing, and the audio of the user's own files."""
        source = self._report.sources[-1]
        self._collection = listing.collection or self._collection
        self._is_cut = self._is_cut or listing.is_cut
        if listing.notice:
            self._report.notices.append(listing.notice)
        tracks = [listed.track for listed in listing.tracks]
        stored_as = [self._store.tracks.id_of(track) for track in tracks]
        known = self._store.tracks.known(stored_as)
        position = source.seen - source.skipped
        ids = self._store.tracks.add(tracks, listing.collection, position)
        source.seen += len(tracks) + len(listing.skipped)
        source.new += len({id_ for before, id_ in zip(stored_as, ids, strict=True) if before not in known})
        source.skipped += len(listing.skipped)
        source.title = self._collection.title if self._collection else ""
        self._report.skipped.extend(listing.skipped)
        self._expect(listing.total)
        self._meter.advance(len(listing.skipped))
        for listed, id_ in zip(listing.tracks, ids, strict=True):
            self._adopt_file(listed, id_)
            has_audio = self._store.audio.is_here_or_heard(id_, self._crawler.model)
            is_new = self._ledger.add(len(self._report.sources), id_, with_audio=has_audio)
            self._meter.advance(int(has_audio or not is_new))

    def _expect(self, total: int | None) -> None:
        """Set the meter's total: the entries of earlier sources, and the number that this source reports."""
        seen = sum(source.seen for source in self._report.sources)
        before = seen - self._report.sources[-1].seen
        self._expected = max(self._expected, seen, before + (total or 0))
        self._meter.expect(self._expected)

    def _adopt_file(self, listed: ListedTrack, id_: TrackId) -> None:
        if listed.audio is None or listed.track.path is None:
            return
        path = Path(listed.track.path)
        if not self._store.audio.is_here_or_heard(id_, self._crawler.model):
            self._store.audio.save(replace(listed.audio, track_id=id_))
        # last: a file counts as read only when its audio is stored; extraction reports a file that is missing by then
        with suppress(OSError):
            stat = path.stat()
            self._store.files.remember(path, stat.st_size, stat.st_mtime_ns, id_)

    def _end_source(self, error: SpotrecError | None) -> None:
        source = self._report.sources[-1]
        if error:
            self._report.failed_sources.append(FailedSource(source.name, error))
            return
        source.is_complete = not self._is_cut  # tracks that an incomplete list does not show may still be in it
        if self._collection is not None and source.is_complete:
            self._store.collections.finish(self._collection, source.seen - source.skipped)

    def _ask_providers(self) -> None:
        """Send each provider as many requests as it may have. Later providers also get what earlier ones passed on."""
        for turn in range(len(self._provider_workers)):
            while ids := self._ledger.take(turn, self._free_requests(turn)):
                for track in self._store.tracks.get_many(ids).values():
                    self._ask_or_pass_on(turn, track)

    def _free_requests(self, turn: int) -> int:
        room = self._max_requests - self._n_requests[turn]
        return room if room >= self._max_requests // 2 else 0

    def _ask_or_pass_on(self, turn: int, track: Track) -> None:
        provider = self._chain.providers[turn]
        if provider.plan(track) is None or self._has_valid_answer(provider.name, track):
            self._pass_on(track, turn)
        elif self._chain.must_wait(provider):
            self._note_answer(track, turn, self._chain.ask(provider, track), None)
        else:
            self._n_requests[turn] += 1
            self._provider_workers[turn].submit(lambda: self._ask(turn, track))

    def _has_valid_answer(self, provider: str, track: Track) -> bool:
        """Whether the provider's last answer for this track is still valid."""
        return not self._crawler.ask_all and provider in self._store.previews.answers(track.id, datetime.now(UTC))

    def _note_answer(self, track: Track, turn: int, answer: Answer, stored: StoredAudio | None) -> None:
        outcome = answer.outcome
        self._store.previews.record(track.id, outcome)
        self._report.providers.setdefault(outcome.provider, Counter())[outcome.outcome] += 1
        if answer.fault and all(str(e) != str(answer.fault) for e in self._report.waiting_for):
            self._report.waiting_for.append(answer.fault)
        if stored is None:
            self._pass_on(track, turn)
            return
        self._store.audio.save(stored)
        self._report.fetched += 1
        self._settle(track, State.WITH_AUDIO)

    def _pass_on(self, track: Track, turn: int) -> None:
        if turn + 1 < len(self._provider_workers):
            self._ledger.wait_for(track.id, turn + 1)
        else:
            self._settle(track, State.MISSING)

    def _settle(self, track: Track, state: State) -> None:
        self._ledger.settle(track.id, state)
        self._meter.advance(1, track.title)

    def _store_finished_answers(self) -> None:
        """Store the answers that have already arrived."""
        try:
            while True:
                event = self._events.get_nowait()
                if isinstance(event, _ProviderAnswer):
                    self._note_answer(event.track, event.turn, event.answer, event.stored)
        except (Empty, SpotrecError):
            return

    def _complete_report(self) -> CrawlReport:
        report = self._report
        for number, source in enumerate(report.sources, 1):
            source.with_audio, source.missing = self._ledger.counts(number)
        report.seen = sum(source.seen for source in report.sources)
        report.new = sum(source.new for source in report.sources)
        report.with_audio, _ = self._ledger.counts()
        for ids in self._ledger.missing():
            for track in self._store.tracks.get_many(ids).values():
                answers = self._store.previews.answers(track.id) or self._chain.why_not_asked(track)
                why = "; ".join(f"{provider}: {answer}" for provider, answer in answers.items())
                report.missing.append(MissingTrack(track, why or "no provider is set"))
        return report


def _list_sources(sources: Iterable[NamedSource]) -> Iterator[_ListingEvent]:
    for source in sources:
        yield _SourceStart(source.name)
        error = None
        try:
            for listing in source.open().listings():
                yield _SourcePiece(listing)
        except SpotrecError as exc:
            if isinstance(exc, StoreError | CacheError | DiskFull):
                raise
            error = exc
        yield _SourceEnd(error)
