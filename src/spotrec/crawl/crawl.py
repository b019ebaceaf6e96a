"""The story of a crawl: sources list tracks, the store remembers them, providers give their audio, the cache keeps it.

Listing is committed piece by piece and each preview as it comes: killed anywhere and run again, it goes on. What is
known is not asked again: tracks with audio or features, and providers whose answer still holds.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from spotrec.audio.cache import AudioCaches, key_for
from spotrec.audio.files import sha256
from spotrec.crawl.previews.chain import FetchResult, PreviewChain
from spotrec.crawl.sources import ListedTrack, Listing, Skipped, TrackSource
from spotrec.errors import CacheError, DiskFull, ExitCode, SpotrecError, StoreError
from spotrec.progress import Meter, Progress
from spotrec.store import FeatureStore
from spotrec.track import Collection, ModelId, StoredAudio, Track, TrackId

_DOWNLOADS_AT_ONCE = 8
_WAITING = 2 * _DOWNLOADS_AT_ONCE


@dataclass(frozen=True, slots=True)
class Missing:
    """A track without audio, and why."""

    track: Track
    reason: str


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source that could not be read, or not to its end."""

    source: str
    error: SpotrecError


@dataclass(slots=True)
class CrawlReport:
    """What a crawl saw and got. `seen` counts entries, a track in two sources twice."""

    seen: int = 0
    new: int = 0
    with_audio: int = 0
    fetched: int = 0
    missing: list[Missing] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed_sources: list[FailedSource] = field(default_factory=list)
    waiting_for: list[SpotrecError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    track_ids: list[TrackId] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """DONE; PARTIAL where anything asked for is missing; the fault's own code where nothing was got."""
        if self.failed_sources and not self.seen:
            return self.failed_sources[0].error.exit_code
        if self.failed_sources or self.missing or self.skipped:
            return ExitCode.PARTIAL
        return ExitCode.DONE


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source with what the user called it; `open` may already fail."""

    name: str
    open: Callable[[], TrackSource]


class Crawler:
    """Brings tracks into the store and their audio into the cache.

    Args:
        ask_all: ask providers again whose answer still holds.
    """

    def __init__(
        self,
        store: FeatureStore,
        caches: AudioCaches,
        chain: PreviewChain,
        model: ModelId,
        progress: Progress,
        *,
        ask_all: bool = False,
    ) -> None:
        self._store = store
        self._caches = caches
        self._chain = chain
        self._model = model
        self._progress = progress
        self._ask_all = ask_all

    def retry(self) -> CrawlReport:
        """Ask again for every known track that has no audio."""
        report = CrawlReport()
        missing = self._store.without_audio(self._model)
        report.seen = len(missing)
        with self._progress.meter("ask again", len(missing)) as meter:
            self.fetch_missing(missing, report, meter)
        return report

    def crawl(self, sources: Iterable[NamedSource]) -> CrawlReport:
        """Crawl every source; one that fails is reported, and the others go on.

        Raises:
            StoreError, CacheError, DiskFull: nothing further can be kept; what was kept stays.
        """
        report = CrawlReport()
        for source in sources:
            with self._progress.meter(f"crawl {source.name}") as meter:
                try:
                    self._crawl_one(source.open(), report, meter)
                except SpotrecError as error:
                    if not _is_of_source(error):
                        raise
                    report.failed_sources.append(FailedSource(source.name, error))
        return report

    def fetch_missing(self, track_ids: Sequence[TrackId], report: CrawlReport, meter: Meter) -> None:
        """Get audio for those tracks that have neither audio nor features."""
        wanted = []
        for id_ in dict.fromkeys(track_ids):
            if self._store.has_audio_or_embedding(id_, self._model):
                report.with_audio += 1
                meter.advance()
            elif track := self._store.track(id_):
                wanted.append(track)
        for track, stored, result in self._fetched(wanted):
            for outcome in result.outcomes:
                self._store.record_outcome(track.id, outcome)
            if stored:
                self._store.save_audio(stored)
                report.with_audio += 1
                report.fetched += 1
            else:
                answers = self._store.answered_by(track.id, datetime.now(UTC))
                report.missing.append(Missing(track, _why(answers)))
                if result.waiting_for and all(str(e) != str(result.waiting_for) for e in report.waiting_for):
                    report.waiting_for.append(result.waiting_for)
            meter.advance(note=track.title)

    def _crawl_one(self, source: TrackSource, report: CrawlReport, meter: Meter) -> None:
        position = 0
        collection: Collection | None = None
        is_cut = False
        for listing in source.listings():
            if listing.notice:
                report.notices.append(listing.notice)
            is_cut = is_cut or listing.is_cut
            if listing.total is not None:
                meter.expect(listing.total)
            collection = listing.collection or collection
            ids = self._remember(listing, position, report)
            position += len(ids)
            meter.advance(len(listing.skipped) + len(ids) - len(set(ids)))
            self.fetch_missing(ids, report, meter)
        if collection is not None and not is_cut:  # what a cut list does not show may still be there
            self._store.finish_collection(collection, position)

    def _remember(self, listing: Listing, position: int, report: CrawlReport) -> list[TrackId]:
        """Store a listing's tracks, and the audio that user's own files bring with them."""
        tracks = [listed.track for listed in listing.tracks]
        known = self._store.known([track.id for track in tracks])
        ids = self._store.add_tracks(tracks, listing.collection, position)
        for listed, id_ in zip(listing.tracks, ids, strict=True):
            self._adopt_file(listed, id_)
        report.seen += len(tracks) + len(listing.skipped)
        report.new += len({track.id for track in tracks} - known)
        report.skipped.extend(listing.skipped)
        report.track_ids.extend(ids)
        return ids

    def _adopt_file(self, listed: ListedTrack, id_: TrackId) -> None:
        if listed.audio is None or listed.track.path is None:
            return
        path = Path(listed.track.path)
        if not self._store.has_audio_or_embedding(id_, self._model):
            self._store.save_audio(replace(listed.audio, track_id=id_))
        # last: only a file whose audio is known counts as read
        stat = path.stat()
        self._store.remember_file(path, stat.st_size, stat.st_mtime_ns, id_)

    def _fetched(self, tracks: Sequence[Track]) -> Iterator[tuple[Track, StoredAudio | None, FetchResult]]:
        """Each track with what the providers gave, as it comes, several at once."""
        now = datetime.now(UTC)
        queue = iter(tracks)
        running: dict[Future[tuple[StoredAudio | None, FetchResult]], Track] = {}
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE, thread_name_prefix="fetch") as pool:
            try:
                while True:
                    while len(running) < _WAITING and (track := next(queue, None)):
                        answered = {} if self._ask_all else self._store.answered_by(track.id, now)
                        running[pool.submit(self._fetch, track, answered)] = track
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        yield running.pop(future), *future.result()
            finally:
                for future in running:
                    future.cancel()

    def _fetch(self, track: Track, answered: dict[str, str]) -> tuple[StoredAudio | None, FetchResult]:
        """In a thread: find, download and cache one track's audio."""
        result = self._chain.fetch(track, answered)
        if result.fetched is None:
            return None, result
        audio, kind = result.fetched.audio, result.fetched.content_type
        digest = sha256(audio)
        address = self._caches.put(key_for(track.id), audio, content_type=kind, sha256=digest, track_id=track.id)
        return StoredAudio(track.id, address, True, digest, len(audio), result.fetched.preview.provider), result


def _is_of_source(error: SpotrecError) -> bool:
    """Whether the next source may still do, or the store or cache itself is at fault."""
    return not isinstance(error, StoreError | CacheError | DiskFull)


def _why(answers: dict[str, str]) -> str:
    return "; ".join(f"{provider}: {answer}" for provider, answer in answers.items()) or "no provider has it"
