"""Names of artists."""

import pytest

from spotrec.names.artists import artist_key, artist_keys


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("The Beatles", "beatles"),
        ("Ke$ha", "Kesha"),
        ("Björk", "BJORK"),
        ("AC/DC", "ac dc"),
        ("Guns N’ Roses", "Guns and Roses"),
        ("Sigur Rós", "Sigur Ros"),
        ("The The", "the the"),
        ("!!!", "!!!"),
    ],
)
def test_spellings_of_one_artist_share_a_key(one: str, other: str) -> None:
    assert artist_keys(one) == artist_keys(other)
    assert len(artist_keys(one)) == 1


def test_a_guest_is_an_artist_too_and_a_duo_is_one() -> None:
    assert artist_keys("Miles Davis feat. John Coltrane") == artist_keys("Miles Davis") | artist_keys("John Coltrane")
    assert artist_keys("Eminem (ft. Rihanna)") == artist_keys("Rihanna") | artist_keys("Eminem")
    assert len(artist_keys("Simon & Garfunkel")) == 1
    assert len(artist_keys("Daft Punk")) == 1
    assert artist_keys("Theo").isdisjoint(artist_keys("O"))


@pytest.mark.parametrize("nobody", ["Various Artists", "VA", "unknown artist", "", "  "])
def test_nobody_has_no_key(nobody: str) -> None:
    assert artist_key(nobody) == ""
    assert artist_keys(nobody) == frozenset()
