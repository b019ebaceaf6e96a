"""The plan of a crawl: what it would fetch, and from which provider.

Sources are listed, but nothing is stored and no provider is queried.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from spotrec.crawl.previews.chain import PreviewChain
from spotrec.crawl.report import FailedSource, SourceReport
from spotrec.crawl.sources import ListedTrack, Listing, NamedSource, SkippedEntry
from spotrec.errors import ExitCode, SpotrecError
from spotrec.progress import Meter, Progress
from spotrec.store import FeatureStore
from spotrec.track import Ears, Track, TrackId


@dataclass(frozen=True, slots=True)
class PlannedTrack:
    """A track whose audio would be fetched.

    `provider` is queried first, in the way `how`, such as "by ISRC". Both are empty if no provider can be queried now.
    """

    track: Track
    provider: str = ""
    how: str = ""


@dataclass(slots=True)
class CrawlPlan:
    """What a crawl would do. `missing` of each source counts the tracks to fetch."""

    sources: list[SourceReport] = field(default_factory=list)
    tracks: list[PlannedTrack] = field(default_factory=list)
    skipped: list[SkippedEntry] = field(default_factory=list)
    failed_sources: list[FailedSource] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """DONE; PARTIAL if some sources failed; the first error's own code if all failed."""
        if not self.failed_sources:
            return ExitCode.DONE
        all_failed = len(self.failed_sources) == len(self.sources)
        return self.failed_sources[0].error.exit_code if all_failed else ExitCode.PARTIAL


class CrawlPlanner:
    """Lists sources and compares them with the store."""

    def __init__(self, store: FeatureStore, chain: PreviewChain, ears: Ears, progress: Progress) -> None:
        self._store = store
        self._chain = chain
        self._ears = ears
        self._progress = progress
        self._planned: set[TrackId] = set()

    def plan(self, sources: Iterable[NamedSource]) -> CrawlPlan:
        found = CrawlPlan()
        with self._progress.meter("list") as meter:
            for source in sources:
                report = SourceReport(source.name)
                found.sources.append(report)
                meter.advance(0, source.name)
                titles: dict[str, str] = {}
                try:
                    for listing in source.open().listings():
                        if listing.collection:
                            titles[listing.collection.id] = listing.collection.title
                            report.title = listing.collection.title if len(titles) == 1 else ""
                        self._note(listing, report, found, meter)
                    report.is_complete = True
                except SpotrecError as error:
                    found.failed_sources.append(FailedSource(source.name, error))
        return found

    def _note(self, listing: Listing, report: SourceReport, found: CrawlPlan, meter: Meter) -> None:
        found.notices.extend(listing.notices)
        if listing.repeats:
            return
        known = self._store.tracks.known([listed.track.id for listed in listing.tracks])
        report.seen += len(listing.tracks) + len(listing.skipped)
        report.skipped += len(listing.skipped)
        found.skipped.extend(listing.skipped)
        for listed in listing.tracks:
            id_ = self._store.tracks.id_of(listed.track)
            report.new += listed.track.id not in known and id_ not in self._planned
            if id_ in self._planned:
                report.repeated += 1
            elif self._has_audio(listed, id_):
                report.with_audio += 1
            else:
                report.missing += 1
                found.tracks.append(self._planned_track(listed.track, id_))
            self._planned.add(id_)
        meter.advance(len(listing.tracks))

    def _has_audio(self, listed: ListedTrack, id_: TrackId) -> bool:
        return listed.audio is not None or self._store.audio.is_here_or_heard(id_, self._ears)

    def _planned_track(self, track: Track, id_: TrackId) -> PlannedTrack:
        answered = self._store.previews.answers(id_, datetime.now(UTC))
        for provider in self._chain.providers:
            if provider.name not in answered and (how := provider.plan(track)):
                return PlannedTrack(track, provider.name, how)
        return PlannedTrack(track)
