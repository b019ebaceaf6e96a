"""One copy of each recording, and none of what is asked with or known."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spotrec.names.titles import normalised
from spotrec.query.ranking import Hit, Ranking
from spotrec.store import FeatureStore
from spotrec.track import Track

_SPARE = 1
"""So many hits more are looked up at first, for copies among them; where they do not do, more are."""


@dataclass(frozen=True, slots=True)
class ScoredTrack:
    """A track that may be recommended, and how well it answers."""

    track: Track
    similarity: float


def best_recordings(
    ranking: Ranking,
    store: FeatureStore,
    enough: int,
    *,
    excluded: frozenset[str] = frozenset(),
    min_similarity: float | None = None,
    max_per_artist: int | None = None,
) -> list[ScoredTrack]:
    """Each recording once, the best of its copies, best first; `enough` of them, or all that there are.

    What was removed since the index was built is not among them, nor what was asked about since as a seed only.

    Args:
        excluded: identities of recordings that are not wanted.
        max_per_artist: at most so many by one artist (the first that a track names).
    """
    depth = enough + min(len(excluded), 100) + _SPARE
    while True:
        hits = ranking.first(depth)
        near = [hit for hit in hits if min_similarity is None or hit.similarity >= min_similarity]
        found = distinct(near, store, excluded)
        if max_per_artist:
            found = of_several_artists(found, max_per_artist)
        if len(found) >= enough or depth >= len(ranking) or len(near) < len(hits):
            return found[:enough]
        depth *= 4


def distinct(hits: Iterable[Hit], store: FeatureStore, excluded: frozenset[str]) -> list[ScoredTrack]:
    """Each recording once, at its first hit; none of those excluded."""
    hits = list(hits)
    candidates = store.candidates.get([hit.track_id for hit in hits])
    seen = set(excluded)
    chosen = []
    for hit in hits:
        candidate = candidates.get(hit.track_id)
        if candidate is not None and seen.isdisjoint(candidate.identities):
            seen |= candidate.identities
            chosen.append(ScoredTrack(candidate.track, hit.similarity))
    return chosen


def of_several_artists(chosen: Sequence[ScoredTrack], most: int) -> list[ScoredTrack]:
    """The same with at most so many by one artist; a track of nobody stands for itself."""
    taken: Counter[str] = Counter()
    kept = []
    for one in chosen:
        artist = artist_of(one.track)
        taken[artist] += 1
        if taken[artist] <= most:
            kept.append(one)
    return kept


def artist_of(track: Track) -> str:
    """The artist that a track names first; a track of nobody stands for itself."""
    return normalised(track.artists[0]) if track.artists else track.id
