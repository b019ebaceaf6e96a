"""The story of a journey: from one sound to another by tracks that lie along the way, with even steps.

The points to go by are spread evenly over the great circle between the two; around each the index is asked for tracks,
and one track a point is chosen so that the steps are even (`even_steps.py`). Each recording comes once.
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
from spotrec.store import Hearing
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray

MAX_STEPS = 200
_AROUND_EACH = 60
_CANDIDATES = 800
"""Of more, those that are further down at every point are left out: the choice takes time by the square of them."""
_OF_AN_ARTIST = 4  # times as many as may come: so no artist leaves the others no room among the candidates


@dataclass(frozen=True, slots=True)
class Step:
    """A track of a journey.

    Attributes:
        number: 1 for the start.
        similarity: the cosine with the track before; None for the start.
        along: how far along the way it lies, 0 to 1.
        tags: what it shares with the track before, the most telling first.
    """

    number: int
    track: Track
    similarity: float | None
    along: float
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """A journey. `unknown`: how many tracks a filter left out only because it knows no such value of them."""

    steps: list[Step]
    unknown: dict[str, int]


@dataclass(frozen=True, slots=True)
class Stop:
    """A track that is gone by: `vector` (dim,) is where it is placed, `tags` (n_tags,) what it is heard as."""

    track: Track
    vector: FloatArray
    tags: FloatArray
    along: float


def travel(
    heard: Hearing,
    neighbourhood: Neighbourhood,
    tag_names: Sequence[str],
    ends: tuple[Seed, Seed],
    n: int,
    wanted: Criteria,
) -> Route:
    """`n` recordings from one end to the other, both included.

    Args:
        wanted: its conditions, what it excludes, and how many by one artist. The ends need not pass, and are never left
            out; they count among those of their artist.

    Raises:
        UsageError: `n` is not from 2 to 200, or both ends are one recording.
        NotFound: the catalogue has too few recordings to go by.
    """
    if not 2 <= n <= MAX_STEPS:
        raise UsageError(f"`n` {n} makes no sense", f"a journey has 2 to {MAX_STEPS} tracks")
    start, end = ends
    store = heard.store
    if not store.candidates.identities([start.track.id]).isdisjoint(store.candidates.identities([end.track.id])):
        raise UsageError(
            "both ends of the journey are one recording", "`spotrec query` finds what sounds like one track"
        )
    passing = narrowed(neighbourhood, wanted.conditions, heard, tag_names)
    points = placed(ends, neighbourhood)
    between = _Way(heard, passing.neighbourhood, ends, points, wanted).go_by(n - 2)
    stops = [Stop(start.track, points[0], start.tags, 0.0), *between, Stop(end.track, points[1], end.tags, 1.0)]
    return Route(_steps(stops, tag_names, neighbourhood.tag_means), passing.unknown)


def _steps(stops: Sequence[Stop], tag_names: Sequence[str], tag_means: FloatArray) -> list[Step]:
    """The same with each step measured, and its tags told."""
    steps = [Step(1, stops[0].track, None, stops[0].along, ())]
    for number, (before, stop) in enumerate(pairwise(stops), 2):
        cosine = float(np.clip(before.vector @ stop.vector, -1, 1))
        shared = tuple(tag_names[i] for i in shared_tags(before.tags, stop.tags, tag_means))
        steps.append(Step(number, stop.track, cosine, stop.along, shared))
    return steps


class _Way:
    """Where a journey leads, and the tracks along it."""

    def __init__(
        self,
        heard: Hearing,
        within: Neighbourhood,
        ends: tuple[Seed, Seed],
        points: FloatArray,
        wanted: Criteria,
    ) -> None:
        self._hearing = heard
        self._within = within
        self._points = points.astype(np.float64)
        self._arc = Arc.between(*self._points)
        self._excluded = heard.store.candidates.identities(wanted.excluded | {seed.track.id for seed in ends})
        self._most = wanted.max_per_artist
        self._artists_of_ends = [artist_of(seed.track) for seed in ends]

    def go_by(self, n: int) -> list[Stop]:
        """`n` recordings between the ends, in order along the way."""
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
        """Recordings near to the way, in order of id."""
        targets = self._arc.at(np.arange(1, n + 1) / (n + 1)).astype(np.float32)
        near = [self._within.nearest(target, min(around, len(self._within))) for target in targets]
        # the nearest to every point come before the second nearest to any
        ranked = (hits[rank] for rank in range(max(map(len, near))) for hits in near if rank < len(hits))
        found = distinct((Hit(hit.track_id, hit.similarity) for hit in ranked), self._hearing.store, self._excluded)
        if self._most:
            found = of_several_artists(found, _OF_AN_ARTIST * self._most)
        return self._heard(sorted(found[:_CANDIDATES], key=lambda one: one.track.id))

    def _heard(self, found: Sequence[ScoredTrack]) -> list[Stop]:
        embeddings = self._hearing.embeddings([one.track.id for one in found])
        heard = [(one.track, embeddings[one.track.id]) for one in found if one.track.id in embeddings]
        if not heard:
            return []
        points = self._within.place(np.stack([embedding.vector for _, embedding in heard]))
        along = np.clip(self._arc.shares_of(points), 0, 1)
        return [
            Stop(track, point, embedding.tags, float(share))
            for (track, embedding), point, share in zip(heard, points, along, strict=True)
        ]

    def _even_choice(self, candidates: Sequence[Stop], n: int) -> list[Stop] | None:
        """None where there are not `n`, or the artists do not allow them."""
        while len(candidates) >= n:
            vectors = np.stack([one.vector for one in candidates]).astype(np.float64)
            chosen = [candidates[i] for i in choose_steps(self._arc, self._points, vectors, n)]
            crowding = self._crowding(chosen)
            if not crowding:
                return chosen
            candidates = [c for c in candidates if c.track.id in crowding.get(artist_of(c.track), {c.track.id})]
        return None

    def _crowding(self, chosen: Sequence[Stop]) -> dict[str, set[TrackId]]:
        """Artists who come too often, each with the tracks of theirs that may stay: those evenly spread."""
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
                f"there are not {n} recordings to go by with `max_per_artist` {self._most}",
                "ask for fewer tracks, or let more of an artist's come",
            )
        return NotFound(
            f"a journey of {n + 2} goes by {n} recordings, and only {len(candidates)} others may be among them",
            f"`n` {len(candidates) + 2}, or fewer filters, or crawl more",
        )
