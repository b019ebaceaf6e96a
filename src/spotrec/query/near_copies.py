"""Pairs of tracks that sound the same and are as long: their vectors lie side by side, whatever the codec.

Every pair of agreeing length is compared exactly. Sorted by length, a track's candidates are its next neighbours in the
list; where many are as long, upper bounds of their cosines on a few axes (`_in_brief`) leave few to compare in full. So
100,000 tracks take seconds, and memory does not depend on how many there are.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.progress import Meter
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.track import TrackId, track_ids
from spotrec.vectors import FloatArray, Positions, evenly

SAME_SOUND = 0.975
"""The least cosine of two copies of one recording; docs/quality.md has how it was chosen."""
MAX_DIFFERENCE_MS = 3_000
"""Lengths that differ by at most so much agree: encoders add some, and silence at the ends is often cut."""
_ROWS, _COLUMNS = 512, 8_192
_BRIEF_AXES = 24
_WIDE = 4_096
"""With so many candidates for a block, the short forms are compared first."""
_MOST_EACH = 32
"""So many copies of a track are noted at most: copies of copies are found from those."""
_SAMPLE = 2_000


@dataclass(frozen=True, slots=True)
class NearCopy:
    """Two tracks that sound the same, in order of length."""

    one: TrackId
    other: TrackId
    similarity: float


def near_copies(
    within: Neighbourhood,
    durations_ms: Mapping[TrackId, int],
    meter: Meter,
    *,
    least: float = SAME_SOUND,
    most_ms: int = MAX_DIFFERENCE_MS,
) -> Iterator[NearCopy]:
    """Yield the pairs of tracks with a cosine of at least `least` whose lengths differ by at most `most_ms`.

    Args:
        durations_ms: the tracks to compare, by length; tracks without one are not compared.
        meter: advances by a track at a time.
    """
    tracks = _Tracks.of(within, durations_ms)
    for start in range(0, len(tracks), _ROWS):
        rows = np.arange(start, min(start + _ROWS, len(tracks)))
        end = int(np.searchsorted(tracks.lengths, tracks.lengths[rows[-1]] + most_ms, side="right"))
        for one, other, cosine in tracks.pairs(rows, end, least, most_ms):
            yield NearCopy(tracks.id_at(one), tracks.id_at(other), cosine)
        meter.advance(len(rows))


class _Tracks:
    """Tracks in order of length. `lengths` (n,), int64, ascending."""

    def __init__(
        self, ids: npt.NDArray[np.bytes_], lengths: Positions, blocks: list[FloatArray], at: Positions
    ) -> None:
        self._ids, self.lengths = ids, lengths
        self._blocks = blocks
        self._starts = np.cumsum([0, *map(len, blocks)])
        self._at = at
        self._axes, self._brief = self._in_brief()

    @classmethod
    def of(cls, within: Neighbourhood, durations_ms: Mapping[TrackId, int]) -> "_Tracks":
        blocks, ids, lengths = [], [], []
        for block in within.blocks():
            found = [durations_ms.get(id_, -1) for id_ in track_ids(block.ids.tolist())]
            blocks.append(block.vectors)
            ids.append(block.ids)
            lengths.append(np.array(found, np.int64))
        if not blocks:
            none = np.zeros(0, np.int64)
            return cls(np.zeros(0, "S1"), none, [], none)
        every, every_id = np.concatenate(lengths), np.concatenate(ids)
        known = np.flatnonzero(every >= 0)
        order = known[np.lexsort((every_id[known], every[known]))]
        return cls(every_id[order], every[order], blocks, order)

    def __len__(self) -> int:
        return len(self.lengths)

    def id_at(self, row: int) -> TrackId:
        return track_ids([self._ids[row]])[0]

    def vectors(self, rows: Positions) -> FloatArray:
        """Return the vectors of rows; they are read from the index."""
        at = self._at[rows]
        which = np.searchsorted(self._starts, at, side="right") - 1
        if len(self._blocks) == 1:
            return np.asarray(self._blocks[0][at])
        found = np.empty((len(rows), self._blocks[0].shape[1]), np.float32)
        for i in np.unique(which):
            mine = which == i
            found[mine] = self._blocks[i][at[mine] - self._starts[i]]
        return found

    def pairs(self, rows: Positions, end: int, least: float, most_ms: int) -> Iterator[tuple[int, int, float]]:
        """Yield pairs of a row and a later one before `end`, with their cosine."""
        taken = np.zeros(len(rows), np.int64)
        vectors = self.vectors(rows)
        for start in range(int(rows[0]), end, _COLUMNS):
            columns = np.arange(start, min(start + _COLUMNS, end))
            first, second = self._fit(rows, columns, vectors, least)
            agree = (columns[second] > rows[first]) & (
                self.lengths[columns[second]] - self.lengths[rows[first]] <= most_ms
            )
            first, second = first[agree], second[agree]
            while len(first):  # a few of each row at a time, so that many copies of one track do not fill the memory
                nth = np.arange(len(first)) - np.searchsorted(first, first)
                now = (nth < _MOST_EACH) & (taken[first] < _MOST_EACH)
                cosines = (vectors[first[now]] * self.vectors(columns[second[now]])).sum(axis=1)
                same = cosines >= least
                for i, j, cosine in zip(first[now][same], second[now][same], cosines[same], strict=True):
                    yield int(rows[i]), int(columns[j]), min(float(cosine), 1.0)
                np.add.at(taken, first[now][same], 1)
                left = (nth >= _MOST_EACH) & (taken[first] < _MOST_EACH)
                first, second = first[left], second[left]

    def _fit(
        self, rows: Positions, columns: Positions, vectors: FloatArray, least: float
    ) -> tuple[Positions, Positions]:
        """Return the pairs that can have a cosine of `least`, as positions in `rows` and in `columns`."""
        if len(columns) < _WIDE:
            at_most = vectors @ self.vectors(columns).T
        else:
            at_most = self._brief[rows] @ self._brief[columns].T
        first, second = np.nonzero(at_most >= least - 1e-5)
        return first, second

    def _in_brief(self) -> tuple[Positions, FloatArray]:
        """Return the axes with most variance, and each vector as its numbers there and the length of the rest.

        The product of two such short forms is at least their cosine (Cauchy and Schwarz).
        """
        if not len(self):
            return np.zeros(0, np.int64), np.zeros((0, 0), np.float32)
        sample = self.vectors(evenly(len(self), _SAMPLE))
        axes = np.sort(np.argsort(-(sample**2).mean(axis=0), kind="stable")[:_BRIEF_AXES])
        brief = np.empty((len(self), len(axes) + 1), np.float32)
        for start in range(0, len(self), _COLUMNS):
            rows = np.arange(start, min(start + _COLUMNS, len(self)))
            vectors = self.vectors(rows)
            brief[rows, :-1] = vectors[:, axes]
            rest = (vectors**2).sum(axis=1) - (vectors[:, axes] ** 2).sum(axis=1)
            brief[rows, -1] = np.sqrt(np.maximum(rest, 0))
        return axes, brief
