"""What a query is asked with."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from spotrec.errors import StoreDamaged, UsageError
from spotrec.query.agreement import Affinity
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray


class SeedKind(StrEnum):
    """What one thing that was asked with is."""

    TRACK = "track"
    COLLECTION = "collection"
    ARTIST = "artist"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Seed:
    """A track to find the like of. `vector` (dim,), `tags` (n_tags,): as the network gave them."""

    track: Track
    vector: FloatArray
    tags: FloatArray


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """One thing that was asked with: a track, or what is known of a collection, an artist, an album.

    Attributes:
        seeds: its tracks that count; of a large one evenly chosen ones.
        track_ids: all of its tracks: none of them is recommended.
    """

    name: str
    kind: SeedKind
    seeds: tuple[Seed, ...]
    track_ids: frozenset[TrackId]

    @property
    def track(self) -> Track | None:
        """The track, where it is one."""
        return self.seeds[0].track if self.kind is SeedKind.TRACK else None


@dataclass(frozen=True, slots=True)
class Seeds:
    """All that is asked with. Either may be empty, but nothing can be unliked alone.

    Raises:
        UsageError: it is.
    """

    likes: tuple[SeedGroup, ...]
    unlikes: tuple[SeedGroup, ...] = ()

    def __post_init__(self) -> None:
        if self.unlikes and not self.likes:
            raise UsageError("`unlike` alone says not where to go", "give a seed that you like too")

    @property
    def track_ids(self) -> frozenset[TrackId]:
        """All tracks that are asked with."""
        return frozenset[TrackId]().union(*(group.track_ids for group in (*self.likes, *self.unlikes)))

    def affinity(self, within: Neighbourhood) -> Affinity | None:
        """Likeness to them in a catalogue's space; None where nothing is liked."""
        if not self.likes:
            return None
        likes, unlikes = ([placed(group.seeds, within) for group in groups] for groups in (self.likes, self.unlikes))
        return Affinity(likes, unlikes)

    def tags(self) -> FloatArray | None:
        """What was heard in all that is liked, on average, shape (n_tags,)."""
        if not self.likes:
            return None
        return _mean(_mean(seed.tags for seed in group.seeds) for group in self.likes)


def placed(seeds: Sequence[Seed], within: Neighbourhood) -> FloatArray:
    """Where they lie in a catalogue's space, shape (n, dim).

    Raises:
        StoreDamaged: one has no place there.
    """
    vectors = np.stack([seed.vector for seed in seeds])
    if not (finite := np.isfinite(vectors).all(axis=1)).all():
        name = seeds[int(np.argmin(finite))].track.name
        raise StoreDamaged(f"the embedding of {name} holds values that are no numbers", "`spotrec doctor`")
    return within.place(vectors)


def _mean(arrays: Iterable[FloatArray]) -> FloatArray:
    rows: Sequence[FloatArray] = list(arrays)
    mean: FloatArray = np.mean(rows, axis=0, dtype=np.float32)
    return mean
