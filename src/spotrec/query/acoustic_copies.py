"""Copies that no name shows, among the few tracks that one request may return: their fingerprints agree.

Pairs whose vectors lie side by side are looked for first, which costs next to nothing. Only of those tracks the
fingerprints are read, by one statement, and compared as `same_recordings` does.
"""

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass

import numpy as np

from spotrec.audio.fingerprint import VERSION, WORDS_PER_S, bit_error_rate
from spotrec.progress import Silent
from spotrec.query.near_copies import MAX_DIFFERENCE_MS
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.same_recordings import MAX_BIT_ERRORS, MIN_OVERLAP_S, same_recordings
from spotrec.store import Candidate, FeatureStore, TrackFingerprint, identity_of
from spotrec.track import TrackId
from spotrec.vectors import FloatArray, Positions

ALIKE = 0.7
"""The least cosine of two tracks whose fingerprints are compared; docs/quality.md has how it was chosen."""
OMITTED = "recording to omit"
"""The identity of copies of tracks to omit."""
_COSINES_AT_ONCE = 1 << 22
_ROWS_OF_A_BLOCK = 256
_MOST_OF_A_RECORDING = 16
"""So many copies of a recording are compared with further tracks: copies of copies are found from those."""


@dataclass(frozen=True, slots=True)
class _Tracks:
    """Tracks to compare. `vectors` (n, dim); `lengths` (n,), in milliseconds, 0 if not known."""

    ids: list[TrackId]
    vectors: FloatArray
    lengths: Positions

    def __len__(self) -> int:
        return len(self.ids)

    def and_also(self, more: "_Tracks") -> "_Tracks":
        return _Tracks(
            self.ids + more.ids,
            np.concatenate([self.vectors, more.vectors]),
            np.concatenate([self.lengths, more.lengths]),
        )

    def at(self, positions: list[int]) -> "_Tracks":
        return _Tracks([self.ids[i] for i in positions], self.vectors[positions], self.lengths[positions])


class AcousticCopies:
    """Finds copies among the tracks that one request may show, and copies of those that it must not show.

    Args:
        within: has the vectors of all tracks.
        omitted: tracks to omit, also thousands. Tracks that are banned are omitted too.
        points: placed vectors of some of these, each of shape (dim,); the others are read.
        durations_ms: lengths of some of these, as far as they are known.
        fingerprints: of some of these that are not stored.
    """

    def __init__(
        self,
        store: FeatureStore,
        within: Neighbourhood,
        omitted: Set[TrackId],
        points: Mapping[TrackId, FloatArray],
        durations_ms: Mapping[TrackId, int | None],
        fingerprints: Mapping[TrackId, TrackFingerprint],
    ) -> None:
        self._store = store
        self._within = within
        self._omitted = omitted | store.taste.banned_ids()
        self._points = {id_: point for id_, point in points.items() if id_ in self._omitted}
        self._durations_ms = durations_ms
        self._fingerprints = fingerprints
        self._blocks: list[_Tracks] = []
        self._has_begun = False
        self._order: dict[TrackId, int] = {}
        self._parents: dict[TrackId, TrackId] = {}
        self._names: dict[TrackId, set[str]] = {}  # of each recording, also those that its parts had in earlier calls
        self._omitted_with_copies: set[TrackId] = set()
        self._n_earlier = 0
        self._crowded: dict[TrackId, TrackFingerprint] = {}  # of recordings with many copies, one's

    def identities(self, candidates: Mapping[TrackId, Candidate]) -> dict[TrackId, frozenset[str]]:
        """Return the identities of candidates: copies share at least one, and copies of tracks to omit have `OMITTED`.

        What is recognised among the candidates of earlier calls holds too.
        """
        self._compare(candidates)
        found = {id_: one.identities for id_, one in candidates.items()}
        if self._parents:
            roots_to_omit = set(map(self._root, self._omitted_with_copies))
            for id_ in [id_ for id_ in found if id_ in self._parents]:
                root = self._root(id_)
                found[id_] |= {*self._names[root], *({OMITTED} if root in roots_to_omit else ())}
        return found

    def are_one(self, one: TrackId, other: TrackId) -> bool:
        """Return whether two of the tracks to omit, of which `points` has both, are one recording."""
        if float(self._points[one] @ self._points[other]) >= ALIKE:
            self._recognise({one, other})
        return self._root(one) == self._root(other)

    def _compare(self, candidates: Mapping[TrackId, Candidate]) -> None:
        """Compare new candidates with each other, with earlier ones, and with what is to be omitted."""
        wanted = candidates.keys() - self._order.keys()
        if not wanted:
            return
        if not self._has_begun:
            self._has_begun, self._blocks = True, self._to_omit()
        ids, vectors = self._within.vectors_of(wanted)
        if not ids:
            return
        lengths = np.array([candidates[id_].track.duration_ms or 0 for id_ in ids], np.int64)
        new = _Tracks(ids, vectors, lengths)
        self._n_earlier = len(self._order)
        self._order |= zip(ids, range(len(self._order), len(self._order) + len(ids)), strict=True)
        if self._blocks and len(self._blocks[-1]) < _ROWS_OF_A_BLOCK:
            self._blocks[-1] = self._blocks[-1].and_also(new)
        else:
            self._blocks.append(new)
        *others, last = self._blocks
        alike = _alike(new, last, len(last) - len(new))
        for block in others:
            alike |= _alike(new, block, None)
        if alike:
            self._recognise(alike)
            self._keep_few_of_each()

    def _to_omit(self) -> list[_Tracks]:
        """Return the tracks to omit that have a vector. Other lengths are read with their fingerprints."""
        found = []
        if rest := self._omitted - self._points.keys():
            ids, vectors = self._within.vectors_of(rest)
            found.append(_Tracks(ids, vectors, np.zeros(len(ids), np.int64)))
        if self._points:
            lengths = np.array([self._durations_ms.get(id_) or 0 for id_ in self._points], np.int64)
            found.append(_Tracks(list(self._points), np.stack(list(self._points.values())), lengths))
        return [block for block in found if block.ids]

    def _recognise(self, ids: Set[TrackId]) -> None:
        """Join those of these tracks that are one recording."""
        found = self._store.fingerprints.of(ids, VERSION)
        found |= {id_: self._fingerprints[id_] for id_ in ids & self._fingerprints.keys()}
        for root, known in self._crowded.items():
            for id_ in [id_ for id_, one in found.items() if _is_plain_copy(one, known)]:
                del found[id_]
                self._join(root, id_)
        if len(found) < 2:
            return
        lengths = {id_: one.duration_ms for id_, one in found.items() if one.duration_ms}
        words = {id_: one.words for id_, one in found.items()}
        with Silent().meter("") as meter:
            for same in same_recordings(words, lengths, meter, most_ms=MAX_DIFFERENCE_MS):
                self._join(same.one, same.other)
        sizes = Counter(self._root(id_) for id_ in found if id_ in self._parents)
        for id_, one in found.items():
            if id_ in self._parents and sizes[root := self._root(id_)] > _MOST_OF_A_RECORDING:
                self._crowded.setdefault(root, one)

    def _join(self, one: TrackId, other: TrackId) -> None:
        first, second = sorted((self._root(one), self._root(other)), key=self._age)
        if first != second:
            self._parents[second] = first
            names = self._names.pop(second)
            if self._age(second) < (self._n_earlier, ""):
                self._names[first] |= names

    def _age(self, id_: TrackId) -> tuple[int, TrackId]:
        return self._order.get(id_, -1), id_

    def _root(self, id_: TrackId) -> TrackId:
        """Return the first track of a recording."""
        if id_ not in self._parents:
            self._parents[id_], self._names[id_] = id_, {identity_of(id_)}
            if id_ in self._omitted:
                self._omitted_with_copies.add(id_)
        while (parent := self._parents[id_]) != id_:
            self._parents[id_] = id_ = self._parents[parent]
        return id_

    def _keep_few_of_each(self) -> None:
        """Forget the vectors of all but some copies of each recording."""
        kept: Counter[TrackId] = Counter()
        for i, block in enumerate(self._blocks):
            positions = []
            for position, id_ in enumerate(block.ids):
                if id_ in self._parents:
                    kept[root := self._root(id_)] += 1
                    if kept[root] > _MOST_OF_A_RECORDING:
                        continue
                positions.append(position)
            if len(positions) < len(block):
                self._blocks[i] = block.at(positions)


def _is_plain_copy(one: TrackFingerprint, other: TrackFingerprint) -> bool:
    """Return whether two fingerprints agree word by word, and the lengths too."""
    if one.duration_ms and other.duration_ms and abs(one.duration_ms - other.duration_ms) > MAX_DIFFERENCE_MS:
        return False
    overlap = min(len(one.words), len(other.words))
    return overlap >= MIN_OVERLAP_S * WORDS_PER_S and bit_error_rate(one.words, other.words, 0) <= MAX_BIT_ERRORS


def _alike(new: _Tracks, block: _Tracks, at: int | None) -> set[TrackId]:
    """Return the tracks of pairs of a new and another one that may be copies.

    Args:
        at: where the block has the new ones, if it has them.
    """
    found: set[TrackId] = set()
    step = max(1, _COSINES_AT_ONCE // len(block))
    for start in range(0, len(new), step):
        is_near = new.vectors[start : start + step] @ block.vectors.T >= ALIKE
        if at is not None:
            is_near.ravel()[at + start :: len(block) + 1] = False  # a track is no copy of itself
        if is_near.any():
            first, second = np.nonzero(is_near)
            one, other = new.lengths[first + start], block.lengths[second]
            agree = (np.abs(one - other) <= MAX_DIFFERENCE_MS) | (one == 0) | (other == 0)
            found.update(new.ids[start + i] for i in np.unique(first[agree]).tolist())
            found.update(block.ids[i] for i in np.unique(second[agree]).tolist())
    return found
