"""Pairs of equal recordings among fingerprints that are made up: copies with wrong bits, moved, cut, and strangers."""

from collections.abc import Mapping

import numpy as np
import pytest

from spotrec.progress import Silent
from spotrec.query.same_recordings import MAX_BIT_ERRORS, SameRecording, recordings, same_recordings
from spotrec.track import TrackId
from spotrec.vectors import Fingerprint

N_WORDS = 450
RNG = np.random.default_rng(5)


def stranger(n_words: int = N_WORDS) -> Fingerprint:
    return RNG.integers(1, 2**32, n_words, dtype=np.uint32)


def copy(words: Fingerprint, errors: float) -> Fingerprint:
    """The words with a share of wrong bits, more in some words than in others, as in real copies."""
    share = RNG.beta(0.5, 0.5 / errors - 0.5, (len(words), 1))
    flips = np.packbits(RNG.random((len(words), 32)) < share, axis=1).view(np.uint32)[:, 0]
    found: Fingerprint = words ^ flips
    return found


def pairs(
    fingerprints: Mapping[str, Fingerprint], lengths: Mapping[str, int] | None = None, most_ms: int = 3_000
) -> set[frozenset[str]]:
    by_id = {TrackId(id_): words for id_, words in fingerprints.items()}
    durations = {TrackId(id_): ms for id_, ms in (lengths or {}).items()}
    with Silent().meter("compare", len(by_id)) as meter:
        found = list(same_recordings(by_id, durations, meter, most_ms=most_ms))
    assert all(0 <= pair.bit_errors <= MAX_BIT_ERRORS for pair in found)
    assert len({(pair.one, pair.other) for pair in found}) == len(found), "each pair once"
    return {frozenset({pair.one, pair.other}) for pair in found}


def test_copies_are_found_with_wrong_bits_moved_or_cut_and_strangers_are_not() -> None:
    a, b = stranger(), stranger()
    catalogue = {
        "a": a, "a, low bit rate": copy(a, 0.12), "a, later": np.concatenate([stranger(40), a]), "a, cut": a[45:],
        "b": b, "b, later and noisy": copy(np.concatenate([stranger(15), b[:-15]]), 0.08),
        **{f"stranger {i}": stranger() for i in range(200)},
    }  # fmt: skip
    one, other = {"a", "a, low bit rate", "a, later", "a, cut"}, {"b", "b, later and noisy"}
    found = pairs(catalogue)
    assert {name for pair in found for name in pair} == one | other
    assert all(pair <= one or pair <= other for pair in found)
    assert len(found) == 6 + 1


def test_too_many_wrong_bits_or_too_short_an_overlap_are_no_copy() -> None:
    a = stranger()
    assert pairs({"a": a, "b": copy(a, 0.3)}) == set()
    assert pairs({"a": a, "b": np.concatenate([stranger(350), a[:100]])}) == set(), "7 s are too few"
    assert pairs({"a": a[:90], "b": a[:90]}) == set()


def test_lengths_that_are_known_must_agree() -> None:
    a = stranger()
    both = {"a": a, "b": a.copy()}
    assert pairs(both, {"a": 200_000, "b": 203_000}) == {frozenset(both)}
    assert pairs(both, {"a": 200_000, "b": 203_001}) == set()
    assert pairs(both, {"b": 203_001}) == {frozenset(both)}
    assert pairs(both, {"a": 200_000, "b": 203_001}, most_ms=4_000) == {frozenset(both)}


def test_silence_and_steady_tones_join_nobody() -> None:
    silent = {f"silent {i}": np.concatenate([np.zeros(400, np.uint32), stranger(50)]) for i in range(30)}
    steady = {f"steady {i}": np.concatenate([np.full(200, 0xABCD, np.uint32), stranger(250)]) for i in range(30)}
    assert pairs(silent | steady) == set()


def test_a_hundred_copies_of_one_recording_are_all_joined() -> None:
    a = stranger()
    found = pairs({f"{i:03}": copy(a, 0.02) for i in range(100)})
    joined, waiting = set(), ["000"]
    while waiting:
        joined.add(one := waiting.pop())
        waiting += [name for pair in found if one in pair for name in pair - {one} - joined]
    assert len(joined) == 100


def test_copies_of_copies_are_one_recording() -> None:
    names = [("b", "a"), ("c", "d"), ("e", "d"), ("b", "e"), ("y", "x")]
    found = recordings(SameRecording(TrackId(one), TrackId(other), 0.1) for one, other in names)
    assert found.keys() == set("abcdexy")
    assert len({found[TrackId(name)] for name in "abcde"}) == 1
    assert found[TrackId("x")] == found[TrackId("y")] != found[TrackId("a")]


@pytest.mark.parametrize("n", [0, 1])
def test_nothing_to_compare_gives_nothing(n: int) -> None:
    assert pairs({f"{i}": stranger() for i in range(n)}) == set()
    assert pairs({f"{i}": np.zeros(0, np.uint32) for i in range(3)}) == set()
