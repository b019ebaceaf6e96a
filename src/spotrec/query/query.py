"""The story of a query: seeds → a score for each candidate → filters → one copy of a recording → results."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from spotrec.query.acoustic_copies import AcousticCopies
from spotrec.query.conditions import passing_tracks
from spotrec.query.copies import ScoredTrack, best_recordings
from spotrec.query.criteria import Criteria
from spotrec.query.diversity import diverse, pool_size
from spotrec.query.neighbourhood import Neighbourhood, tags_of
from spotrec.query.ranking import Weighted, ranked
from spotrec.query.seed import Seeds
from spotrec.query.shared_tags import shared_tags
from spotrec.store import JointEmbeddings
from spotrec.system.digests import sha256
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.query.explanation import Explanation


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One result. `similarity`: the cosine with one seed; with several, see `agreement`. `tags`: shared with seeds."""

    rank: int
    track: Track
    similarity: float
    tags: tuple[str, ...]
    explanation: "Explanation | None" = None


@dataclass(frozen=True, slots=True)
class Results:
    """The results. `unknown`: by filter, how many tracks were left out only because their value is not known."""

    results: list[Recommendation]
    unknown: dict[str, int] = field(default_factory=dict)


def recommend(
    embeddings: JointEmbeddings,
    neighbourhood: Neighbourhood,
    tag_names: Sequence[str],
    seeds: Seeds,
    wanted: Criteria,
    *,
    beside: Sequence[Weighted] = (),
    without: Set[TrackId] = frozenset(),
) -> Results:
    """Return the recordings with the best scores, best first; fewer if the catalogue has no more.

    The seeds and copies of them are not among them. Equal scores are in order of track id.

    Args:
        beside: other scores, each with its share; required if there are no seeds.
        without: more tracks to omit, also thousands, with their copies by name.
    """
    store = embeddings.store
    passing = passing_tracks(neighbourhood, wanted.conditions, embeddings, tag_names)
    affinity = seeds.affinity(neighbourhood)
    ranking = ranked(passing.neighbourhood, affinity, beside)
    omitted = wanted.excluded | seeds.track_ids
    copies = AcousticCopies(
        store, neighbourhood, omitted | without, seeds.points(affinity), seeds.durations_ms, seeds.fingerprints
    )
    pool = best_recordings(
        ranking,
        store,
        copies,
        pool_size(wanted.count, wanted.diversity),
        excluded=store.candidates.identities(omitted),
        min_similarity=wanted.min_similarity,
        max_per_artist=wanted.max_per_artist,
        without=without,
    )
    chosen = diverse(pool, wanted.count, wanted.diversity, passing.neighbourhood)
    if wanted.shuffle is not None:
        chosen = shuffled(chosen, wanted.shuffle)
    tags = _shared_tags(embeddings, neighbourhood, tag_names, seeds, chosen)
    return Results(
        [
            Recommendation(rank, one.track, one.similarity, tags.get(one.track.id, ()))
            for rank, one in enumerate(chosen, 1)
        ],
        passing.unknown,
    )


def shuffled(chosen: Sequence[ScoredTrack], number: int) -> list[ScoredTrack]:
    """Return the tracks in a random order that `number` determines, the same on every machine."""
    return sorted(chosen, key=lambda one: sha256(f"{number} {one.track.id}".encode()))


def _shared_tags(
    embeddings: JointEmbeddings,
    neighbourhood: Neighbourhood,
    names: Sequence[str],
    seeds: Seeds,
    chosen: Sequence[ScoredTrack],
) -> dict[TrackId, tuple[str, ...]]:
    """Return the tags that each result shares with the seeds, or without seeds its own; most characteristic first."""
    ids = [one.track.id for one in chosen]
    tags = tags_of(neighbourhood, ids)
    if lacking := [id_ for id_ in ids if id_ not in tags]:  # an index of before has none
        tags |= embeddings.tags(lacking)
    if not tags:
        return {}
    of_results = np.stack(list(tags.values()))
    of_seeds = seeds.tags()
    shared = shared_tags(of_results if of_seeds is None else of_seeds, of_results, neighbourhood.tag_means)
    return {id_: tuple(names[i] for i in found) for id_, found in zip(tags, shared, strict=True)}
