"""Where tracks come from: one file a source, one protocol."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from spotrec.links import Reference
from spotrec.track import Collection, StoredAudio, Track, TrackId


@dataclass(frozen=True, slots=True)
class ListedTrack:
    """A track as a source lists it; a user's own file brings its audio with it."""

    track: Track
    audio: StoredAudio | None = None


@dataclass(frozen=True, slots=True)
class SkippedEntry:
    """An entry that a source could not give as a track, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A piece of what a source holds, in order.

    `total` is the source's number of entries where it is known. `is_cut` says that entries may be missing behind these:
    then the collection is not listed to its end. `notice` tells a person what they should know, such as how to get the
    rest.
    """

    tracks: Sequence[ListedTrack]
    skipped: Sequence[SkippedEntry] = ()
    collection: Collection | None = None
    total: int | None = field(default=None)
    is_cut: bool = False
    notice: str = ""


class TrackSource(Protocol):
    """Something that lists tracks."""

    def listings(self) -> Iterator[Listing]:
        """All it holds, piece by piece, so that what came is kept if the rest does not.

        Raises:
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: the source cannot be read (any further).
        """


KnownTracks = Callable[[Sequence[TrackId]], set[TrackId]]
"""Which of these ids the store has already: a source asks nothing about them again."""


class SingleTrackSource:
    """A single track, looked up by `look_up` when it is listed."""

    def __init__(self, reference: Reference, look_up: Callable[[Reference], ListedTrack]) -> None:
        self._reference = reference
        self._look_up = look_up

    def listings(self) -> Iterator[Listing]:
        yield Listing([self._look_up(self._reference)], total=1)
