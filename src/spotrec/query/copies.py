"""One copy of each recording, without excluded recordings."""

from collections import Counter
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace

from spotrec.names.titles import normalised
from spotrec.query.acoustic_copies import OMITTED, AcousticCopies
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
    copies: AcousticCopies,
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
        found = distinct(near, store, copies, excluded, None if max_per_artist else enough, without)
        if max_per_artist:
            found = of_several_artists(found, max_per_artist)
        if len(found) >= enough or depth >= len(ranking) or len(near) < len(hits):
            return found[:enough]
        depth *= 4


def distinct(
    hits: Iterable[Hit],
    store: FeatureStore,
    copies: AcousticCopies,
    excluded: frozenset[str],
    most: int | None = None,
    without: Set[TrackId] = frozenset(),
) -> list[ScoredTrack]:
    """Return each recording once, at its first hit, without the excluded ones; with `most`, only the first so many.

    Of copies, the first that has an artist stands for the recording: one without tags says only the name of a file.
    Copies of copies are copies.
    """
    left = [hit for hit in hits if identity_of(hit.track_id) not in excluded and hit.track_id not in without]
    omitted = {*excluded, OMITTED}
    chosen = _Recordings()
    n_read = len(left) if most is None else most + _READ_AHEAD
    for start in range(0, len(left), max(1, n_read)):
        read = left[start : start + n_read]
        candidates = store.candidates.get([hit.track_id for hit in read])
        if without:
            omitted |= store.candidates.names_shared(candidates.values(), without)
        identities = copies.identities(candidates)
        for own in identities.values():
            if not omitted.isdisjoint(own):
                omitted |= own
        for hit in read:
            if hit.track_id in candidates and omitted.isdisjoint(identities[hit.track_id]):
                chosen.add(ScoredTrack(candidates[hit.track_id].track, hit.similarity), identities[hit.track_id])
        if most is not None and len(chosen) >= most:
            break
    return chosen.found[:most]


class _Recordings:
    """Recordings in order, each once."""

    def __init__(self) -> None:
        self._found: dict[int, ScoredTrack] = {}  # by place, in order
        self._places: dict[str, int] = {}  # by identity
        self._next = 0

    def __len__(self) -> int:
        return len(self._found)

    @property
    def found(self) -> list[ScoredTrack]:
        return list(self._found.values())

    def add(self, one: ScoredTrack, identities: Set[str]) -> None:
        """Add a track, unless a copy is there; one that has an artist then stands in place of one that has none.

        If several copies are there, because nothing else says that they are one recording, the first stays.
        """
        places = sorted({self._places[identity] for identity in identities if identity in self._places})
        if not places:
            places = [self._next]
            self._found[self._next] = one
            self._next += 1
        first, *others = places
        for copy in (*(self._found.pop(other) for other in others), one):
            if copy.track.artists and not self._found[first].track.artists:
                self._found[first] = replace(self._found[first], track=copy.track)
        if others:
            self._places = {identity: first if place in others else place for identity, place in self._places.items()}
        for identity in identities:
            self._places.setdefault(identity, first)


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
