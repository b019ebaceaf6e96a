"""A name means the same in every command, and nothing is done for a name that means nothing."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.catalogue import CHOI, hear, scattered
from support.music import tune, write_tagged

Run = Callable[..., Any]
SONGS = {
    "Beatles/help": ("Help!", "The Beatles", "Help"),
    "Beatles/sun": ("Here Comes the Sun", "The Beatles", "Abbey Road"),
    "Björk/joga": ("Jóga", "Björk", "Homogenic"),
    "Björk/hunter": ("Hunter", "Björk", "Homogenic"),
    "roads": ("Roads", "Portishead", "Dummy"),
    "glory": ("Glory Box", "Portishead", "Dummy"),
    "god a": ("Chaos God A", "Muldjord", "Frets"),
    "god b": ("Chaos God B", "Muldjord", "Frets"),
}


@pytest.fixture
def library(spotrec: Run, store: FeatureStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds a crawled and heard folder `music`; the current one."""
    for n, (name, (title, artist, album)) in enumerate(SONGS.items()):
        write_tagged(tmp_path / "library" / "music" / f"{name}.flac", tune(n), title=title, artist=artist, album=album)
    monkeypatch.chdir(tmp_path / "library")
    spotrec("crawl", "music")
    ids = [row["track_id"] for row in json.loads(spotrec("tracks", "--json").stdout)]
    tracks = list(store.tracks.get_many(ids).values())
    hear(store, tracks, scattered(len(tracks)), model=CHOI)
    spotrec("index")
    return tmp_path / "library"


@pytest.mark.parametrize(
    "arguments",
    [
        ("query", "roads", "--exclude-known", ""),
        ("query", "roads", "--exclude-known", "collection:"),
        ("query", "roads", "--exclude-known", "artist: "),
        ("query", "roads", "--collection", " "),
        ("query", "collection:"),
        ("query", "roads", "--unlike", "Collection: "),
        ("tracks", "--collection", ""),
        ("map", "--html", "map.html", "--collection", ""),
        ("remove", "collection:", "--yes"),
        ("sync", ""),
    ],
)
def test_an_empty_name_needs_a_name_and_is_not_the_current_folder(
    spotrec: Run, library: Path, arguments: tuple[str, ...]
) -> None:
    assert "needs a name" in spotrec(*arguments, code=2).stderr


@pytest.mark.parametrize("folder", ["/", ".", "..", "{library}", "{library}/"])
def test_a_folder_above_what_was_crawled_is_not_removed_with_everything(
    spotrec: Run, library: Path, folder: str
) -> None:
    shown = spotrec("remove", folder.format(library=library), "--yes", code=2).stderr
    assert "holds everything in 1 crawled folder" in shown
    assert str(library / "music") in shown
    assert len(json.loads(spotrec("tracks", "--json").stdout)) == len(SONGS)


def test_a_folder_below_and_the_crawled_folder_itself_are_removed(spotrec: Run, library: Path) -> None:
    for name, n in (("music/Björk", 2), ("music", 6)):
        assert len(json.loads(spotrec("remove", name, "--yes", "--json").stdout)["tracks"]) == n


@pytest.mark.parametrize("folder", ["music/Björk", "./music/Björk", "{library}/music/Björk/"])
def test_a_folder_inside_a_crawled_one_is_a_collection_everywhere(spotrec: Run, library: Path, folder: str) -> None:
    folder = folder.format(library=library)
    for seed in (folder, f"collection:{folder}"):
        assert json.loads(spotrec("query", seed, "--json").stdout)["seeds"][0]["n_tracks"] == 2
    assert "but not like" in spotrec("query", "roads", "--unlike", folder).stdout
    found = json.loads(spotrec("query", "roads", "--collection", folder, "--json").stdout)["results"]
    assert {row["artists"][0] for row in found} == {"Björk"}
    found = json.loads(spotrec("query", "roads", "--exclude-known", folder, "--json").stdout)["results"]
    assert {row["artists"][0] for row in found} == {"The Beatles", "Portishead", "Muldjord"}
    assert len(json.loads(spotrec("tracks", "--collection", folder, "--json").stdout)) == 2
    spotrec("map", "--html", library / "map.html", "--collection", folder)


@pytest.mark.parametrize("command", [("query",), ("query", "roads", "--exclude-known"), ("remove", "--dry-run")])
@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("artist:portished", "no stored track has the artist “portished”", "do you mean artist:Portishead?"),
        ("album:abby road", "no stored track has the album “abby road”", "do you mean 'album:Abbey Road'?"),
        ("album:nope", "no stored track has the album “nope”", "`spotrec tracks` lists the stored tracks"),
    ],
)
def test_an_artist_or_album_that_is_not_stored_is_said_with_what_is_meant(
    spotrec: Run, library: Path, command: tuple[str, ...], name: str, message: str, hint: str
) -> None:
    shown = spotrec(*command, name, code=5).stderr
    assert message in shown
    assert hint in shown


def test_a_removal_needs_the_whole_name_and_says_it(spotrec: Run, library: Path) -> None:
    assert "do you mean 'artist:The Beatles'?" in spotrec("remove", "artist:beatles", code=5).stderr


def test_a_name_of_an_artist_offers_all_tracks_of_the_artist_to_remove(spotrec: Run, library: Path) -> None:
    shown = spotrec("remove", "portishead", code=2).stderr
    assert "artist:Portishead  all stored tracks by Portishead" in shown
    shown = spotrec("remove", "the beatles", code=2).stderr
    assert "'artist:The Beatles'  all" in shown


def test_a_typo_in_the_name_of_an_artist_is_said_and_the_name_can_be_pasted(spotrec: Run, library: Path) -> None:
    shown = spotrec("query", "the baetles").stderr
    assert "no stored artist is called “the baetles”; the closest is “The Beatles”" in shown
    assert "as with 'artist:The Beatles'" in shown


@pytest.mark.parametrize("words", ["ABBEY ROAD", "abbey-road"])
def test_the_whole_name_of_an_album_is_the_album_and_that_is_said(spotrec: Run, library: Path, words: str) -> None:
    done = spotrec("query", words)
    assert "is an album: the seed is all stored tracks on Abbey Road, as with 'album:Abbey Road'" in done.stderr
    assert "What sounds like the album Abbey Road" in done.stdout


@pytest.mark.parametrize("name", ["artist:Beatles", "album:Help", "collection:music", "music"])
def test_a_journey_says_that_it_goes_between_single_tracks(spotrec: Run, library: Path, name: str) -> None:
    shown = spotrec("journey", name, "roads", code=2).stderr
    assert f"“{name}” is not a single track" in shown
    assert "a journey begins and ends with one track" in shown


@pytest.mark.parametrize("seed", ["music", "collection:music"])
def test_a_query_without_filters_does_not_blame_filters(spotrec: Run, library: Path, seed: str) -> None:
    assert "No other track is in the index." in spotrec("query", seed).stdout
    assert "No track passes these filters." in spotrec("query", "roads", "--year", "1822").stdout


@pytest.mark.parametrize(("words", "title"), [("chaos god a", "A"), ("choas god a", "A"), ("muldjord god b", "B")])
def test_a_whole_word_comes_before_a_part_of_one(spotrec: Run, library: Path, words: str, title: str) -> None:
    assert f"What sounds like Muldjord – Chaos God {title}" in spotrec("query", words).stdout


def test_a_tag_has_the_spellings_of_a_mood(spotrec: Run, library: Path) -> None:
    for tag in ("hiphop", "Hip Hop", "female vocals<0.9", "prog<0.9"):
        spotrec("query", "roads", "--tag", tag)
    assert "similar: Hip-Hop" in spotrec("query", "roads", "--tag", "hiphopp", code=2).stderr


def test_a_folder_is_not_taken_for_a_name_that_tracks_have(spotrec: Run, library: Path) -> None:
    shutil.copytree(library / "music" / "Björk", library / "Roads")
    assert "What sounds like Portishead – Roads" in spotrec("query", "Roads").stdout
