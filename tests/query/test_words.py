"""Seeds by words that people remember: an artist's name, a title without its apostrophe, one letter wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.track import Track
from support.catalogue import fill, scattered, song, songs
from support.terminal import answered

Run = Callable[..., Any]


def library() -> list[Track]:
    return [
        *(song(n, f"Side {n}", "Billie Holiday") for n in range(4)),
        song(4, "Don’t Explain", "Nina Simone"),
        song(5, "Eternally Yours", "The Saints"),
        song(6, "So What", "Miles Davis"),
        song(7, "So What", "P!nk"),
        song(8, "Hoppípolla", "Sigur Rós"),
        song(9, "Kamikaze", "MØ"),
        song(10, "Thunderstruck", "AC/DC"),
        song(11, "Strange Fruit", "Tribute to Billie Holiday"),
        song(12, "Bug a Boo", "Destiny's Child", album="The Writing's on the Wall"),
        *songs(20, 30),
    ]


@pytest.fixture(autouse=True)
def catalogue(home: Path, spotrec: Run) -> None:
    tracks = library()
    fill(home, tracks, scattered(len(tracks)))
    spotrec("index")


def seed(spotrec: Run, *arguments: object) -> Any:
    return json.loads(spotrec("query", *arguments, "--json").stdout)["seeds"][0]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("billie holiday", "“billie holiday” is an artist"),
        ("Billie Holiday", "“Billie Holiday” is an artist"),
        ("billie holliday", "no stored artist is called “billie holliday”; the closest is “Billie Holiday”"),
        ("Bilie Holiday", "no stored artist is called “Bilie Holiday”; the closest is “Billie Holiday”"),
    ],
)
def test_an_artists_name_is_the_artist_and_that_is_said(spotrec: Run, name: str, said: str) -> None:
    found = seed(spotrec, name)
    assert (found["name"], found["kind"]) == ("Billie Holiday", "artist")
    shown = spotrec("query", name)
    assert said in shown.stderr
    assert "as with 'artist:Billie Holiday'" in shown.stderr
    assert "What sounds like the artist Billie Holiday" in shown.stdout


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("dont explain", "Don’t Explain"),
        ("don't explain", "Don’t Explain"),
        ("dont explain by nina simone", "Don’t Explain"),
        ("Eternaly", "Eternally Yours"),
        ("eternally yuors", "Eternally Yours"),
        ("hoppipolla", "Hoppípolla"),
        ("hopipolla sigur ros", "Hoppípolla"),
        ("kamikaze mo", "Kamikaze"),
        ("thunderstruck acdc", "Thunderstruck"),
        ("tunderstruck ac/dc", "Thunderstruck"),
        ("so what pink", "So What"),
        ("so what by miles davis", "So What"),
    ],
)
def test_a_title_is_found_as_people_type_it(spotrec: Run, words: str, title: str) -> None:
    assert seed(spotrec, words)["track"]["title"] == title


def test_a_corrected_word_is_said(spotrec: Run) -> None:
    assert "the closest is “The Saints – Eternally Yours”" in " ".join(spotrec("query", "Eternaly").stderr.split())
    assert "closest" not in spotrec("query", "dont explain").stderr


@pytest.mark.parametrize("words", ["so whxx", "xyzzy", "sa what", "etrnaly yuors", "holiday eternally"])
def test_two_wrong_letters_or_a_short_wrong_word_find_nothing(spotrec: Run, words: str) -> None:
    assert "no stored track has" in spotrec("query", words, code=5).stderr


def test_nothing_is_removed_for_a_misspelled_name(spotrec: Run) -> None:
    assert "there is no stored" in spotrec("remove", "Eternaly", "--yes", code=5).stderr
    assert "Don’t Explain" in spotrec("remove", "dont explain", "--dry-run").stdout


def test_artists_albums_and_lists_do_not_need_apostrophes_either(spotrec: Run) -> None:
    assert seed(spotrec, "artist:destinys child")["n_tracks"] == 1
    assert seed(spotrec, "album:the writings on the wall")["n_tracks"] == 1
    assert len(json.loads(spotrec("query", "side 1", "--artist", "pink", "--json").stdout)["results"]) == 1
    assert [row["title"] for row in json.loads(spotrec("tracks", "dont", "explain", "--json").stdout)] == [
        "Don’t Explain"
    ]
    assert len(json.loads(spotrec("tracks", "--artist", "destinys child", "--json").stdout)) == 1


def test_on_a_terminal_several_matches_give_a_numbered_choice() -> None:
    code, screen = answered(b"Which one?", b"9\nx\n2\n", "query", "so what")
    assert code == 0, screen
    assert "“9” is not one of the numbers 1 to 2" in screen
    assert "“x” is not one of the numbers 1 to 2" in screen
    assert "1  P!nk – So What" in screen
    assert "What sounds like Miles Davis – So What:" in screen


def test_a_choice_that_is_not_made_ends_as_without_a_terminal() -> None:
    code, screen = answered(b"Which one?", b"\n", "query", "--like=so what")
    assert code == 2, screen
    assert "matches 2 tracks" in screen


def test_an_option_is_chosen_for_too() -> None:
    code, screen = answered(b"Which one?", b"1\n", "query", "side 1", "--unlike=so what")
    assert code == 0, screen
    assert "but not like P!nk – So What" in " ".join(screen.split())


def test_a_choice_is_given_to_every_command(home: Path) -> None:
    code, screen = answered(b"Which one?", b"2\n", "remove", "so what", "--dry-run")
    assert code == 0, screen
    assert "Miles Davis" in screen.rpartition("Which one?")[2]


def test_without_a_terminal_there_is_no_question(spotrec_process: Run) -> None:
    done = spotrec_process("query", "so what", code=2)
    assert "Which one?" not in done.stderr
    assert song(6).id in done.stderr
