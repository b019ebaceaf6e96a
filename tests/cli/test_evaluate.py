"""`spotrec evaluate` through the real command, over embeddings put into the store by hand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.store import Embedding, FeatureStore
from spotrec.track import ModelId, Track, TrackId

Run = Callable[..., Any]
CHOI = ModelId("choi", 1, 160)


@pytest.fixture
def catalogue(home: Path) -> list[Track]:
    """Three artists of five songs each, every artist in a corner of its own; the first song is there twice."""
    rng = np.random.default_rng(0)
    corners = rng.standard_normal((3, 160))
    tracks = [
        Track(TrackId(f"file:{n:032x}"), f"Song {n}", (f"Artist {n % 3}",), path=f"/m/{n}.mp3") for n in range(15)
    ]
    tracks.append(Track(TrackId("file:" + "f" * 32), "Song 0", ("Artist 0",), path="/m/copy.mp3"))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.add_tracks(tracks)
        for n, track in enumerate(tracks):
            vector = (corners[n % 3] + 0.3 * rng.standard_normal(160)).astype(np.float32)
            heard = Embedding(track.id, vector, np.full(50, 0.1, np.float32), "file", f"{n:064x}")
            store.save_embeddings(CHOI, [heard])
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
    assert found["unscored"] == ["album"]
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
    assert "tracks are ever recommended" in table_of_words


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "does not say which tracks"),
        (b"genre,mood\nrock,loud", "does not say which tracks"),
        (b"file,genre\nnobody.mp3,rock", "labels no track of this catalogue"),
        (b"file,genre\n\xff\xfe,x", "cannot be read as a CSV"),
        (b"file,genre\n" + b"x" * 200_000 + b",rock", "cannot be read as a CSV"),
    ],
)
def test_a_table_that_is_none_is_refused(
    spotrec: Run, catalogue: list[Track], tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / "labels.csv").write_bytes(content)
    assert said in spotrec("evaluate", "--labels", tmp_path / "labels.csv", code=2).stderr


def test_what_makes_no_sense_is_said(spotrec: Run, catalogue: list[Track], tmp_path: Path) -> None:
    assert "there is no label “colour”" in spotrec("evaluate", "--label", "colour", code=2).stderr
    assert "cannot be read" in spotrec("evaluate", "--labels", tmp_path / "none.csv", code=2).stderr
    assert "cannot be read" in spotrec("evaluate", "--labels", tmp_path, code=2).stderr


def test_too_few_tracks_are_no_catalogue(spotrec: Run, home: Path) -> None:
    assert "there is no store" in spotrec("evaluate", code=5).stderr
    FeatureStore(home / "data" / "spotrec.db").close()
    assert "0 tracks cannot be told apart" in spotrec("evaluate", code=5).stderr
