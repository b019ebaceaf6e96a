"""Why a track is among the results: exact parts, and words that say them."""

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from spotrec import Recommender
from spotrec.extract.mel import HOP, N_FFT, N_MELS
from spotrec.extract.models.choi.front_end import N_FRAMES, SAMPLE_RATE_HZ
from spotrec.extract.models.choi.graph import POOLS
from spotrec.extract.models.choi.model import CHOI_1, LAYERS
from spotrec.index.space import Space, fit
from spotrec.query.explanation import contributions, in_words, layer_shares, telling_difference
from support.catalogue import fill, scattered, song, songs, tagged

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def space() -> Space:
    return fit(scattered(50), CHOI_1.moments())


@given(st.integers(0, 10_000), st.floats(0, 20))
def test_what_the_layers_add_sums_to_where_a_track_is_placed_and_what_they_share_to_the_similarity(
    space: Space, seed: int, spread: float
) -> None:
    vectors = space.mean + spread * np.random.default_rng(seed).standard_normal((2, 160)).astype(np.float32)
    parts = space.parts(vectors, 5)
    assert parts.shape == (2, 5, 160)
    np.testing.assert_allclose(parts.sum(axis=1), space.place(vectors), atol=1e-5)
    a, b = space.place(vectors)
    assert contributions(*parts).sum() == pytest.approx(a @ b, abs=1e-5)
    np.testing.assert_allclose(contributions(*parts), contributions(*parts[::-1]), atol=1e-6)


def test_a_layer_in_which_nothing_differs_from_the_mean_adds_nothing(space: Space) -> None:
    vectors = scattered(2)
    vectors[:, 32:64] = space.mean[32:64]
    contributed = contributions(*space.parts(vectors, 5))
    assert contributed[1] == pytest.approx(0, abs=1e-6)
    assert abs(contributed[[0, 2, 3, 4]]).min() > 1e-4


@given(arrays(np.float64, 5, elements=st.floats(-1, 1)))
def test_shares_are_of_what_brings_together_and_words_are_always_found(contributed: np.ndarray) -> None:
    layers = layer_shares(contributed, LAYERS)
    assert sum(one.contribution for one in layers) == pytest.approx(contributed.sum())
    assert all(0 <= one.share <= 1 for one in layers)
    if contributed.max() > 1e-6:
        assert sum(one.share for one in layers) == pytest.approx(1, abs=1e-6)
    text = in_words(layers, (), "")
    assert "similar" in text
    assert "nan" not in text


@pytest.mark.parametrize(
    ("contributed", "text"),
    [
        ([0.5, 0.1, 0.1, 0.05, 0.0], "similar texture (layer 1: 67% of the similarity), less similar form"),
        (
            [0.1, 0.3, 0.3, 0.1, 0.0],
            "similar timbre and rhythm (layers 2 and 3: 75% of the similarity), less similar form",
        ),
        ([0.1, 0.1, 0.12, 0.1, 0.1], "similar in every layer, from texture to form"),
        ([0.3, 0.1, -0.1, 0, -0.2], "similar texture (layer 1: 75% of the similarity), different rhythm and form"),
        ([-0.1, -0.1, 0, 0, 0], "not similar in any layer"),
    ],
)
def test_layers_are_told_in_words(contributed: list[float], text: str) -> None:
    assert in_words(layer_shares(np.array(contributed), LAYERS), (), "") == text


def test_tags_and_the_most_telling_difference_are_told_after_them() -> None:
    layers = layer_shares(np.full(5, 0.1), LAYERS)
    assert in_words(layers, ("jazz", "blues"), "this one: more guitar").endswith(
        "; both: jazz, blues; this one: more guitar"
    )
    means = np.full(3, 0.1, np.float32)
    seed, track = np.array([[0.6, 0.01, 0.3], [0.5, 0.3, 0.01]], np.float32)
    names = ("rock", "jazz", "sad")
    assert telling_difference(seed, track, means, names) == "this one: more jazz"
    assert telling_difference(seed, track, means, names, [1]) == "this one: less sad"
    assert telling_difference(track, seed, means, names) == "this one: less jazz"
    assert telling_difference(seed, seed, means, names) == ""


def test_the_documented_receptive_fields_are_those_of_the_network() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d) \| (\w+) \| (\d+) \| (\d+) \| ([\d.]+) s", text, flags=re.MULTILINE)
    mel = frames = mel_step = frame_step = 1
    computed = []
    for block, (name, (pool_mel, pool_frames)) in enumerate(zip(LAYERS, POOLS, strict=True), 1):
        mel += 2 * mel_step + (pool_mel - 1) * mel_step
        frames += 2 * frame_step + (pool_frames - 1) * frame_step
        mel_step, frame_step = mel_step * pool_mel, frame_step * pool_frames
        seen_mel, seen_frames = min(mel, N_MELS), min(frames, N_FRAMES)
        seconds = ((seen_frames - 1) * HOP + N_FFT) / SAMPLE_RATE_HZ
        computed.append((block, name, seen_mel, seen_frames, round(seconds, 2)))
    assert [(int(b), name, int(m), int(f), float(s)) for b, name, m, f, s in rows] == computed


def explained(spotrec: Run, *arguments: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(spotrec("query", *arguments, "--explain", "--json").stdout)["results"]
    return rows


def test_the_explanation_of_one_seed_adds_up_to_the_similarity(spotrec: Run, home: Path) -> None:
    fill(home, songs(20), scattered(20), tagged(20, jazz={0: 0.8, 4: 0.7}))
    spotrec("index")
    for row in explained(spotrec, song(0).id, "-n", 19):
        why = row["explanation"]
        assert why["beside"] == {"track_id": song(0).id, "name": "Artist 0 – Song 0"}
        assert why["similarity"] == pytest.approx(row["similarity"], abs=1e-5)
        assert sum(layer["contribution"] for layer in why["layers"]) == pytest.approx(row["similarity"], abs=1e-4)
        assert [layer["name"] for layer in why["layers"]] == list(LAYERS)
        assert why["tags"] == row["tags"]
        assert ("both: jazz" in why["text"]) == (row["track_id"] == song(4).id)
        assert "this one: less jazz" in why["text"] or row["track_id"] == song(4).id


def test_tracks_alike_in_one_layer_only_are_said_to_be(spotrec: Run, home: Path) -> None:
    vectors = scattered(30)
    vectors[1] = vectors[0]
    vectors[1, 64:] = scattered(1, seed=5)[0, 64:]
    vectors[2] = vectors[0]
    vectors[2, :96] = scattered(1, seed=6)[0, :96]
    fill(home, songs(30), vectors)
    spotrec("index")
    told = {row["track_id"]: row["explanation"]["layers"] for row in explained(spotrec, song(0).id, "-n", 29)}
    first, last = ([layer["contribution"] for layer in told[song(i).id]] for i in (1, 2))
    assert min(first[:2]) > max(first[2:])
    assert min(last[3:]) > max(last[:3])


def test_of_several_seeds_each_result_is_held_beside_the_nearest(spotrec: Run, home: Path) -> None:
    vectors = scattered(20)
    vectors[5] = vectors[0] + 0.01 * vectors[5]
    vectors[6] = vectors[1] + 0.01 * vectors[6]
    fill(home, songs(20), vectors)
    spotrec("index")
    rows = {row["track_id"]: row["explanation"] for row in explained(spotrec, song(0).id, song(1).id)}
    assert rows[song(5).id]["beside"]["track_id"] == song(0).id
    assert rows[song(6).id]["beside"]["track_id"] == song(1).id
    assert rows[song(6).id]["text"].startswith("compared with Artist 1 – Song 1: ")


def test_a_mood_is_explained_by_how_far_a_track_is_from_the_usual(spotrec: Run, home: Path) -> None:
    fill(home, songs(20), scattered(20), tagged(20, metal={3: 0.9}, jazz={3: 0.001}))
    spotrec("index")
    why = explained(spotrec, "--mood", "metal -jazz")[0]["explanation"]
    assert why["text"] == "metal: far more than usual, jazz: far less than usual"
    assert why["mood"]["metal"] > 3 > -3 > why["mood"]["jazz"]
    assert why["layers"] == []
    both = explained(spotrec, song(0).id, "--mood", "metal")[0]["explanation"]
    assert both["text"].startswith("similar")
    assert both["text"].endswith("usual")


def test_without_explain_nothing_is_explained_and_with_it_tables_and_csv_say_why(spotrec: Run, home: Path) -> None:
    fill(home, songs(5), scattered(5))
    spotrec("index")
    assert "explanation" not in json.loads(spotrec("query", song(0).id, "--json").stdout)["results"][0]
    assert "explanation" not in spotrec("query", song(0).id, "--csv").stdout
    rows = list(csv.DictReader(io.StringIO(spotrec("query", song(0).id, "--csv", "--explain").stdout)))
    assert all("similar" in row["explanation"] for row in rows)
    table = " ".join(spotrec("query", song(0).id, "--explain").stdout.split())
    assert sum(row["explanation"].partition(" (")[0] in table for row in rows) == 4


@pytest.mark.parametrize("n", [1, 2, 10])
def test_few_or_identical_tracks_are_explained_without_nan(spotrec: Run, home: Path, n: int) -> None:
    fill(home, songs(n), vectors=1)
    spotrec("index")
    assert "NaN" not in spotrec("query", song(0).id, "--explain", "--json").stdout
    assert len(explained(spotrec, song(0).id)) == n - 1


def test_another_excerpt_of_a_piece_is_alike_in_more_than_one_layer(heard_clips: Path) -> None:
    with Recommender(data_dir=heard_clips) as recommender:
        first = recommender.query("fretsonfire-songs-muldjord--chaos-god--a", n=1, explain=True).results[0]
    assert first.track.title == "fretsonfire-songs-muldjord--chaos-god--b"
    assert first.explanation is not None
    assert sum(layer.contribution > 0.05 for layer in first.explanation.layers) >= 3
    assert "metal" in first.explanation.tags
