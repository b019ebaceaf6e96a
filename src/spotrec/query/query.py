"""The story of a query: seeds → a score for every candidate → filters → one copy of a recording → a set → results."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spotrec.query.copies import ScoredTrack, best_recordings
from spotrec.query.criteria import Criteria
from spotrec.query.diversity import diverse, pool_size
from spotrec.query.narrowing import narrowed
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.ranking import Weighted, ranked
from spotrec.query.seed import Seeds
from spotrec.query.shared_tags import shared_tags
from spotrec.store import Hearing
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.query.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One result. `similarity`: to one seed, the cosine; to more, see `agreement`. `tags`: what it shares with them."""

    rank: int
    track: Track
    similarity: float
    tags: tuple[str, ...]
    explanation: "Explanation | None" = None


@dataclass(frozen=True, slots=True)
class Results:
    """What came of a query. `unknown`: by filter, how many tracks it left out as it is not known what they are."""

    results: list[Recommendation]
    unknown: dict[str, int] = field(default_factory=dict)


def recommend(
    heard: Hearing,
    neighbourhood: Neighbourhood,
    tag_names: Sequence[str],
    seeds: Seeds,
    wanted: Criteria,
    *,
    beside: Sequence[Weighted] = (),
) -> Results:
    """The recordings that answer best, best first; fewer where the catalogue has no more.

    Neither the seeds nor copies of them are among them. Equals are in order of track id.

    Args:
        beside: what counts beside the seeds, each with its share; where there are no seeds, it must be given.
    """
    store = heard.store
    passing = narrowed(neighbourhood, wanted.conditions, heard, tag_names)
    ranking = ranked(passing.neighbourhood, seeds.affinity(neighbourhood), beside)
    pool = best_recordings(
        ranking,
        store,
        pool_size(wanted.count, wanted.diversity),
        excluded=store.candidates.identities(wanted.excluded | seeds.track_ids),
        min_similarity=wanted.min_similarity,
        max_per_artist=wanted.max_per_artist,
    )
    chosen = diverse(pool, wanted.count, wanted.diversity, passing.neighbourhood)
    if wanted.shuffle is not None:
        chosen = shuffled(chosen, wanted.shuffle)
    tags = _shared_tags(heard, neighbourhood, tag_names, seeds, chosen)
    return Results(
        [
            Recommendation(rank, one.track, one.similarity, tags.get(one.track.id, ()))
            for rank, one in enumerate(chosen, 1)
        ],
        passing.unknown,
    )


def shuffled(chosen: Sequence[ScoredTrack], number: int) -> list[ScoredTrack]:
    """In an order drawn by `number`, the same wherever and whenever it is drawn."""
    return sorted(chosen, key=lambda one: hashlib.sha256(f"{number} {one.track.id}".encode()).digest())


def _shared_tags(
    heard: Hearing,
    neighbourhood: Neighbourhood,
    names: Sequence[str],
    seeds: Seeds,
    chosen: Sequence[ScoredTrack],
) -> dict[TrackId, tuple[str, ...]]:
    """What each result shares with the seeds, or where there are none, what tells it: strongest first."""
    of_seeds = seeds.tags()
    tags = heard.tags([one.track.id for one in chosen])
    return {
        id_: tuple(
            names[i]
            for i in shared_tags(of_result if of_seeds is None else of_seeds, of_result, neighbourhood.tag_means)
        )
        for id_, of_result in tags.items()
    }
