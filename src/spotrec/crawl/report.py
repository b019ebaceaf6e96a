"""The result of a crawl."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

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
    """A source that could not be read, or not completely."""

    source: str
    error: SpotrecError

    @property
    def message(self) -> str:
        """The error's message, which names the source."""
        said, source = self.error.message, self.source
        path = source[source.find("/") :] if "/" in source else source  # without the kind of a collection's id
        return said if path in said or source == "-" else f"{source}: {said}"

    @property
    def as_error(self) -> SpotrecError:
        """The error, with this message."""
        self.error.message = self.message
        return self.error


@dataclass(slots=True)
class ProviderFault:
    """Why a provider could not be queried. `track` is the first track that it was wanted for."""

    provider: str
    error: SpotrecError
    track: Track
    n_tracks: int = 1
    ask_again_at: datetime | None = None
    """When `crawl --retry` queries it again for these tracks."""


@dataclass(slots=True)
class SourceReport:
    """The result of one source.

    `seen` counts its entries, `new` the recordings that the store did not have. `with_audio` and `missing` count each
    recording once, even if the source lists it several times; `repeated` counts its other entries. So
    `seen == with_audio + missing + repeated + skipped`.
    """

    name: str
    title: str = ""
    seen: int = 0
    new: int = 0
    with_audio: int = 0
    missing: int = 0
    skipped: int = 0
    repeated: int = 0
    is_complete: bool = False
    """Whether it was listed completely."""


@dataclass(slots=True)
class CrawlReport:
    """The result of a crawl. `seen` counts entries: a track in two sources counts twice, and once as `repeated`.

    `seen` is the sum of `with_audio`, `repeated` and the numbers of `missing` and `skipped`.
    """

    seen: int = 0
    new: int = 0
    with_audio: int = 0
    fetched: int = 0
    repeated: int = 0
    missing: list[MissingTrack] = field(default_factory=list)
    skipped: list[SkippedEntry] = field(default_factory=list)
    failed_sources: list[FailedSource] = field(default_factory=list)
    faults: list[ProviderFault] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    sources: list[SourceReport] = field(default_factory=list)
    providers: dict[str, Counter[str]] = field(default_factory=dict)
    """Provider → outcome → number of tracks, for the queries of this run."""

    @property
    def waiting_for(self) -> list[SpotrecError]:
        """The providers' errors, each message once."""
        return list({fault.error.message: fault.error for fault in self.faults}.values())

    def add_fault(self, provider: str, error: SpotrecError, track: Track, ask_again_at: datetime | None = None) -> None:
        """Record that a provider could not be queried for a track. Tracks with the same error are counted together."""
        for fault in self.faults:
            if (fault.provider, fault.error.message) == (provider, error.message):
                fault.n_tracks += 1
                fault.ask_again_at = ask_again_at
                return
        self.faults.append(ProviderFault(provider, error, track, ask_again_at=ask_again_at))

    @property
    def exit_code(self) -> ExitCode:
        """DONE; PARTIAL if anything is missing or was skipped; the first error's own code if nothing was listed."""
        if self.failed_sources and not self.seen:
            return self.failed_sources[0].error.exit_code
        if self.failed_sources or self.missing or self.skipped:
            return ExitCode.PARTIAL
        return ExitCode.DONE
