"""The story of a journey: from one track to another through tracks between them, in even steps.

Tracks that it may go by are found (`between.py`), copies are left out, and of the rest a way is chosen whose worst step
is as good as possible, and then whose steps are even (`even_steps.py`). Each recording comes once.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spotrec.errors import NotFound, UsageError
from spotrec.query.acoustic_copies import OMITTED, AcousticCopies
from spotrec.query.arc import Arc
from spotrec.query.between import WHOLE, tracks_between
from spotrec.query.conditions import passing_tracks
from spotrec.query.copies import artist_of, distinct, of_several_artists
from spotrec.query.criteria import Criteria
from spotrec.query.even_steps import choose_steps
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.ranking import Hit
from spotrec.query.seed import Seed, fingerprints_of, placed
from spotrec.query.shared_tags import shared_tags
from spotrec.query.simple_path import Quota
from spotrec.query.worst_step import DECIMALS
from spotrec.store import JointEmbeddings
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray

MAX_STEPS = 200
_CANDIDATES, _MORE_OF_EACH = 400, 2
"""The largest number of candidates, and how many more for each track: the time of the choice grows with its square."""
_COPIES = 60
_OF_AN_ARTIST = 4  # candidates per allowed track of an artist, so that one artist cannot fill the list


@dataclass(frozen=True, slots=True)
class Step:
    """A track of a journey.

    Attributes:
        number: 1 for the start.
        similarity: the cosine with the previous track; None for the start.
        along: the share of the way that is behind it, 0 at the start and 1 at the end. The way is as long as the angles
            of all its steps together.
        to_start: the cosine with the start; 1 for the start itself.
        tags: the tags that it shares with the previous track, most characteristic first.
    """

    number: int
    track: Track
    similarity: float | None
    along: float
    tags: tuple[str, ...]
    to_start: float


@dataclass(frozen=True, slots=True)
class Route:
    """A journey. `unknown`: by filter, how many tracks were left out only because their value is not known."""

    steps: list[Step]
    unknown: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stop:
    """A possible track of a journey: its placed `vector`, shape (dim,), and its `tags`, shape (n_tags,)."""

    track: Track
    vector: FloatArray
    tags: FloatArray


def travel(
    embeddings: JointEmbeddings,
    neighbourhood: Neighbourhood,
    tag_names: Sequence[str],
    ends: tuple[Seed, Seed],
    n: int,
    wanted: Criteria,
) -> Route:
    """Return `n` recordings from one end to the other, both included.

    Args:
        wanted: its conditions, excluded tracks, and limit per artist apply. The ends are always included, even if they
            do not meet the conditions; they count for the limit of their artist.

    Raises:
        UsageError: `n` is not 2 to 200, or both ends are the same recording.
        NotFound: the catalogue has too few recordings between them.
    """
    if not 2 <= n <= MAX_STEPS:
        raise UsageError(f"`n` must be 2 to {MAX_STEPS}, not {n}", f"a journey has 2 to {MAX_STEPS} tracks")
    points = placed(ends, neighbourhood)
    first, last = (Stop(end.track, point, end.tags) for end, point in zip(ends, points, strict=True))
    copies = AcousticCopies(
        embeddings.store,
        neighbourhood,
        wanted.excluded | {first.track.id, last.track.id},
        {stop.track.id: stop.vector for stop in (first, last)},
        {stop.track.id: stop.track.duration_ms for stop in (first, last)},
        fingerprints_of(ends),
    )
    known = embeddings.store.candidates
    by_names = known.identities([first.track.id]) & known.identities([last.track.id])
    if first.track.id == last.track.id or by_names or copies.are_one(first.track.id, last.track.id):
        raise UsageError(
            "both ends of the journey are the same recording", "`spotrec query SEED` finds tracks similar to one track"
        )
    passing = passing_tracks(neighbourhood, wanted.conditions, embeddings, tag_names)
    stops = [first, last]
    if n > 2:
        stops = _Choice(embeddings, passing.neighbourhood, copies, (first, last), wanted).of(n)
    return Route(_steps(stops, tag_names, neighbourhood.tag_means), passing.unknown)


def _steps(stops: Sequence[Stop], tag_names: Sequence[str], tag_means: FloatArray) -> list[Step]:
    """Return the stops as steps, each with its similarity to the previous one and the tags that they share."""
    cosines = [_cosine(before, stop) for before, stop in pairwise(stops)]
    steps = [Step(1, stops[0].track, None, 0.0, (), 1.0)]
    for (before, stop), cosine, share in zip(pairwise(stops), cosines, _along(cosines), strict=True):
        (shared,) = shared_tags(before.tags, stop.tags, tag_means)
        tags = tuple(tag_names[i] for i in shared)
        steps.append(Step(len(steps) + 1, stop.track, cosine, share, tags, _cosine(stops[0], stop)))
    return steps


def _cosine(one: Stop, other: Stop) -> float:
    return float(np.clip(one.vector.astype(np.float64) @ other.vector, -1, 1))


def _along(cosines: Sequence[float]) -> list[float]:
    """Return the share of the way that is behind each step. If no step leads anywhere, each counts the same."""
    angles = np.arccos(np.round(cosines, DECIMALS))
    if not angles.any():
        angles += 1
    shares: list[float] = (np.cumsum(angles) / angles.sum()).tolist()
    return [*shares[:-1], 1.0]


def _most_candidates(n: int) -> int:
    return _CANDIDATES + _MORE_OF_EACH * n


class _Choice:
    """The choice of tracks between two ends."""

    def __init__(
        self,
        embeddings: JointEmbeddings,
        within: Neighbourhood,
        copies: AcousticCopies,
        ends: tuple[Stop, Stop],
        wanted: Criteria,
    ) -> None:
        self._embeddings = embeddings
        self._within = within
        self._copies = copies
        self._ends = ends
        self._seeds = frozenset(end.track.id for end in ends)
        self._excluded = embeddings.store.candidates.identities(wanted.excluded | self._seeds) | {OMITTED}
        self._most = wanted.max_per_artist
        self._of_ends = Counter(artist_of(end.track) for end in ends)
        self._offered = 0  # recordings, whoever they are by

    def of(self, n: int) -> list[Stop]:
        """Choose a journey of `n` tracks, the ends included."""
        points = np.stack([end.vector for end in self._ends])
        left_out = self._seeds.union(*map(self._left_out_near, points))
        candidates = self._stops(tracks_between(self._within, points, n, left_out), n)
        if self._room(candidates) < n - 2 and len(self._within) > WHOLE:
            candidates = self._stops_around(Arc.between(*points).at([0.5])[0].astype(np.float32), n)
        stops = [self._ends[0], *candidates, self._ends[1]]
        vectors = np.stack([stop.vector for stop in stops]).astype(np.float64)
        chosen = choose_steps(vectors, n, self._quota(candidates))
        if chosen is None:
            raise self._too_few(n)
        return [stops[i] for i in chosen]

    def _left_out_near(self, end: FloatArray) -> set[TrackId]:
        """Return the copies of an end and other excluded tracks beside it: nothing should be searched around them."""
        near = self._within.nearest(end, min(_COPIES, len(self._within)))
        found = self._embeddings.store.candidates.get([one.track_id for one in near])
        identities = self._copies.identities(found)
        return {id_ for id_, own in identities.items() if not self._excluded.isdisjoint(own)}

    def _stops_around(self, point: FloatArray, n: int) -> list[Stop]:
        """Return the recordings nearest to a point, as many as are needed if so many are allowed to stay."""
        depth = _most_candidates(n)
        while True:
            depth *= 4
            near = self._within.nearest(point, min(depth, len(self._within)))
            candidates = self._stops([one.track_id for one in near], n, at_most=self._most)
            if self._room(candidates) >= n - 2 or depth >= len(self._within):
                return candidates

    def _stops(self, track_ids: Sequence[TrackId], n: int, at_most: int | None = None) -> list[Stop]:
        """Return recordings for a journey of `n` among these, the first ones if they are many, in order of id.

        Args:
            at_most: of an artist, if the journey has a limit; by default some for each that the limit allows.
        """
        store = self._embeddings.store
        hits = (Hit(id_, 0.0) for id_ in track_ids)
        found = distinct(hits, store, self._copies, self._excluded, _most_candidates(n) if self._most is None else None)
        self._offered = len(found)
        if self._most is not None:
            found = [one for one in found if self._allowed(artist_of(one.track))]
            found = of_several_artists(found, at_most or _OF_AN_ARTIST * self._most)
        found = sorted(found[: _most_candidates(n)], key=lambda one: one.track.id)
        embeddings = self._embeddings.get_many([one.track.id for one in found])
        known = [(one.track, embeddings[one.track.id]) for one in found if one.track.id in embeddings]
        if not known:
            return []
        vectors = self._within.place(np.stack([embedding.vector for _, embedding in known]))
        return [Stop(track, vector, embedding.tags) for (track, embedding), vector in zip(known, vectors, strict=True)]

    def _allowed(self, artist: str) -> int:
        return MAX_STEPS if self._most is None else max(self._most - self._of_ends[artist], 0)

    def _quota(self, candidates: Sequence[Stop]) -> Quota:
        """Return how many of each artist a journey may have, of the ends and of the others as many as there are."""
        if self._most is None:
            return Quota(np.zeros(len(candidates) + 2, np.int64), np.array([len(candidates) + 2]))
        artists = [artist_of(one.track) for one in candidates]
        crowded = sorted(artist for artist, count in Counter(artists).items() if count > self._allowed(artist))
        group = {artist: i for i, artist in enumerate(crowded, 1)}
        most = [len(candidates) + 2, *map(self._allowed, crowded)]
        return Quota(np.array([0, *(group.get(artist, 0) for artist in artists), 0]), np.array(most))

    def _room(self, candidates: Sequence[Stop]) -> int:
        return self._quota(candidates).room - 2

    def _too_few(self, n: int) -> NotFound:
        if self._offered >= n - 2:
            return NotFound(
                f"there are not {n - 2} recordings between the ends with `max_per_artist` {self._most}",
                "choose a smaller `n` or a larger `max_per_artist`",
            )
        return NotFound(
            f"a journey of {n} tracks needs {n - 2} between its ends, and the catalogue offers only {self._offered}",
            f"choose `n` {self._offered + 2}, use fewer filters, or crawl more music",
        )
