"""`spotrec evaluate` through the real command, over embeddings put into the store by hand."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import Track
from support.catalogue import alike, fill, scattered, song, songs

Run = Callable[..., Any]
SAME_FOLDER = "left out, because all tracks have the same value: folder"


@pytest.fixture
def catalogue(home: Path) -> list[Track]:
    """Three artists of five songs each, every artist in a corner of its own; the first song is there twice."""
    tracks = [song(n, None, f"Artist {n % 3}", path=f"/m/{n}.mp3") for n in range(15)]
    tracks.append(song(99, "Song 0", "Artist 0", path="/m/copy.mp3"))
    fill(home, tracks, alike([n % 3 for n in range(16)]))
    return tracks


def evaluated(spotrec: Run, *arguments: object) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(spotrec("evaluate", *arguments, "--json").stdout)
    return found


def scores(found: dict[str, Any], space: str = "spotrec") -> dict[str, Any]:
    (chosen,) = (one for one in found["spaces"] if one["space"] == space)
    return {score["label"]: score for score in chosen["labels"]}


def test_artists_that_sound_alike_are_found(spotrec: Run, catalogue: list[Track]) -> None:
    found = evaluated(spotrec, "--compare", "-k", 3)
    assert [space["space"] for space in found["spaces"]] == ["spotrec", "standardised", "raw cosine", "random"]
    ours, chance = scores(found)["artist"], scores(found, "random")["artist"]
    assert ours["precision"]["value"] > 0.9
    assert ours["mrr"]["value"] > 0.9
    assert chance["precision"]["value"] < 0.6
    assert ours["n_queries"] == 16
    assert found["unscored"] == ["album", "genre", "mood"]
    assert ours["differences"] is None
    assert chance["differences"]["precision"]["is_significant"]
    assert chance["differences"]["mrr"]["high"] < 0
    assert ours["macro_precision"]["low"] <= ours["macro_precision"]["value"] <= ours["macro_precision"]["high"]
    hubs = found["spaces"][0]["hubness"]
    assert hubs["coverage"] + hubs["never_recommended"] == pytest.approx(1)
    assert found["notes"] == ["MFCC is left out: 0 of 16 tracks have stored audio", SAME_FOLDER]
    assert scores(found)["recording"]["n_queries"] == 2
    assert evaluated(spotrec, "--compare", "-k", 3) == found, "the same on every run"


def test_labels_from_a_csv_and_the_artist_filter(spotrec: Run, catalogue: list[Track], tmp_path: Path) -> None:
    """The genre is the artist's: without the artists' own tracks, nobody of the genre is left."""
    table = tmp_path / "labels.csv"
    rows = [f"{n}.mp3,genre {n % 3},{'loud' if n % 2 else ''}" for n in range(15)]
    table.write_text("\n".join(["file,genre,mood", *rows]), encoding="utf-8")
    assert "genre" in evaluated(spotrec, "--labels", table)["unscored"]
    found = scores(evaluated(spotrec, "--labels", table, "--no-artist-filter", "--label", "genre", "--label", "mood"))
    assert set(found) == {"genre", "mood"}
    assert (found["genre"]["n_queries"], found["genre"]["n_values"]) == (15, 3)
    assert found["genre"]["hit_rate"]["value"] == 1
    assert found["mood"]["n_queries"] == 7
    table_of_words = spotrec("evaluate", "--labels", table, "--no-artist-filter").stdout
    assert "precision@10" in table_of_words
    assert "ever recommended" in table_of_words
    assert "16 tracks; in brackets 95 % confidence" in table_of_words


def test_what_makes_no_sense_is_said(spotrec: Run, catalogue: list[Track], tmp_path: Path) -> None:
    assert "there is no label “colour”" in spotrec("evaluate", "--label", "colour", code=2).stderr
    assert "cannot be read" in spotrec("evaluate", "--labels", tmp_path / "none.csv", code=2).stderr
    assert "cannot be read" in spotrec("evaluate", "--labels", tmp_path, code=2).stderr
    assert "there is no space “colour”" in spotrec("evaluate", "--space", "colour", code=2).stderr
    (tmp_path / "labels.csv").write_text("file,genre,genre\n0.mp3,rock,pop")
    assert "two columns" in spotrec("evaluate", "--labels", tmp_path / "labels.csv", code=2).stderr
    assert "choose a name that ends in" in spotrec("evaluate", "--plot", "plot.pdf", code=2).stderr


def test_genre_and_mood_are_labels_and_the_genre_is_the_first(spotrec: Run, catalogue: list[Track], home: Path) -> None:
    with FeatureStore(home / "data" / "spotrec.db") as store:
        sounds = [(track, n % 3) for n, track in enumerate(catalogue)]
        store.tracks.add([replace(t, genre=f"G{n}; Pop", mood="calm" if n else None) for t, n in sounds])
    found = scores(evaluated(spotrec, "--no-artist-filter"))
    assert (found["genre"]["n_queries"], found["genre"]["n_values"]) == (16, 3)
    assert found["genre"]["precision"]["value"] < 0.6, "k is 10, and a genre has four others"
    assert found["mood"]["n_values"] == 1
    assert found["mood"]["hit_rate"]["value"] == 1


def test_a_comparison_is_drawn(spotrec: Run, catalogue: list[Track], tmp_path: Path) -> None:
    done = spotrec("evaluate", "--space", "random", "--plot", tmp_path / "plot.svg", "--label", "artist")
    assert f"figures drawn in {tmp_path / 'plot.svg'}" in done.stderr
    shown = done.stdout
    assert "artist: 16 tracks, 3 values" in shown
    assert "a difference from the first row that is more than chance" in shown
    assert " *." in shown, "chance is worse, and marked"
    assert "chance" in (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_a_table_keeps_to_a_terminal_of_80_columns(spotrec_process: Run, catalogue: list[Track]) -> None:
    terminal = {"FORCE_COLOR": "1", "COLUMNS": "80", "TERM": "xterm-256color", "NO_COLOR": "1"}
    shown = spotrec_process("evaluate", "--compare", "--no-progress", **terminal).stdout
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines())) <= 80
    assert "nDCG@10" in shown


def test_more_neighbours_than_there_are_tracks_are_not_asked_for(spotrec: Run, catalogue: list[Track]) -> None:
    found = evaluated(spotrec, "-k", 1000)
    assert found["k"] == 15
    assert found["notes"] == [SAME_FOLDER, "there are only 15 other tracks, not 1000"]
    assert found["spaces"][0]["hubness"]["coverage"] == 1


@pytest.mark.parametrize("n", [3, 10])
def test_identical_tracks_have_figures(spotrec: Run, home: Path, n: int) -> None:
    tracks = [*songs(n, genre="Pop"), song(n, genre="Rock")]
    fill(home, tracks, vectors=0.7, audio="a" * 64)
    shown = spotrec("evaluate", "--compare", "--json").stdout
    assert "NaN" not in shown
    for space in json.loads(shown)["spaces"]:
        (genre,) = space["labels"]
        assert (genre["label"], genre["n_queries"]) == ("genre", n)
        assert genre["precision"]["value"] > 0.5


def test_too_few_tracks_are_no_catalogue(spotrec: Run, home: Path) -> None:
    assert "there is no store" in spotrec("evaluate", code=5).stderr
    FeatureStore(home / "data" / "spotrec.db").close()
    assert "no track has features by choi-2" in spotrec("evaluate", code=5).stderr
    assert "crawl first: `spotrec crawl SOURCE`" in spotrec("evaluate", "--compare", code=5).stderr
    for track in songs(2):
        fill(home, [track], vectors=1, audio="a" * 64)
        assert "too few for an evaluation" in spotrec("evaluate", "--compare", code=5).stderr


def test_a_comparison_begins_with_its_verdict(spotrec: Run, catalogue: list[Track]) -> None:
    shown = spotrec("evaluate", "--compare", "-k", 3).stdout
    assert shown.startswith("In short, by precision@3:\n  no other space finds more than spotrec\n")
    assert "  spotrec finds more than random: artist (" in shown
    assert "In short" not in spotrec("evaluate", "-k", 3).stdout


def test_a_model_without_features_is_named_with_the_command_that_extracts_them(
    spotrec: Run, catalogue: list[Track]
) -> None:
    shown = spotrec("evaluate", "--model", "musicnn", code=5).stderr
    assert "no track has features by musicnn-1" in shown
    assert "`spotrec extract --model musicnn`" in shown


def test_a_label_with_one_value_is_left_out_and_named(spotrec: Run, home: Path) -> None:
    fill(home, songs(6, genre="Pop", mood="calm"), vectors=scattered(6), audio="a" * 64)
    shown = spotrec("evaluate").stdout
    assert "left out, because all tracks have the same value: genre, mood" in shown
    assert "genre:" not in shown


def test_rows_of_labels_that_match_nothing_are_counted(spotrec: Run, catalogue: list[Track], tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "id,x\n" + "".join(f"{track.id},{n % 2}\n" for n, track in enumerate(catalogue)) + "deezer:track:99,1\n"
    )
    shown = spotrec("evaluate", "--labels", tmp_path / "labels.csv").stdout
    assert f"1 of {len(catalogue) + 1} rows of labels.csv name no track of this catalogue" in " ".join(shown.split())
