"""The story of a journey: from one track to another through tracks between them, in even steps.

Points are spread evenly over the great circle between the two. The index is searched around each point, and one track
is chosen for each so that the steps are even (`even_steps.py`). Each recording comes once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spotrec.errors import NotFound, UsageError
from spotrec.query.arc import Arc
from spotrec.query.copies import ScoredTrack, artist_of, distinct, of_several_artists
from spotrec.query.criteria import Criteria
from spotrec.query.even_steps import choose_steps
from spotrec.query.narrowing import narrowed
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.ranking import Hit
from spotrec.query.seed import Seed, placed
from spotrec.query.shared_tags import shared_tags
from spotrec.store import JointEmbeddings
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray

MAX_STEPS = 200
_AROUND_EACH = 60
_CANDIDATES = 800
"""The largest number of candidates, nearest first: the time of the choice grows with their square."""
_OF_AN_ARTIST = 4  # candidates per allowed track of an artist, so that one artist cannot fill the list


@dataclass(frozen=True, slots=True)
class Step:
    """A track of a journey.

    Attributes:
        number: 1 for the start.
        similarity: the cosine with the previous track; None for the start.
        along: its position between start and end, 0 to 1.
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
    along: float


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
    start, end = ends
    store = embeddings.store
    if not store.candidates.identities([start.track.id]).isdisjoint(store.candidates.identities([end.track.id])):
        raise UsageError(
            "both ends of the journey are the same recording", "`spotrec query SEED` finds tracks similar to one track"
        )
    passing = narrowed(neighbourhood, wanted.conditions, embeddings, tag_names)
    points = placed(ends, neighbourhood)
    between = _Path(embeddings, passing.neighbourhood, ends, points, wanted).choose(n - 2)
    stops = [Stop(start.track, points[0], start.tags, 0.0), *between, Stop(end.track, points[1], end.tags, 1.0)]
    return Route(_steps(stops, tag_names, neighbourhood.tag_means), passing.unknown)


def _steps(stops: Sequence[Stop], tag_names: Sequence[str], tag_means: FloatArray) -> list[Step]:
    """Return the stops as steps, each with its similarity to the previous one and the tags that they share."""
    steps = [Step(1, stops[0].track, None, stops[0].along, (), 1.0)]
    for number, (before, stop) in enumerate(pairwise(stops), 2):
        cosine, to_start = (float(np.clip(one.vector @ stop.vector, -1, 1)) for one in (before, stops[0]))
        shared = tuple(tag_names[i] for i in shared_tags(before.tags, stop.tags, tag_means))
        steps.append(Step(number, stop.track, cosine, stop.along, shared, to_start))
    return steps


class _Path:
    """The arc between the ends, and the tracks near it."""

    def __init__(
        self,
        embeddings: JointEmbeddings,
        within: Neighbourhood,
        ends: tuple[Seed, Seed],
        points: FloatArray,
        wanted: Criteria,
    ) -> None:
        self._embeddings = embeddings
        self._within = within
        self._points = points.astype(np.float64)
        self._arc = Arc.between(*self._points)
        self._excluded = embeddings.store.candidates.identities(wanted.excluded | {seed.track.id for seed in ends})
        self._most = wanted.max_per_artist
        self._artists_of_ends = [artist_of(seed.track) for seed in ends]

    def choose(self, n: int) -> list[Stop]:
        """Choose `n` recordings between the ends, in order."""
        if n == 0:
            return []
        around = _AROUND_EACH
        while True:
            candidates = self._candidates(n, around)
            chosen = self._even_choice(candidates, n)
            if chosen is not None:
                return chosen
            if around >= len(self._within):
                raise self._too_few(candidates, n)
            around *= 4

    def _candidates(self, n: int, around: int) -> list[Stop]:
        """Return recordings near the arc, in order of id."""
        targets = self._arc.at(np.arange(1, n + 1) / (n + 1)).astype(np.float32)
        near = [self._within.nearest(target, min(around, len(self._within))) for target in targets]
        # first the nearest track of each point, then the second nearest of each, and so on
        ranked = (hits[rank] for rank in range(max(map(len, near))) for hits in near if rank < len(hits))
        found = distinct((Hit(hit.track_id, hit.similarity) for hit in ranked), self._embeddings.store, self._excluded)
        if self._most:
            found = of_several_artists(found, _OF_AN_ARTIST * self._most)
        return self._stops(sorted(found[:_CANDIDATES], key=lambda one: one.track.id))

    def _stops(self, found: Sequence[ScoredTrack]) -> list[Stop]:
        embeddings = self._embeddings.get_many([one.track.id for one in found])
        known = [(one.track, embeddings[one.track.id]) for one in found if one.track.id in embeddings]
        if not known:
            return []
        points = self._within.place(np.stack([embedding.vector for _, embedding in known]))
        along = np.clip(self._arc.shares_of(points), 0, 1)
        return [
            Stop(track, point, embedding.tags, float(share))
            for (track, embedding), point, share in zip(known, points, along, strict=True)
        ]

    def _even_choice(self, candidates: Sequence[Stop], n: int) -> list[Stop] | None:
        """Choose `n` candidates in even steps; None if there are too few, or too few within the limit per artist."""
        while len(candidates) >= n:
            vectors = np.stack([one.vector for one in candidates]).astype(np.float64)
            chosen = [candidates[i] for i in choose_steps(self._arc, self._points, vectors, n)]
            crowding = self._crowding(chosen)
            if not crowding:
                return chosen
            candidates = [c for c in candidates if c.track.id in crowding.get(artist_of(c.track), {c.track.id})]
        return None

    def _crowding(self, chosen: Sequence[Stop]) -> dict[str, set[TrackId]]:
        """Return the artists with too many tracks, each with the tracks that may stay, evenly spread."""
        if self._most is None:
            return {}
        by_artist: dict[str, list[TrackId]] = {}
        for one in chosen:
            by_artist.setdefault(artist_of(one.track), []).append(one.track.id)
        crowding = {}
        for artist, ids in by_artist.items():
            allowed = max(self._most - self._artists_of_ends.count(artist), 0)
            if len(ids) > allowed:
                crowding[artist] = {ids[(2 * i + 1) * len(ids) // (2 * allowed)] for i in range(allowed)}
        return crowding

    def _too_few(self, candidates: Sequence[Stop], n: int) -> NotFound:
        if len(candidates) >= n:
            return NotFound(
                f"there are not {n} recordings between the ends with `max_per_artist` {self._most}",
                "choose a smaller `n` or a larger `max_per_artist`",
            )
        return NotFound(
            f"a journey of {n + 2} tracks needs {n} between its ends, and the catalogue offers only {len(candidates)}",
            f"choose `n` {len(candidates) + 2}, use fewer filters, or crawl more music",
        )
