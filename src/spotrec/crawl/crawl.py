"""A crawl: sources list tracks, the store saves them, providers supply their audio, and the cache keeps it.

A crawl that was stopped continues on the next run. Tracks with audio or features are not fetched again, and providers
are not queried again while their last answer is valid.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from spotrec.audio.cache import AudioCaches
from spotrec.crawl.previews.chain import PreviewChain
from spotrec.crawl.report import CrawlReport
from spotrec.crawl.run import CrawlRun, ListingEvent, SourceEnd, SourcePiece, SourceStart
from spotrec.crawl.sources import ListedTrack, Listing, TrackSource
from spotrec.errors import CacheError, DiskFull, SpotrecError, StoreError
from spotrec.progress import Progress
from spotrec.store import FeatureStore
from spotrec.track import ModelId, TrackId

_PIECE = 200


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source and the name that the user gave it. `open` may already raise an error."""

    name: str
    open: Callable[[], TrackSource]


class Crawler:
    """Brings tracks into the store and their audio into the cache.

    Args:
        at_once: maximum number of simultaneous requests to one host.
        ask_all: query providers again even if their last answer is still valid.
    """

    def __init__(
        self,
        store: FeatureStore,
        caches: AudioCaches,
        chain: PreviewChain,
        model: ModelId,
        progress: Progress,
        *,
        at_once: int,
        ask_all: bool = False,
    ) -> None:
        self._store = store
        self._caches = caches
        self._chain = chain
        self._model = model
        self._progress = progress
        self._at_once = at_once
        self._ask_all = ask_all

    def crawl(self, sources: Iterable[NamedSource]) -> CrawlReport:
        """Crawl every source; a source that fails is reported, and the others continue.

        Raises:
            StoreError, CacheError, DiskFull: nothing more can be stored; finished work is kept.
        """
        return self._run(_list_sources(sources))

    def retry(self) -> CrawlReport:
        """Query the providers again for every known track without audio."""
        return self.fetch(self._store.audio.missing(self._model))

    def fetch(self, track_ids: Sequence[TrackId]) -> CrawlReport:
        """Fetch the audio of tracks that are in the store."""
        return self._run(self._list_known(track_ids))

    def _run(self, listing: Iterator[ListingEvent]) -> CrawlReport:
        with self._progress.meter("crawl") as meter:
            run = CrawlRun(self._store, self._caches, self._chain, self._model, meter, self._at_once, self._ask_all)
            return run.finish(listing)

    def _list_known(self, missing: Sequence[TrackId]) -> Iterator[ListingEvent]:
        yield SourceStart("tracks without audio")
        for start in range(0, len(missing), _PIECE):
            tracks = self._store.tracks.get_many(missing[start : start + _PIECE])
            yield SourcePiece(Listing([ListedTrack(track) for track in tracks.values()], total=len(missing)))
        yield SourceEnd(None)


def _list_sources(sources: Iterable[NamedSource]) -> Iterator[ListingEvent]:
    for source in sources:
        yield SourceStart(source.name)
        error = None
        try:
            for listing in source.open().listings():
                yield SourcePiece(listing)
        except SpotrecError as exc:
            if isinstance(exc, StoreError | CacheError | DiskFull):
                raise
            error = exc
        yield SourceEnd(error)
