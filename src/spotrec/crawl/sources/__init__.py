"""Sources of tracks: one protocol, and one file for each source."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from spotrec.errors import Reason
from spotrec.links import Reference
from spotrec.store import FileState, ServerItem
from spotrec.track import Collection, StoredAudio, Track, TrackId


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A track as a source lists it.

    Attributes:
        audio: the audio of the user's own file.
        file: the state of the file, if it was read now.
        notice: a message for the user.
        item: what it is on a music server.
        before: the track that this item was until now.
        untagged: which of `title` and `artists` the tags of its file lack, if the file was read now.
    """

    track: Track
    audio: StoredAudio | None = None
    file: FileState | None = None
    notice: str = ""
    item: ServerItem | None = None
    before: TrackId | None = None
    untagged: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry of a source that cannot be used as a track, and why; `hint` says what helps, or is empty."""

    name: str
    reason: str
    hint: str = ""

    @property
    def why(self) -> str:
        says_more = self.hint and self.reason != Reason.NOT_AUDIO
        return f"{self.reason} ({self.hint})" if says_more else self.reason


OUTSIDE = ""
"""The place that a link led to, if the link cannot be followed now: anywhere outside its folder."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Some consecutive entries of a source.

    `total` is the number of entries in the source, if it is known. `is_cut` means that entries may be missing after
    these: then the collection is incomplete. `notice` is a message for the user, such as how to get the rest. A source
    may list several collections, one after the other; `repeats` means that it has listed these tracks before, in an
    earlier collection, and counts them once.
    `unread` lists files and folders that could not be read, or OUTSIDE: tracks at or below them may still be there.
    """

    tracks: Sequence[ListedTrack]
    skipped: Sequence[SkippedEntry] = ()
    collection: Collection | None = None
    total: int | None = field(default=None)
    is_cut: bool = False
    notice: str = ""
    repeats: bool = False
    unread: Sequence[str] = ()

    @property
    def notices(self) -> list[str]:
        """The messages for the user: its own, and its tracks'."""
        every = (*(listed.notice for listed in self.tracks), self.notice)
        return [notice for notice in every if notice]


class TrackSource(Protocol):
    """Something that lists tracks."""

    def listings(self) -> Iterator[Listing]:
        """Yield all entries in batches, so that the first ones are stored even if the rest fails.

        Raises:
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: the source cannot be read, or not completely.
        """


@dataclass(frozen=True, slots=True)
class NamedSource:
    """A source and the name that the user gave it. `open` may already raise an error."""

    name: str
    open: Callable[[], TrackSource]


KnownTracks = Callable[[Sequence[TrackId]], set[TrackId]]
"""Returns which of these ids the store has with their ISRC. A source does not look them up again."""


class SingleTrackSource:
    """A single track, looked up by `look_up` when it is listed."""

    def __init__(self, reference: Reference, look_up: Callable[[Reference], ListedTrack]) -> None:
        self._reference = reference
        self._look_up = look_up

    def listings(self) -> Iterator[Listing]:
        yield Listing([self._look_up(self._reference)], total=1)
