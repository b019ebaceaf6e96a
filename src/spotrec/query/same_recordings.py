"""Pairs of tracks whose audio is one recording: their fingerprints agree, whatever the codec, the level, or a cut.

Copies have words of their fingerprints in common, at one offset; strangers hardly any. So all words are sorted, of a
catalogue a sixteenth of them at a time, and only pairs with several equal words at one offset are compared bit by bit
(Haitsma and Kalker's search, for all pairs at once).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import numpy.typing as npt

from spotrec.audio.fingerprint import WORDS_PER_S, bit_error_rate
from spotrec.progress import Meter
from spotrec.track import TrackId
from spotrec.vectors import Fingerprint, Positions

MAX_BIT_ERRORS = 0.17
"""The largest share of bits that differ between two copies; docs/quality.md has how it was chosen."""
MIN_OVERLAP_S = 10.0
_MIN_WORDS = 3  # equal ones at one offset
_PARTS = 16
_SORTED_AT_ONCE = 1 << 17
"""So few words are sorted in one part."""
_NEIGHBOURS = 16
"""With so many of the next tracks with the same word, in order of length, each is compared: copies of copies are found
from those, and a word that thousands of tracks have costs no more than that."""
_MOST_WORDS = 1 << 12  # of a fingerprint; longer ones are cut


@dataclass(frozen=True, slots=True)
class SameRecording:
    """Two tracks that are one recording, and the share of bits that differ, 0 to 1."""

    one: TrackId
    other: TrackId
    bit_errors: float


def same_recordings(
    fingerprints: Mapping[TrackId, Fingerprint],
    durations_ms: Mapping[TrackId, int],
    meter: Meter,
    *,
    most_ms: int,
) -> Iterator[SameRecording]:
    """Yield the pairs of tracks with one audio. Lengths that are both known may differ by at most `most_ms`.

    Args:
        meter: advances to the number of fingerprints.
    """
    ids = sorted(fingerprints, key=lambda id_: (durations_ms.get(id_, 0), id_))
    lengths = np.array([durations_ms.get(id_, 0) for id_ in ids], np.int64)
    each = [fingerprints[id_][:_MOST_WORDS] for id_ in ids]
    starts = np.fromiter(accumulate(map(len, each), initial=0), np.int64, len(each) + 1)
    words = np.concatenate(each) if each else np.zeros(0, np.uint32)
    n_parts = _PARTS if len(words) > _SORTED_AT_ONCE else 1
    parts = _parts(words, n_parts)
    counted = [np.zeros(0, np.int64)]
    for part in range(n_parts):
        counted.append(_with_equal_words(words, np.flatnonzero(parts == part), starts, lengths, most_ms))
        meter.advance(len(ids) * (part + 1) // n_parts - len(ids) * part // n_parts)
    pairs, n_equal = np.unique(np.concatenate(counted), return_counts=True)
    found: dict[tuple[int, int], float] = {}
    for pair in pairs[n_equal >= _MIN_WORDS].tolist():
        one, other, offset = pair >> 38, pair >> 13 & (1 << 25) - 1, (pair & (1 << 13) - 1) - _MOST_WORDS
        overlap = min(len(each[one]) - max(0, offset), len(each[other]) - max(0, -offset))
        if overlap >= MIN_OVERLAP_S * WORDS_PER_S:
            errors = bit_error_rate(each[one], each[other], offset)
            if errors <= MAX_BIT_ERRORS:
                found[one, other] = min(errors, found.get((one, other), 1.0))
    for (one, other), errors in found.items():
        yield SameRecording(ids[one], ids[other], errors)


def recordings(pairs: Iterable[SameRecording]) -> dict[TrackId, TrackId]:
    """Return for each track of these pairs one that stands for its recording: copies of copies are copies."""
    parents: dict[TrackId, TrackId] = {}

    def root(id_: TrackId) -> TrackId:
        while (parent := parents.setdefault(id_, id_)) != id_:
            parents[id_] = id_ = parents[parent]
        return id_

    for pair in pairs:
        parents[root(pair.other)] = root(pair.one)
    return {id_: root(id_) for id_ in list(parents)}


def _parts(words: Fingerprint, n_parts: int) -> npt.NDArray[np.uint8]:
    """Return the part that each word is sorted in; `n_parts`, a power of two, for words that tell nothing."""
    parts = words.astype(np.uint8) & np.uint8(n_parts - 1)
    parts[1:][words[1:] == words[:-1]] = n_parts  # a steady tone is one word for seconds
    parts[words == 0] = n_parts  # silence
    return parts


def _with_equal_words(
    words: Fingerprint, at: Positions, starts: Positions, lengths: Positions, most_ms: int
) -> Positions:
    """Return pairs of tracks with an equal word, as 25 bits for each track and 13 for the offset, once for each word.

    Args:
        at: the positions of the words to consider.
    """
    keys = words[at].astype(np.uint64) << np.uint64(32) | at.astype(np.uint64)
    keys.sort()
    mine, at = (keys >> np.uint64(32)).astype(np.uint32), (keys & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    pairs = [np.zeros(0, np.int64)]
    for step in range(1, _NEIGHBOURS + 1):
        same = np.flatnonzero(mine[step:] == mine[:-step])
        if not len(same):
            break
        one = np.searchsorted(starts, at[same], side="right") - 1
        other = np.searchsorted(starts, at[same + step], side="right") - 1
        shift = (at[same] - starts[one]) - (at[same + step] - starts[other])
        agree = (one != other) & ((lengths[other] - lengths[one] <= most_ms) | (lengths[one] == 0))
        pairs.append(one[agree] << 38 | other[agree] << 13 | shift[agree] + _MOST_WORDS)
    return np.concatenate(pairs)
