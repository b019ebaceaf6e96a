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
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from spotrec.audio.cache import AudioCaches, key_for
from spotrec.crawl.file_changes import FileChanges
from spotrec.crawl.ledger import Ledger, State
from spotrec.crawl.previews.chain import Answer, PreviewChain
from spotrec.crawl.report import CrawlReport, FailedSource, MissingTrack, SourceReport
from spotrec.crawl.sources import ListedTrack, Listing, NamedSource
from spotrec.crawl.unread_places import UnreadPlaces
from spotrec.errors import CacheError, DiskFull, SpotrecError, StoreError, quoted
from spotrec.net.pacing import HostPacer
from spotrec.progress import Meter, Progress
from spotrec.store import FeatureStore, ServerItem, is_own_id
from spotrec.system.digests import sha256
from spotrec.system.workers import Workers, WorkInProgress
from spotrec.track import Collection, CollectionKind, Ears, StoredAudio, Track, TrackId

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
        ears: audio is fetched for tracks that some of these networks have not heard.
        at_once: maximum number of simultaneous requests to one host.
        ask_all: query providers again even if their last answer is still valid.
        leaves_out_removed: do not add tracks again that the user removed. Without it, crawled tracks are wanted again.
        pacer: the user is told how long it delays requests.
    """

    store: FeatureStore
    caches: AudioCaches
    chain: PreviewChain
    ears: Ears
    progress: Progress
    at_once: int
    ask_all: bool = False
    pacer: HostPacer | None = None
    leaves_out_removed: bool = False

    def crawl(self, sources: Iterable[NamedSource]) -> CrawlReport:
        """Crawl every source; a source that fails is reported, and the others continue.

        Raises:
            StoreError, CacheError, DiskFull: nothing more can be stored; finished work is kept.
        """
        return self._run(_list_sources(sources))

    def retry(self) -> CrawlReport:
        """Query the providers again for every known track without audio."""
        return self.fetch(self.store.audio.missing(self.ears))

    def fetch(self, track_ids: Sequence[TrackId]) -> CrawlReport:
        """Fetch the audio of tracks that are in the store."""
        return self._run(self._list_known(track_ids))

    def _run(self, listing: Iterator[_ListingEvent]) -> CrawlReport:
        told = self.pacer.telling(self.progress.note) if self.pacer else nullcontext()
        with told, self.progress.meter("crawl") as meter:
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
        self._n_listed: dict[str, tuple[Collection, int]] = {}
        self._is_cut = False
        self._n_left_out = 0
        self._unread: list[str] = []
        self._servers: set[str] = set()
        self._started_at = ""
        self._changes = FileChanges(crawler.store)
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
            self._changes.finish()
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
                self._collection, self._n_listed, self._is_cut, self._unread = None, {}, False, []
                self._servers.clear()
                self._started_at = datetime.now(UTC).isoformat()
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
        self._unread.extend(listing.unread)
        self._report.notices.extend(listing.notices)
        listing = replace(listing, tracks=self._changes.with_kept_names(self._wanted(listing.tracks)))
        tracks = self._changes.with_first_places(listing.tracks)
        known = self._store.tracks.known(list(map(self._store.tracks.id_of, tracks)))
        position = 0
        if self._collection:
            _, position = self._n_listed.get(self._collection.id, (self._collection, 0))
            self._n_listed[self._collection.id] = self._collection, position + len(tracks)
        ids = self._store.tracks.add(tracks, listing.collection, position)
        source.seen += 0 if listing.repeats else len(tracks) + len(listing.skipped)
        source.new += len(set(ids) - known)
        source.skipped += len(listing.skipped)
        source.title = self._collection.title if self._collection and len(self._n_listed) == 1 else ""
        self._report.skipped.extend(listing.skipped)
        self._expect(listing.total)
        self._meter.advance(len(listing.skipped))
        items: list[tuple[ServerItem, TrackId]] = []
        for listed, id_ in zip(listing.tracks, ids, strict=True):
            id_, follows = self._changes.adopt(listed, id_)
            if listed.item:
                follows = self._follow_item(listed, id_) or follows
                items.append((listed.item, id_))
            source.new -= follows and listed.track.id not in known
            has_audio = self._store.audio.is_here_or_heard(id_, self._crawler.ears)
            is_new = self._ledger.add(
                len(self._report.sources), id_, with_audio=has_audio, preview_url=listed.track.preview_url
            )
            self._meter.advance(int(not listing.repeats and (has_audio or not is_new)))
        if items:
            self._store.server_items.note(items, self._started_at)
            self._servers.add(items[0][0].server)

    def _follow_item(self, listed: ListedTrack, id_: TrackId) -> bool:
        """Let a song's file take the place of the track that was streamed until now. Returns whether it did."""
        before = listed.before
        if before is None or before == id_ or not is_own_id(before) or self._store.tracks.stored_id(before) != before:
            return False
        self._store.succession.take_place(before, id_)
        return True

    def _wanted(self, listed: Sequence[ListedTrack]) -> list[ListedTrack]:
        """Return the tracks to add: in a sync not the ones that the user removed; a crawl by name wants them again."""
        removed = self._store.removed
        ids = removed.ids(one.track.id for one in listed)
        sounds = removed.sounds(one.file.sound for one in listed if one.file and one.file.sound)
        if not ids and not sounds:
            return list(listed)
        if not self._crawler.leaves_out_removed:
            removed.forget(ids, sounds)
            return list(listed)
        ids -= self._store.tracks.known(ids)  # a track that came back in another way
        sounds = {sound for sound in sounds if not self._store.files.with_sound(sound)}  # a copy of it stays
        wanted = [one for one in listed if one.track.id not in ids and not (one.file and one.file.sound in sounds)]
        self._n_left_out += len(listed) - len(wanted)
        return wanted

    def _expect(self, total: int | None) -> None:
        """Set the meter's total: the entries of earlier sources, and the number that this source reports."""
        seen = sum(source.seen for source in self._report.sources)
        before = seen - self._report.sources[-1].seen
        self._expected = max(self._expected, seen, before + (total or 0))
        self._meter.expect(self._expected)

    def _end_source(self, error: SpotrecError | None) -> None:
        source = self._report.sources[-1]
        if error:
            self._report.failed_sources.append(FailedSource(source.name, error))
            return
        source.is_complete = not self._is_cut  # tracks that an incomplete list does not show may still be in it
        if source.is_complete:
            for collection, n_tracks in self._n_listed.values():
                self._store.collections.finish(collection, n_tracks, self._staying(collection, n_tracks))
                if collection.kind is CollectionKind.LIBRARY:
                    for server in self._servers:
                        self._store.server_items.forget_unlisted(server, self._started_at)

    def _staying(self, collection: Collection, n_tracks: int) -> list[TrackId]:
        """Return the tracks of files that are not listed, but may still be there. Their places are reported."""
        kind, _, path = collection.id.partition(":")
        if kind not in (CollectionKind.FOLDER, "list", "playlist"):
            return []
        folder = Path(path) if kind == CollectionKind.FOLDER else None
        places = UnreadPlaces(folder, self._unread, self._store.files.on_disk)
        not_listed = self._store.collections.not_listed(collection.id, n_tracks) - self._changes.leaving
        files = self._store.files.places(not_listed)
        staying = [id_ for id_, states in files.items() if places.may_hide(states)]
        self._report.skipped.extend(places.skipped(self._report.skipped))
        if staying:
            title = quoted(collection.title)
            n = "1 track" if len(staying) == 1 else f"{len(staying):,} tracks"
            self._report.notices.append(
                f"{title} has places that cannot be read now: {n} from there stay in the catalogue"
            )
        return staying

    def _ask_providers(self) -> None:
        """Send each provider as many requests as it may have. Later providers also get what earlier ones passed on."""
        for turn in range(len(self._provider_workers)):
            while preview_urls := self._ledger.take(turn, self._free_requests(turn)):
                for track in self._store.tracks.get_many(preview_urls).values():
                    self._ask_or_pass_on(turn, replace(track, preview_url=preview_urls[track.id]))

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
        if answer.fault:
            self._report.add_fault(outcome.provider, answer.fault, track, outcome.ask_again_at)
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
            source.repeated = source.seen - source.skipped - source.with_audio - source.missing
        if n := self._n_left_out:
            left_out, them = (
                ("1 track that you removed stays", "it") if n == 1 else (f"{n:,} tracks that you removed stay", "them")
            )
            report.notices.append(f"{left_out} away: `spotrec crawl SOURCE` adds {them} again")
        report.seen = sum(source.seen for source in report.sources)
        report.new = sum(source.new for source in report.sources)
        report.with_audio, n_missing = self._ledger.counts()
        report.repeated = report.seen - len(report.skipped) - report.with_audio - n_missing
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
