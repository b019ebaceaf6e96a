"""One copy of each recording, without excluded recordings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spotrec.names.titles import normalised
from spotrec.query.ranking import Hit, Ranking
from spotrec.store import FeatureStore
from spotrec.track import Track

_SPARE = 1
"""How many more hits are read at first, because some may be copies; if they are not enough, more are read."""


@dataclass(frozen=True, slots=True)
class ScoredTrack:
    """A track that may be recommended, and its score."""

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
    """Return each recording once, by its best copy, best first: `enough` of them, or fewer if there are no more.

    Tracks that were removed since the index was built, and tracks only used as seeds, are not among them.

    Args:
        excluded: identities of recordings to omit.
        max_per_artist: at most this many tracks per artist; the first artist of a track counts.
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
    """Return each recording once, at its first hit, without the excluded ones."""
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
    """Keep at most `most` tracks per artist; each track without an artist counts as its own artist."""
    taken: Counter[str] = Counter()
    kept = []
    for one in chosen:
        artist = artist_of(one.track)
        taken[artist] += 1
        if taken[artist] <= most:
            kept.append(one)
    return kept


def artist_of(track: Track) -> str:
    """Return the first artist of a track, normalised; for a track without an artist, its id."""
    return normalised(track.artists[0]) if track.artists else track.id
