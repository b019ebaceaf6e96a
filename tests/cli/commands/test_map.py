"""`spotrec map` through the real command, over embeddings put into the store by hand."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.system.installation import install_command
from spotrec.track import Track
from support.catalogue import fill, playlist, song, songs, songs_by_artists, sounds_by_artists

Run = Callable[..., Any]
PLAYLIST = playlist(1, "Late night")


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found is not None
    read: dict[str, Any] = json.loads(found[1])
    return read


@pytest.fixture
def store(home: Path) -> Path:
    return home / "data" / "spotrec.db"


@pytest.fixture
def catalogue(home: Path, spotrec: Run) -> list[Track]:
    """Forty tracks by eight artists, ten of them on a playlist, and an index."""
    tracks = songs_by_artists(40)
    vectors, tags = sounds_by_artists(40)
    fill(home, tracks[:30], vectors[:30], tags[:30])
    fill(home, tracks[30:], vectors[30:], tags[30:], listed_in=PLAYLIST)
    spotrec("index")
    return tracks


def test_the_catalogue_becomes_a_page_and_a_picture(spotrec: Run, catalogue: list[Track]) -> None:
    shown = spotrec("map", "--html", "music.html", "--png", "music.png")
    assert shown.stdout == "40 tracks on the map: music.html and music.png\n"
    assert shown.stderr == ""
    data = data_of(Path("music.html"))
    assert data["titles"] == [track.title for track in catalogue]
    for i, near in enumerate(data["near"]):
        first = 5 * (i // 5)
        assert set(near[:4]) == set(range(first, first + 5)) - {i}, "the artist's other songs are next"
    assert data["groups"][-1] == "other"
    assert [data["tagNames"][own[0]] for own in data["tags"]][:6] == ["rock"] * 5 + ["pop"]
    assert Path("music.png").read_bytes().startswith(b"\x89PNG")
    assert not list(Path().glob(".part-*"))


def test_the_same_store_gives_the_same_files(spotrec: Run, catalogue: list[Track]) -> None:
    for name in ("a", "b"):
        spotrec("map", "--html", f"{name}.html", "--png", f"{name}.png")
    for kind in ("html", "png"):
        assert Path(f"a.{kind}").read_bytes() == Path(f"b.{kind}").read_bytes()


@pytest.mark.parametrize(
    ("colour", "groups"),
    [("artist", [f"Artist {i}" for i in range(8)] + ["other"]), ("collection", ["Late night", "other"])],
)
def test_colours_by_what_is_asked_for(spotrec: Run, catalogue: list[Track], colour: str, groups: list[str]) -> None:
    spotrec("map", "--html", "music.html", "--colour", colour)
    assert data_of(Path("music.html"))["groups"] == groups


def test_only_a_collection(spotrec: Run, catalogue: list[Track], store: Path) -> None:
    with FeatureStore(store) as opened:
        opened.tracks.add([song(99)], PLAYLIST, 10)
    shown = spotrec("map", "--html", "night.html", "--collection", "late night", "--json")
    report = json.loads(shown.stdout)
    assert (report["n_tracks"], report["missing"], report["left_out"], report["png"]) == (10, 1, 0, None)
    assert data_of(Path("night.html"))["titles"] == [track.title for track in catalogue[30:]]
    assert "<h1>Late night</h1>" in Path("night.html").read_text()
    assert "no stored collection" in spotrec("map", "--html", "x.html", "--collection", "nope", code=5).stderr


def test_what_is_not_on_the_map_is_said(spotrec: Run, catalogue: list[Track], store: Path) -> None:
    with FeatureStore(store) as opened:
        opened.tracks.add(songs(90, 93))
    spotrec("remove", catalogue[0].id, "--yes")
    shown = spotrec("map", "--html", "music.html")
    assert shown.stdout.startswith("39 tracks on the map")
    assert "note: 3 tracks not on the map, because the index lacks them" in shown.stderr
    assert catalogue[0].title not in data_of(Path("music.html"))["titles"]


@pytest.mark.parametrize("n", [1, 2, 3, 10])
@pytest.mark.parametrize("are_equal", [True, False], ids=["equal", "different"])
def test_small_catalogues(spotrec: Run, home: Path, n: int, are_equal: bool) -> None:
    vectors, tags = sounds_by_artists(n)
    fill(home, songs_by_artists(n), *((vectors[0], tags[0]) if are_equal else (vectors, tags)))
    spotrec("index")
    spotrec("map", "--html", "music.html", "--png", "music.png")
    data = data_of(Path("music.html"))
    assert len(set(zip(data["x"], data["y"], strict=True))) == n
    assert all(len(near) == min(n - 1, 5) for near in data["near"])


def test_a_large_catalogue_is_sampled_evenly(
    spotrec: Run, catalogue: list[Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotrec.map.map.MOST_TRACKS", 14)
    shown = spotrec("map", "--html", "music.html")
    assert "14 tracks on the map" in shown.stdout
    assert "an even sample of 14 of 40 tracks is shown" in shown.stderr
    data = data_of(Path("music.html"))
    assert data["titles"][0] == "Song 0"
    assert data["titles"][-1] == "Song 39"
    assert len(data["titles"]) == 14
    assert "14 of 40 tracks" in Path("music.html").read_text()


def test_what_makes_no_sense_is_refused_before_the_work(spotrec: Run, catalogue: list[Track]) -> None:
    assert "a map needs a file" in spotrec("map", code=2).stderr
    assert "have the same file name" in spotrec("map", "--html", "a.html", "--png", "./a.html", code=2).stderr
    assert "cannot be coloured by “mood”" in spotrec("map", "--html", "a.html", "--colour", "mood", code=2).stderr
    assert "there is no folder" in spotrec("map", "--html", "nowhere/a.html", code=2).stderr
    Path("song.mp3").write_bytes(b"ID3")
    assert "is not a map" in spotrec("map", "--html", "song.mp3", code=2).stderr
    assert Path("song.mp3").read_bytes() == b"ID3"
    assert "is not a map" in spotrec("map", "--png", ".", code=2).stderr
    assert not Path("a.html").exists()


def test_without_an_index_or_a_store_it_says_what_to_do(spotrec: Run, home: Path) -> None:
    assert "hint: " in spotrec("map", "--html", "a.html", code=1).stderr
    fill(home, songs(1), vectors=1, tags=1)
    spotrec("index")
    spotrec("remove", song(0).id, "--yes")
    emptied = spotrec("map", "--html", "a.html", "--model", "choi-1", code=1)
    assert "the index has none of these tracks" in emptied.stderr
    assert not Path("a.html").exists()


def test_without_the_extra_it_says_what_to_install(
    spotrec: Run, catalogue: list[Track], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openTSNE", None)
    assert install_command("plots") in spotrec("map", "--html", "a.html", code=2).stderr


def test_open_shows_the_page(spotrec: Run, catalogue: list[Track], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """A browser of our own writes down what it was asked to show."""
    script = home / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > {home}/shown\n')
    script.chmod(0o755)
    monkeypatch.setenv("BROWSER", f"{script} %s")
    done = [sys.executable, "-m", "spotrec", "map", "--html", "music.html", "--png", "m.png", "--open"]
    subprocess.run(done, check=True, capture_output=True)
    assert (home / "shown").read_text().strip() == (home / "music.html").as_uri()
