"""One copy of each recording, without excluded recordings."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from spotrec.names.titles import normalised
from spotrec.query.ranking import Hit, Ranking
from spotrec.store import FeatureStore, identity_of
from spotrec.track import Track, TrackId

_SPARE = 1
"""How many more hits are read at first, because some may be copies; if they are not enough, more are read."""

_DEEPER = 1000
"""So many more hits are read at first, because tracks to omit are often the nearest."""
_READ_AHEAD = 50
"""How many more of the next hits are looked up than are still wanted at most."""


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
    without: Set[TrackId] = frozenset(),
) -> list[ScoredTrack]:
    """Return each recording once, by its best copy, best first: `enough` of them, or fewer if there are no more.

    Tracks that were removed since the index was built, and tracks only used as seeds, are not among them.

    Args:
        excluded: identities of recordings to omit.
        max_per_artist: at most this many tracks per artist; the first artist of a track counts.
        without: more tracks to omit, also thousands, with their copies by name.
    """
    depth = enough + min(len(excluded), 100) + min(len(without), _DEEPER) + _SPARE
    while True:
        hits = ranking.first(depth)
        near = [hit for hit in hits if min_similarity is None or hit.similarity >= min_similarity]
        found = distinct(near, store, excluded, None if max_per_artist else enough, without)
        if max_per_artist:
            found = of_several_artists(found, max_per_artist)
        if len(found) >= enough or depth >= len(ranking) or len(near) < len(hits):
            return found[:enough]
        depth *= 4


def distinct(
    hits: Iterable[Hit],
    store: FeatureStore,
    excluded: frozenset[str],
    most: int | None = None,
    without: Set[TrackId] = frozenset(),
) -> list[ScoredTrack]:
    """Return each recording once, at its first hit, without the excluded ones; with `most`, only the first so many.

    Of copies, the first that has an artist stands for the recording: one without tags says only the name of a file.
    """
    left = [hit for hit in hits if identity_of(hit.track_id) not in excluded and hit.track_id not in without]
    omitted = set(excluded)
    places: dict[str, int] = {}  # of the recordings among the chosen, by identity
    chosen: list[ScoredTrack] = []
    n_read = len(left) if most is None else most + _READ_AHEAD
    for start in range(0, len(left), max(1, n_read)):
        read = left[start : start + n_read]
        candidates = store.candidates.get([hit.track_id for hit in read])
        if without:
            omitted |= store.candidates.names_shared(candidates.values(), without)
        for hit in read:
            candidate = candidates.get(hit.track_id)
            if candidate is None or not omitted.isdisjoint(candidate.identities):
                continue
            place = min((places[one] for one in candidate.identities if one in places), default=len(chosen))
            if place == len(chosen):
                chosen.append(ScoredTrack(candidate.track, hit.similarity))
                places |= dict.fromkeys(candidate.identities, place)
            elif candidate.track.artists and not chosen[place].track.artists:
                chosen[place] = replace(chosen[place], track=candidate.track)
        if most is not None and len(chosen) >= most:
            break
    return chosen[:most]


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
