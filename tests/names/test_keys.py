"""Keys as people, files and DJs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.names.keys import MAJOR, MINOR, key_of, normalised_key


@pytest.mark.parametrize(
    ("written", "key"),
    [
        *[
            (text, "Am")
            for text in ("A minor", "Amin", "a", "Am", " am ", "A MINOR", "a-moll", "8A", "08a", "1m", "1M")
        ],
        *[(text, "Ab") for text in ("A♭ major", "Ab", "G#", "g# major", "A-flat Major", "A flat", "4B", "9d", "AbM")],
        *[(text, "F#m") for text in ("F sharp minor", "f♯", "Gbm", "F#min", "11A", "4m")],
        *[(text, "Bb") for text in ("Bb", "A#", "Bbmaj", "B♭ dur", "6B", "11d")],
        *[(text, "B") for text in ("Cb", "B", "1B", "b major")],
        *[(text, "Bbm") for text in ("bb", "B flat minor", "3A")],
        ("E#", "F"),
        ("B#m", "Cm"),
        ("8B", "C"),
    ],
)
def test_a_key_has_one_spelling(written: str, key: str) -> None:
    assert normalised_key(written) == key


@pytest.mark.parametrize(
    "written", ["", "o", "H", "13A", "0A", "8C", "A dorian", "Am/Dm", "##", "Amm", "A" * 10_000, "½"]
)
def test_what_is_no_key_is_none(written: str) -> None:
    assert normalised_key(written) is None


@pytest.mark.parametrize("key", [*MAJOR, *MINOR])
def test_the_one_spelling_stays(key: str) -> None:
    assert normalised_key(key) == key


def test_the_wheels_go_round_once() -> None:
    assert (
        {normalised_key(f"{n}A") for n in range(1, 13)} == set(MINOR) == {normalised_key(f"{n}m") for n in range(1, 13)}
    )
    assert (
        {normalised_key(f"{n}B") for n in range(1, 13)} == set(MAJOR) == {normalised_key(f"{n}d") for n in range(1, 13)}
    )


def test_spotify_counts_from_c() -> None:
    assert (key_of(0, is_major=True), key_of(9, is_major=False), key_of(11, is_major=True)) == ("C", "Am", "B")
    assert key_of(-1, is_major=True) is None, "Spotify's word for: not detected"
    assert key_of(12, is_major=False) is None


@given(st.text(max_size=30))
def test_any_text_is_a_key_or_none(text: str) -> None:
    assert normalised_key(text) in {None, *MAJOR, *MINOR}
