"""The results of the operations: plain values, for Python, JSON and tables.

`Recommendations` and `Journey` stand beside their operations: a query is fast, and loads no other result.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import ExitCode
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.crawl.report import CrawlReport
    from spotrec.extract.cost import Cost
    from spotrec.extract.extract import ExtractReport
    from spotrec.extract.models import ModelCard
    from spotrec.extract.weights import WeightsStatus
    from spotrec.store import KnownCollection, StoreCounts
    from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class IndexReport:
    """A built index.

    `recall_at_10` is the share of the true ten nearest that it finds, None if it was not checked. `partly_heard` counts
    tracks that are not in it, because only some of its models have heard them. `excerpts` is the most in which a track
    longer than 90 s was heard, 0 without one; `in_fewer` counts such tracks that were heard in fewer.
    """

    index: str
    folder: Path
    model: str
    backend: str
    n_tracks: int
    recall_at_10: float | None = None
    partly_heard: int = 0
    excerpts: int = 0
    in_fewer: int = 0


@dataclass(slots=True)
class AddReport:
    """What was added: the crawl, what was extracted, and the index, None if nothing was built.

    `example` is a name of one track of the index, to ask for. `changes` say how each followed collection changed.
    """

    crawl: "CrawlReport"
    extraction: "ExtractReport | None" = None
    index: IndexReport | None = None
    example: str = ""
    changes: "list[CollectionChange]" = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """The crawl's if nothing could be listed; PARTIAL if the crawl or the extraction was done in part."""
        if self.crawl.exit_code not in (ExitCode.DONE, ExitCode.PARTIAL):
            return self.crawl.exit_code
        codes = (self.crawl.exit_code, self.extraction.exit_code if self.extraction else ExitCode.DONE)
        return ExitCode.PARTIAL if ExitCode.PARTIAL in codes else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A setting in a file, after it was set or removed there.

    Attributes:
        value: as `spotrec config show` prints it; None if it was removed.
        changed: whether the file did not already say so.
        origin: where spotrec takes the value from now: `environment`, a file, `default`; None if it is not a setting.
        is_secret: whether nobody else should read the value.
    """

    name: str
    value: str | None
    file: Path
    changed: bool
    origin: str | None
    is_secret: bool


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A valid file with settings, and the names of the settings in it."""

    file: Path
    names: list[str]


@dataclass(frozen=True, slots=True)
class MapReport:
    """A written map. `left_out` tracks are not in the sample that it shows, `missing` ones are not in the index."""

    html: Path | None
    png: Path | None
    colour: str
    n_tracks: int
    left_out: int
    missing: int
    index: str


@dataclass(frozen=True, slots=True)
class PulledIndex:
    """A downloaded index, now in use. `n_known` of its tracks are in the store.

    `n_bytes` were downloaded, `n_bytes_here` were on this machine already.
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
    """What was removed, or would be unless `is_done`. `named` are the tracks that were named directly."""

    tracks: list[Track]
    collections: "list[KnownCollection]"
    named: list[TrackId]
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class TagChange:
    """What happened to the tags of a file: `state` is `to write`, `written`, or `left` for a `reason`.

    `bpm` and `musical_key` are what is new in its tags.
    """

    path: str
    track_id: TrackId
    bpm: float | None
    musical_key: str | None
    state: str
    reason: str = ""


@dataclass(slots=True)
class TagReport:
    """The files whose tags were written, or would be unless `is_done`."""

    is_done: bool
    files: list[TagChange] = field(default_factory=list)

    def count(self, state: str) -> int:
        """Return the number of files of this state."""
        return sum(file.state == state for file in self.files)

    @property
    def exit_code(self) -> ExitCode:
        """DONE, or PARTIAL if some files were left as they are."""
        return ExitCode.PARTIAL if self.is_done and self.count("left") else ExitCode.DONE


@dataclass(frozen=True, slots=True)
class CollectionChange:
    """How a collection changed: the numbers of tracks added to it, dropped by it, and removed from the catalogue."""

    id: str
    title: str
    added: int
    dropped: int
    removed: int


@dataclass(frozen=True, slots=True)
class SyncReport:
    """The crawl of a sync, and how each collection changed."""

    crawl: "CrawlReport"
    changes: list[CollectionChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the pipeline. `counts` is None without a store, `index_name` is None without an index."""

    store: Path
    cache: str
    model: str
    weights: "tuple[WeightsStatus, ...]"
    """Of each model in use."""
    counts: "StoreCounts | None" = None
    embedded_models: dict[str, int] = field(default_factory=dict)
    lacking: dict[str, int] = field(default_factory=dict)
    """By model, how many tracks of the catalogue it has no features of."""
    index_name: str | None = None
    indexed: int = 0
    index_fault: str = ""
    new: int = 0
    """Tracks added since the index was built; a query finds them too."""
    heard_anew: int = 0
    """Tracks whose embedding was replaced since the index was built; a query uses the new one."""
    gone: int = 0
    """Tracks of the index that the store no longer has; a query omits them."""
    speech: int | None = None
    """Tracks of the index that sound like speech; None if no model that hears speech is in use."""
    failures: list[tuple[str, str, int]] = field(default_factory=list)
    """(stage, reason, n_tracks), most frequent first."""
    missing_audio: list[tuple[str, str, str, int]] = field(default_factory=list)
    """(provider, outcome, reason, n_tracks), most frequent first."""
    next_command: str = "spotrec crawl SOURCE"
    newer_model: str | None = None
    """A later version of a model than the one that this store uses."""
    upgrade: "Upgrade | None" = None
    by_excerpts: dict[int, int] = field(default_factory=dict)
    """How many tracks were heard in how many excerpts, of those that are long enough for several."""
    more_excerpts: "MoreExcerpts | None" = None


@dataclass(frozen=True, slots=True)
class MoreExcerpts:
    """Tracks that were heard in fewer than `excerpts`: how many, and how many of them have audio at hand.

    To hear the latter again takes about `cpu_s` seconds of one core.
    """

    excerpts: int
    n_tracks: int
    n_at_hand: int
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Upgrade:
    """More networks than this store uses, what they gain, and what they cost.

    `genre_precision` and `artist_mrr` are on commercial previews, of the networks in use and of all of them. `n_tracks`
    must be heard; the audio of `n_fetched` of them must be fetched again. `n_bytes` of weights are downloaded.
    """

    models: tuple[str, ...]
    genre_precision: tuple[float, float]
    artist_mrr: tuple[float, float]
    n_tracks: int
    n_fetched: int
    n_bytes: int


@dataclass(frozen=True, slots=True)
class PlaylistTarget:
    """Where playlists can be made: `spotify`, or `subsonic` for the music server; `name` is for people."""

    to: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked item. If `ok` is false, `hint` says how to fix it; else it may suggest an improvement."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


class WeightsAre(StrEnum):
    """The state of a model's weights."""

    PUBLISHED = "published"
    OWN = "your own"
    BROUGHT = "its own"
    NOT_HERE = "not here"
    DAMAGED = "damaged"
    OTHERS = "others"
    """The store has features by these weights; the settings use other ones."""
    GONE = "gone"
    """The store has features by this model; its package is not installed any more."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """One version of a model.

    Attributes:
        model: its full name, with the digest of weights that are not the published ones.
        dim: the length of a vector. For a model that only the store knows, unknown fields are None.
        n_bytes: the download size of its weights.
        weights_path: where they are stored, or will be.
        tracks: the number of its embeddings in the store.
        is_in_use: whether commands use it by default.
        cost: on this machine, if it was measured.
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
    """A problem that makes a list incomplete, and what to do about it."""

    message: str
    hint: str


@dataclass(slots=True)
class KnownModels:
    """All models: first the ones that can be chosen, then the ones that are only in the store."""

    models: list[KnownModel]
    troubles: list[Trouble] = field(default_factory=list)


class State(StrEnum):
    """The state of a cached file.

    Several stores may share a cache: a file of another store is an orphan here.
    """

    WAITING = "waiting"  # its features are not extracted yet
    KEPT = "kept"  # its features are extracted, and --keep-audio kept it
    HEARD = "heard"  # its features are extracted: no longer needed
    ORPHAN = "orphan"  # not in the store
    NEW = "new"  # not in the store, but so new that a running crawl may be about to add it
    OTHER = "other"  # not a cached file: its name is not one of the cache's, or it was crawled as a user's own file


@dataclass(frozen=True, slots=True)
class CachedFile:
    """One file of a cache; `track` is its track, if the store has it."""

    key: str
    n_bytes: int
    state: State
    track: Track | None = None


@dataclass(slots=True)
class Amount:
    """A number of files and their size."""

    n: int = 0
    n_bytes: int = 0

    def add(self, n_bytes: int) -> None:
        self.n += 1
        self.n_bytes += n_bytes


@dataclass(frozen=True, slots=True)
class Clearing:
    """What was deleted from a cache, or would be unless `is_done`, and what stays, both by state."""

    cache: str
    goes: dict[State, Amount]
    stays: dict[State, Amount]
    is_done: bool = False


@dataclass(slots=True)
class CopyReport:
    """The result of a copy. `there` counts files that the target had already; `failures` are (key, reason)."""

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


@dataclass(frozen=True, slots=True)
class TrackAudio:
    """A track's audio: a file of the user's own, or content in memory."""

    content_type: str
    path: Path | None = None
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class TrackEmbedding:
    """What the models in use heard in a track: `vector`, shape (dim,), and the probability of each tag."""

    track: Track
    model: str
    vector: "FloatArray"
    tags: dict[str, float]
