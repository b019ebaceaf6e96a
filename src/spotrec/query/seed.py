"""The seeds of a query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from spotrec.errors import StoreDamaged, UsageError
from spotrec.query.agreement import Affinity
from spotrec.query.neighbourhood import Neighbourhood, points_of
from spotrec.store import TrackFingerprint
from spotrec.track import Track, TrackId
from spotrec.vectors import Fingerprint, FloatArray


class SeedKind(StrEnum):
    """What a seed is."""

    TRACK = "track"
    COLLECTION = "collection"
    ARTIST = "artist"
    ALBUM = "album"


@dataclass(frozen=True, slots=True)
class Seed:
    """A track to find similar tracks for. `vector` (dim,) and `tags` (n_tags,): the model's output.

    `fingerprint`: of a track that is not stored, if it was heard.
    """

    track: Track
    vector: FloatArray
    tags: FloatArray
    fingerprint: Fingerprint | None = None


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """One seed of a query: a track, or the stored tracks of a collection, an artist or an album.

    Attributes:
        seeds: its tracks that count; of a large group, an even sample.
        track_ids: all its tracks, which are not recommended.
    """

    name: str
    kind: SeedKind
    seeds: tuple[Seed, ...]
    track_ids: frozenset[TrackId]

    @property
    def track(self) -> Track | None:
        """The track, if it is a single one."""
        return self.seeds[0].track if self.kind is SeedKind.TRACK else None


@dataclass(frozen=True, slots=True)
class Seeds:
    """All seeds of a query. Both may be empty.

    Raises:
        UsageError: there are unliked seeds and no liked ones.
    """

    likes: tuple[SeedGroup, ...]
    unlikes: tuple[SeedGroup, ...] = ()

    def __post_init__(self) -> None:
        if self.unlikes and not self.likes:
            raise UsageError("`unlike` needs a liked seed as well", "give a seed that you like too")

    @property
    def track_ids(self) -> frozenset[TrackId]:
        """All tracks of the seeds."""
        return frozenset[TrackId]().union(*(group.track_ids for group in (*self.likes, *self.unlikes)))

    def affinity(self, within: Neighbourhood) -> Affinity | None:
        """Return the similarity to them in a catalogue's space; None without liked seeds."""
        if not self.likes:
            return None
        likes, unlikes = ([placed(group.seeds, within) for group in groups] for groups in (self.likes, self.unlikes))
        return Affinity(likes, unlikes)

    def points(self, affinity: Affinity | None) -> dict[TrackId, FloatArray]:
        """Return the points that `affinity`, theirs, has of their tracks, each of shape (dim,)."""
        if affinity is None:
            return {}
        groups = zip((*self.likes, *self.unlikes), (*affinity.likes, *affinity.unlikes), strict=True)
        return {
            seed.track.id: point for group, points in groups for seed, point in zip(group.seeds, points, strict=True)
        }

    @property
    def durations_ms(self) -> dict[TrackId, int | None]:
        """The lengths of their tracks."""
        groups = (*self.likes, *self.unlikes)
        return {seed.track.id: seed.track.duration_ms for group in groups for seed in group.seeds}

    @property
    def fingerprints(self) -> dict[TrackId, TrackFingerprint]:
        """The fingerprints of tracks that are not stored."""
        return fingerprints_of(seed for group in (*self.likes, *self.unlikes) for seed in group.seeds)

    def tags(self) -> FloatArray | None:
        """Return the mean tag probabilities of the liked seeds, shape (n_tags,); None without liked seeds."""
        if not self.likes:
            return None
        return _mean(_mean(seed.tags for seed in group.seeds) for group in self.likes)


def fingerprints_of(seeds: Iterable[Seed]) -> dict[TrackId, TrackFingerprint]:
    """Return the fingerprints of seeds that are not stored."""
    return {
        seed.track.id: TrackFingerprint(seed.fingerprint, seed.track.duration_ms)
        for seed in seeds
        if seed.fingerprint is not None
    }


def placed(seeds: Sequence[Seed], within: Neighbourhood) -> FloatArray:
    """Return their points in a catalogue's space, shape (n, dim): those that it has, and of other tracks new ones.

    Raises:
        StoreDamaged: a vector has values that are not numbers.
    """
    vectors = np.stack([seed.vector for seed in seeds])
    if not (finite := np.isfinite(vectors).all(axis=1)).all():
        name = seeds[int(np.argmin(finite))].track.name
        raise StoreDamaged(f"the embedding of {name} has values that are not numbers", "`spotrec doctor`")
    ids = [seed.track.id for seed in seeds]
    points = points_of(within, ids)
    if new := [i for i, id_ in enumerate(ids) if id_ not in points]:
        points |= zip((ids[i] for i in new), within.place(vectors[new]), strict=True)
    return np.stack([points[id_] for id_ in ids])


def _mean(arrays: Iterable[FloatArray]) -> FloatArray:
    rows: Sequence[FloatArray] = list(arrays)
    mean: FloatArray = np.mean(rows, axis=0, dtype=np.float32)
    return mean
