"""The values that pass between the stages. Nothing here touches a disk or a network."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NewType

from spotrec.errors import IndexFault

TrackId = NewType("TrackId", str)
"""`spotify:track:<22>`, `isrc:<12>`, `deezer:track:<n>`, `file:<first 32 hex digits of the content's sha256>`,
`subsonic:<key of a server>:<id of an item>`, or, if only names are known,
`name:<first 32 hex digits of the sha256 of recordings.recording_key>`."""


def track_ids(ids: Iterable[bytes]) -> list[TrackId]:
    """Return ids as an index keeps them, as text.

    Raises:
        IndexFault: one is not text.
    """
    try:
        return [TrackId(id_.decode()) for id_ in ids]
    except UnicodeDecodeError as exc:
        raise IndexFault("the index is damaged: the id of a track is not text", "build it: `spotrec index`") from exc


@dataclass(frozen=True, slots=True)
class Track:
    """One recording as a source names it.

    `path` is set for a user's own file, `preview_url` if the source gave one: it is used at once and never stored.
    `genre`, `mood`, `bpm` (beats per minute) and `musical_key` (`Am`, `F#`, …) come from a file's tags or a service,
    `heard_bpm` and `heard_key` from the audio itself, with how clear they are there, from 0 to 1. `heard_by` is the
    version of what heard them, None if nothing did.
    """

    id: TrackId
    title: str
    artists: tuple[str, ...] = ()
    album: str | None = None
    isrc: str | None = None
    duration_ms: int | None = None
    release_date: str | None = None
    explicit: bool | None = None
    url: str | None = None
    path: str | None = None
    preview_url: str | None = None
    genre: str | None = None
    mood: str | None = None
    bpm: float | None = None
    musical_key: str | None = None
    heard_bpm: float | None = None
    bpm_confidence: float | None = None
    heard_key: str | None = None
    key_confidence: float | None = None
    heard_by: int | None = None

    @property
    def name(self) -> str:
        """The name that people see: `Artist, Artist – Title`."""
        return f"{', '.join(self.artists)} – {self.title}" if self.artists else self.title

    @property
    def known_bpm(self) -> float | None:
        """The tempo of tags or a service, else as it was heard."""
        return self.heard_bpm if self.bpm is None else self.bpm

    @property
    def bpm_source(self) -> str | None:
        """Where `known_bpm` is from: `tags` (or a service), `heard`, or None."""
        return _source(self.bpm, self.heard_bpm)

    @property
    def known_key(self) -> str | None:
        """The key of tags or a service, else as it was heard."""
        return self.musical_key or self.heard_key

    @property
    def key_source(self) -> str | None:
        """Where `known_key` is from: `tags` (or a service), `heard`, or None."""
        return _source(self.musical_key or None, self.heard_key)

    @property
    def address(self) -> str:
        """Where the track can be played: its link, its file, else its id."""
        return self.url or self.path or self.id


TAGGED, HEARD = "tags", "heard"
"""Where a tempo or a key is from."""


def _source(tagged: object, heard: object) -> str | None:
    return TAGGED if tagged is not None else None if heard is None else HEARD


@dataclass(frozen=True, slots=True)
class TempoAndKey:
    """A track's tempo (beats per minute) and key as they are heard; None if not clear. Confidence is from 0 to 1."""

    bpm: float | None
    bpm_confidence: float
    key: str | None
    key_confidence: float


class CollectionKind(StrEnum):
    """The kind of an ordered list of tracks."""

    PLAYLIST = "playlist"
    ALBUM = "album"
    FOLDER = "folder"
    ARTIST = "artist"
    LIKED = "liked"
    SEARCH = "search"
    LIBRARY = "library"


@dataclass(frozen=True, slots=True)
class Collection:
    """An ordered list of tracks: a playlist, an album, a folder, an artist's albums, …"""

    id: str
    kind: CollectionKind
    title: str
    url: str | None = None


class Outcome(StrEnum):
    """The result of a provider's search for a track's preview. `absent` needs a valid answer."""

    FOUND = "found"
    ABSENT = "absent"
    REJECTED = "rejected"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Preview:
    """The place of a track's audio at this moment.

    `url` may be signed: it is used at once, never stored, shown or logged. `reference` is the provider's permanent
    name for it (an id). `path` is set for the user's own file, which is never copied or deleted.
    """

    provider: str
    url: str = field(repr=False)
    reference: str | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class PreviewOutcome:
    """One provider's answer for one track, and when to ask again (None: only on request)."""

    provider: str
    outcome: Outcome
    reason: str = ""
    preview: Preview | None = None
    ask_again_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredAudio:
    """A track's audio: `<cache>/<key>` in an audio cache, or (`owned` false) a user's own file, never deleted."""

    track_id: TrackId
    address: str
    owned: bool
    sha256: str
    n_bytes: int
    provider: str


@dataclass(frozen=True, slots=True)
class ModelId:
    """The network that made a vector. Vectors are comparable only if their ModelIds are equal.

    `weights` is empty for the published weights, else the first 8 hex digits of the weights' sha256.
    """

    name: str
    version: int
    dim: int
    weights: str = ""

    def __str__(self) -> str:
        return f"{self.name}-{self.version}" + (f"+{self.weights}" if self.weights else "")


@dataclass(frozen=True, slots=True)
class Ears:
    """The networks that hear together. The same set in another order is the same: `Ears.of` sorts it.

    Its vectors are the networks' vectors side by side, in the order of `models`. Only tracks that every network has
    heard have one.
    """

    models: tuple[ModelId, ...]

    @classmethod
    def of(cls, *models: ModelId) -> "Ears":
        """Return the ears of these networks, at least one."""
        return cls(tuple(sorted(set(models), key=lambda model: (model.name, model.version, model.weights))))

    def __str__(self) -> str:
        """The name of its folder of indexes: `choi-2`, `choi-2,mn04-1`."""
        return ",".join(map(str, self.models))

    @property
    def name(self) -> str:
        """The name that people see: `choi-2 + mn04-1`."""
        return " + ".join(map(str, self.models))

    @property
    def dims(self) -> tuple[int, ...]:
        """The lengths of the networks' vectors."""
        return tuple(model.dim for model in self.models)

    @property
    def dim(self) -> int:
        """The length of the vectors side by side."""
        return sum(self.dims)


DEFAULT_EXCERPTS = 3


@dataclass(frozen=True, slots=True)
class Excerpts:
    """How many excerpts of audio longer than 90 s are heard; its vector and tags are the mean over them.

    `again`: also of audio that was heard in fewer.
    """

    n: int = DEFAULT_EXCERPTS
    again: bool = False

    @property
    def again_below(self) -> int:
        """Audio that was heard in fewer excerpts is heard again: 0 if it is not."""
        return self.n if self.again else 0


@dataclass(frozen=True, slots=True)
class PendingAudio:
    """A track's audio, the networks that have not heard it yet, and in how many excerpts they hear it.

    `hears_tempo`: whether tempo and key are heard too. `hears_fingerprint`: whether a fingerprint is made of it.
    """

    audio: StoredAudio
    lacking: Ears
    excerpts: int = 1
    hears_tempo: bool = False
    hears_fingerprint: bool = False


class Stage(StrEnum):
    """Where a track failed."""

    EXTRACT = "extract"


@dataclass(frozen=True, slots=True)
class Failure:
    """A track that could not be used, and why."""

    track_id: TrackId
    stage: Stage
    reason: str
    message: str
    attempts: int = 1
