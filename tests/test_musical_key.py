import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.musical_key import normalised_key

MINOR_BY_CAMELOT = ("G#m", "D#m", "A#m", "Fm", "Cm", "Gm", "Dm", "Am", "Em", "Bm", "F#m", "C#m")
MAJOR_BY_CAMELOT = ("B", "F#", "C#", "G#", "D#", "A#", "F", "C", "G", "D", "A", "E")


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *((text, "Am") for text in ("Am", "am", "A minor", "Amin", "a-moll", "A_minor", " A  min ", "8A", "08a", "1m")),
        *((text, "C") for text in ("C", "c", "C major", "Cmaj", "CM", "C dur", "8B", "1d")),
        *((text, "F#") for text in ("F#", "F♯", "f sharp", "Gb", "G♭ major", "G flat", "2B")),
        *((text, "A#m") for text in ("Bbm", "bbm", "B flat minor", "A#m", "3A")),
        ("Cb", "B"),
        ("E#m", "Fm"),
        ("FM", "F"),
        ("Fm", "Fm"),
    ],
)
def test_every_spelling_of_a_key_is_one_key(written: str, key: str) -> None:
    assert normalised_key(written) == key


def test_the_camelot_wheel_goes_round_by_fifths() -> None:
    assert tuple(normalised_key(f"{n}A") for n in range(1, 13)) == MINOR_BY_CAMELOT
    assert tuple(normalised_key(f"{n}B") for n in range(1, 13)) == MAJOR_BY_CAMELOT


@pytest.mark.parametrize("text", ["", "H", "o", "13A", "0A", "A minor seventh", "Am7", "Absolute", "8C", "A##", "1 2"])
def test_what_names_no_key_is_none(text: str) -> None:
    assert normalised_key(text) is None


@given(st.text(max_size=12))
def test_a_normalised_key_stays_as_it_is(text: str) -> None:
    key = normalised_key(text)
    assert key is None or normalised_key(key) == key
