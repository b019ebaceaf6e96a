"""What others say of a track's sound, cleaned."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spotrec.names.genres import first_genre, genres, tempo, word
from spotrec.names.titles import MAX_CHARS

NO_TEMPO: list[object] = [0, -1, 1000, float("nan"), float("inf"), 10**400, "1e400", "", "fast", None, True, []]


@pytest.mark.parametrize(
    ("value", "bpm"),
    [
        (120, 120),
        (97.5, 97.5),
        ("97,5", 97.5),
        (" 128.00 ", 128),
        ("128.0004", 128),
        *((said, None) for said in NO_TEMPO),
    ],
)
def test_a_tempo_is_a_number_of_beats_that_music_can_have(value: object, bpm: float | None) -> None:
    assert tempo(value) == bpm


def test_genres_are_listed_once_in_the_order_in_which_they_were_named() -> None:
    assert genres(["Rock; Pop", "rock", "R&B/Soul", "Drum / Bass"]) == "Rock; Pop; R&B/Soul; Drum; Bass"
    assert genres(["0", "/ 0", "Folk /", "/"]) == "0; Folk"
    assert genres(["Unknown", " ", "Other"]) is None
    assert genres([]) is None
    assert first_genre("Rock; Pop") == "Rock"
    assert first_genre("Rock") == "Rock"
    assert first_genre(None) is None


@given(st.lists(st.text(), max_size=30))
@example(["0", "/ 0"])
@example(["a;/ b", "c /"])
@example(["x" * 46 + " /y"])
def test_whatever_is_said_becomes_one_short_printable_line_that_stays(said: list[str]) -> None:
    found = genres(said)
    if found is not None:
        assert found.isprintable()
        assert len(found) <= MAX_CHARS
        assert genres([found]) == found


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans()))
def test_anything_is_a_tempo_or_none(value: Any) -> None:
    bpm = tempo(value)
    assert bpm is None or 0 <= bpm <= 1000


def test_a_word_is_bounded_and_on_one_line() -> None:
    assert word(" very\n\x1b[31mcalm ") == "very [31mcalm"
    assert word("x" * 1000) == "x" * 48
    assert word(" ") is None
