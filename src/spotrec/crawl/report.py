"""What a crawl saw and got."""

from collections import Counter
from dataclasses import dataclass, field

from spotrec.crawl.sources import SkippedEntry
from spotrec.errors import ExitCode, SpotrecError
from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class MissingTrack:
    """A track without audio, and why."""

    track: Track
    reason: str


@dataclass(frozen=True, slots=True)
class FailedSource:
    """A source that could not be read, or not to its end."""

    source: str
    error: SpotrecError


@dataclass(slots=True)
class SourceReport:
    """What one source came to.

    `seen` counts its entries, `new` the tracks that were not known before; `with_audio` and `missing` count each track
    once, however often it is listed.
    """

    name: str
    title: str = ""
    seen: int = 0
    new: int = 0
    with_audio: int = 0
    missing: int = 0
    skipped: int = 0
    is_complete: bool = False
    """Whether it was listed to its end."""


@dataclass(slots=True)
class CrawlReport:
    """What a crawl saw and got. `seen` counts entries, a track in two sources twice."""

    seen: int = 0
    new: int = 0
    with_audio: int = 0
    fetched: int = 0
    missing: list[MissingTrack] = field(default_factory=list)
    skipped: list[SkippedEntry] = field(default_factory=list)
    failed_sources: list[FailedSource] = field(default_factory=list)
    waiting_for: list[SpotrecError] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    sources: list[SourceReport] = field(default_factory=list)
    providers: dict[str, Counter[str]] = field(default_factory=dict)
    """Provider → outcome → how many tracks, for what was asked in this run."""

    @property
    def exit_code(self) -> ExitCode:
        """DONE; PARTIAL where anything asked for is missing; the fault's own code where nothing was got."""
        if self.failed_sources and not self.seen:
            return self.failed_sources[0].error.exit_code
        if self.failed_sources or self.missing or self.skipped:
            return ExitCode.PARTIAL
        return ExitCode.DONE
