"""The story of a crawl: sources list tracks, the store remembers them, providers give their audio, the cache keeps it.

Killed anywhere and run again, it goes on. What is known is not asked again: tracks with audio or features, and
providers whose answer still holds.
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
    """A source with what the user called it; `open` may already fail."""

    name: str
    open: Callable[[], TrackSource]


class Crawler:
    """Brings tracks into the store and their audio into the cache.

    Args:
        at_once: requests that one provider may have under way.
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
        """Crawl every source; one that fails is reported, and the others go on.

        Raises:
            StoreError, CacheError, DiskFull: nothing further can be kept; what was kept stays.
        """
        return self._run(_list_sources(sources))

    def retry(self) -> CrawlReport:
        """Ask again for every known track that has no audio."""
        return self.fetch(self._store.audio.missing(self._model))

    def fetch(self, track_ids: Sequence[TrackId]) -> CrawlReport:
        """Ask for the audio of known tracks."""
        return self._run(self._list_known(track_ids))

    def _run(self, listing: Iterator[ListingEvent]) -> CrawlReport:
        with self._progress.meter("crawl") as meter:
            run = CrawlRun(self._store, self._caches, self._chain, self._model, meter, self._at_once, self._ask_all)
            return run.finish(listing)

    def _list_known(self, missing: Sequence[TrackId]) -> Iterator[ListingEvent]:
        yield SourceStart("what is missing")
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
