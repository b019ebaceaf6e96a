"""What the operations answer: values only, for Python, for JSON and for tables alike."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import ExitCode
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.crawl.report import CrawlReport
    from spotrec.extract.cost import Cost
    from spotrec.extract.models import ModelCard
    from spotrec.extract.weights import WeightsStatus
    from spotrec.query.journey import Step
    from spotrec.query.mood import Mood
    from spotrec.query.query import Recommendation
    from spotrec.query.seed import Seeds
    from spotrec.store import KnownCollection, StoreCounts


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The answer to a query. `model` and `index` say what was asked.

    Attributes:
        unknown: by filter, how many tracks it left out only because it is not known what they are.
        notes: what else there is to say, as progress said it.
    """

    seeds: "Seeds"
    results: "list[Recommendation]"
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)
    mood: "Mood | None" = None
    notes: tuple[str, ...] = ()

    @property
    def seed(self) -> Track | None:
        """The track that was asked with, where it was one alone."""
        return self.seeds.likes[0].track if len(self.seeds.likes) == 1 else None


@dataclass(frozen=True, slots=True)
class Journey:
    """The tracks from one sound to another. The rest is as in `Recommendations`."""

    steps: "list[Step]"
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IndexReport:
    """A built index. `recall_at_10` is the share of the true ten nearest that it finds, where that was checked."""

    index: str
    folder: Path
    model: str
    backend: str
    n_tracks: int
    recall_at_10: float | None = None


@dataclass(frozen=True, slots=True)
class MapReport:
    """A map that was written. `left_out` tracks are not in the sample that it shows, `missing` not in the index."""

    html: Path | None
    png: Path | None
    colour: str
    n_tracks: int
    left_out: int
    missing: int
    index: str


@dataclass(frozen=True, slots=True)
class PulledIndex:
    """An index that was taken from a bucket and is in use now; `n_known` of its tracks the store knows.

    `n_bytes` came, `n_bytes_here` were here already.
    """

    index: str
    address: str
    folder: Path
    model: str
    n_tracks: int
    n_known: int
    n_bytes: int
    n_bytes_here: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What was removed, or, unless `is_done`, what would be; `named` are the tracks that go on their own account."""

    tracks: list[Track]
    collections: "list[KnownCollection]"
    named: list[TrackId]
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """How a collection changed: tracks that it lists newly, no longer lists, and that left the catalogue for that."""

    id: str
    title: str
    added: int
    dropped: int
    removed: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync saw and got, and how each collection changed."""

    crawl: "CrawlReport"
    changes: list[CollectionChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Status:
    """A look at everything. `counts` is None where there is no store yet, `index_name` where there is no index."""

    store: Path
    cache: str
    model: str
    weights: "WeightsStatus"
    counts: "StoreCounts | None" = None
    embedded_models: dict[str, int] = field(default_factory=dict)
    index_name: str | None = None
    indexed: int = 0
    index_fault: str = ""
    new: int = 0
    """Tracks that came since the index was built; a query finds them beside it."""
    heard_anew: int = 0
    gone: int = 0
    """Tracks of the index that the store no longer has; a query leaves them out."""
    failures: list[tuple[str, str, int]] = field(default_factory=list)
    """(stage, reason, how many), the most frequent first."""
    missing_audio: list[tuple[str, str, str, int]] = field(default_factory=list)
    """(provider, outcome, reason, how many tracks), the most frequent first."""
    next_command: str = "spotrec crawl SOURCE"
    newer_model: str | None = None
    """A later version of the network than the one that this store goes on with."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `hint` says how to mend it where `ok` is false, or what more could be had."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


class WeightsAre(StrEnum):
    """Whether a model can hear now, and with what."""

    PUBLISHED = "published"
    OWN = "your own"
    BROUGHT = "its own"
    NOT_HERE = "not here"
    DAMAGED = "damaged"
    OTHERS = "others"
    """The store has heard with them; these settings hear with others."""
    GONE = "gone"
    """The store has heard with it; its package is not installed any more."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One version of a model.

    Attributes:
        model: its whole name, with the digest of weights that are not the published ones.
        dim: how many numbers a vector has. What nobody knows any more of a model that only the store knows is None.
        n_bytes: what comes over the network for its weights.
        weights_path: where they lie, or would.
        tracks: how many the store in use has heard by it.
        is_in_use: whether commands hear with it that are told nothing else.
        cost: on this machine, where it was measured.
    """

    model: str
    name: str
    version: int | None
    dim: int | None
    sample_rate_hz: int | None
    n_tags: int | None
    layers: tuple[str, ...]
    card: "ModelCard | None"
    weights: WeightsAre
    weights_path: Path | None = None
    n_bytes: int | None = None
    tracks: int = 0
    is_in_use: bool = False
    cost: "Cost | None" = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps something from being told, and what to do about it."""

    message: str
    hint: str


@dataclass(slots=True)
class KnownModels:
    """All models, those that may be chosen first, then those that only the store knows."""

    models: list[KnownModel]
    troubles: list[Trouble] = field(default_factory=list)


class State(StrEnum):
    """What becomes of a cached object.

    Several stores may share a cache: what only another one knows is an orphan here.
    """

    WAITING = "waiting"  # to be heard
    KEPT = "kept"  # heard, and left by --keep-audio
    HEARD = "heard"  # no longer needed
    ORPHAN = "orphan"  # the store knows nothing of it
    NEW = "new"  # nor of this, but a crawl may just be about to tell it
    OTHER = "other"  # not ours: nothing that we make has such a name, or it was crawled as a user's own file


@dataclass(frozen=True, slots=True)
class CachedFile:
    """One object of a cache; `track` is set where the store knows whose audio it is."""

    key: str
    n_bytes: int
    state: State
    track: Track | None = None


@dataclass(slots=True)
class Amount:
    """How much of something there is."""

    n: int = 0
    n_bytes: int = 0

    def add(self, n_bytes: int) -> None:
        self.n += 1
        self.n_bytes += n_bytes


@dataclass(frozen=True, slots=True)
class Clearing:
    """What was deleted from a cache, or, unless `is_done`, what would be; and what stays, both by state."""

    cache: str
    goes: dict[State, Amount]
    stays: dict[State, Amount]
    is_done: bool = False


@dataclass(slots=True)
class CopyReport:
    """What a copy did. `there` counts what the target held already, `failures` holds (key, why it was left)."""

    source: str
    target: str
    copied: Amount = field(default_factory=Amount)
    there: Amount = field(default_factory=Amount)
    others: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    is_move: bool = False

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.PARTIAL if self.failures else ExitCode.DONE
