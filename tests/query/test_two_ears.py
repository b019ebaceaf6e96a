"""A query by several models: each searched in its own space, ranked by the mean of what they say."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec import Recommender
from spotrec.extract.models import AudioModel
from spotrec.extract.models.choi.model import CHOI_2
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.extract.models.musicnn.model import MUSICNN
from spotrec.index.space import fit
from spotrec.store import FeatureStore
from spotrec.vectors import FloatArray
from support.catalogue import N_TAGS, fill, hear, scattered, song

Run = Callable[..., Any]
BOTH = ("--model", "choi", "--model", "musicnn")
N = 30


TRACKS = [song(i, None, f"Band {i % 7}", id=f"file:{i:032x}") for i in range(N)]


def vectors(model: AudioModel) -> FloatArray:
    return scattered(N, model.id.dim, model)


@pytest.fixture
def store(home: Path, spotrec: Run) -> FeatureStore:
    """Thirty songs that both heard, but for the last two, of which one each."""
    store = FeatureStore(home / "data" / "spotrec.db")
    store.tracks.add(TRACKS)
    for model, left_out in ((CHOI_2, N - 1), (MUSICNN, N - 2)):
        known = [i for i in range(N) if i != left_out]
        drawn = np.random.default_rng(model.id.dim).random((N, N_TAGS)) * 0.3
        drawn[model.id.dim % N, TAGS.index("metal")] = 0.9
        hear(store, [TRACKS[i] for i in known], vectors(model)[known], drawn[known], model=model.id)
    spotrec("index", *BOTH)
    return store


def cosines(model: Any, seed: int, left_out: int) -> np.ndarray:
    known = [i for i in range(N) if i != left_out]
    space = fit(vectors(model)[known], model.moments())
    placed = space.place(vectors(model))
    found: np.ndarray = placed @ placed[seed]
    return found


def asked(spotrec: Run, *arguments: object) -> Any:
    return json.loads(spotrec(*arguments, "--json").stdout)


def test_two_models_rank_by_the_mean_of_their_cosines(spotrec: Run, store: FeatureStore) -> None:
    found = asked(spotrec, "query", "file:" + "0" * 31 + "4", "-n", "10", *BOTH)
    mean = (cosines(CHOI_2, 4, N - 1) + cosines(MUSICNN, 4, N - 2)) / 2
    mean[[4, N - 1, N - 2]] = -2
    best = np.argsort(-mean)[:10]
    assert [result["title"] for result in found["results"]] == [f"Song {i}" for i in best]
    np.testing.assert_allclose([result["similarity"] for result in found["results"]], mean[best], atol=1e-5)
    assert found["model"] == "choi-2 + musicnn-1"
    assert found["index"].startswith("choi-2/")
    assert " + musicnn-1/" in found["index"]


def test_what_one_of_them_did_not_hear_is_told(home: Path, spotrec: Run, store: FeatureStore) -> None:
    fill(store, [song(99)], vectors(CHOI_2)[3], tags=0.1, model=CHOI_2.id)
    result = spotrec("query", "Song 4", *BOTH)
    assert "musicnn-1 has features of 29 of 30 tracks" in " ".join(result.stderr.split())
    assert "`spotrec extract --model musicnn-1`" in " ".join(result.stderr.split())


@pytest.mark.parametrize("seeds", [("Song 4", "Song 9"), ("Song 4", "--unlike", "Song 9"), ("artist:Band 3",)], ids=str)
def test_several_seeds_are_asked_with_as_by_one_model(
    spotrec: Run, store: FeatureStore, seeds: tuple[str, ...]
) -> None:
    found = asked(spotrec, "query", *seeds, "-n", "30", "--diversity", "0.3", "--max-per-artist", "2", *BOTH)
    assert len(found["results"]) >= 10
    assert all(-1.5 <= result["similarity"] <= 1 for result in found["results"])


def test_a_mood_is_what_they_say_on_average(spotrec: Run, store: FeatureStore) -> None:
    found = asked(spotrec, "query", "--mood", "metal", "-n", "2", *BOTH)
    assert {result["title"] for result in found["results"]} == {
        f"Song {model.id.dim % N}" for model in (CHOI_2, MUSICNN)
    }
    at_least = asked(spotrec, "query", "Song 1", "--tag", "metal>=0.4", *BOTH)
    assert {result["title"] for result in at_least["results"]} <= {"Song 10", "Song 20"}


def test_an_explanation_tells_what_each_adds(spotrec: Run, store: FeatureStore) -> None:
    (first, *_) = asked(spotrec, "query", "Song 4", "--explain", *BOTH)["results"]
    layers = first["explanation"]["layers"]
    assert [layer["name"] for layer in layers] == ["choi-2", "musicnn-1"]
    assert sum(layer["contribution"] for layer in layers) == pytest.approx(first["similarity"], abs=1e-5)
    assert "from choi-2 and" in first["explanation"]["text"]


def test_a_journey_goes_by_what_both_hear(spotrec: Run, store: FeatureStore) -> None:
    steps = asked(spotrec, "journey", "Song 4", "Song 9", "-n", "6", *BOTH)["steps"]
    assert [steps[0]["title"], steps[-1]["title"]] == ["Song 4", "Song 9"]
    assert len({step["track_id"] for step in steps}) == 6


def test_a_setting_and_commas_name_several_too(
    spotrec: Run, store: FeatureStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_flags = spotrec("query", "Song 4", *BOTH, "--json").stdout
    assert spotrec("query", "Song 4", "--model", "choi,musicnn", "--json").stdout == by_flags
    monkeypatch.setenv("SPOTREC_MODEL", "choi, musicnn")
    assert spotrec("query", "Song 4", "--json").stdout == by_flags
    assert asked(spotrec, "query", "Song 4", "--model", "musicnn")["model"] == "musicnn-1"
    assert asked(spotrec, "query", "Song 4", "--model", "choi", "--model", "choi-2")["model"] == "choi-2"


def test_a_model_without_an_index_is_named_with_what_to_do(spotrec: Run, store: FeatureStore) -> None:
    result = spotrec("query", "Song 4", "--model", "choi-2", "--model", "choi-1", code=1)
    assert "there is no index of choi-1 yet" in result.stderr
    assert "`spotrec extract --model choi-1`, then `spotrec index --model choi-1`" in " ".join(result.stderr.split())


def test_a_seed_is_heard_by_those_who_have_not_heard_it(
    spotrec: Run, music: Path, weights: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    spotrec("crawl", music)
    two = ("--model", "choi-1", "--model", "choi-2")
    spotrec("extract", *two)
    spotrec("index", *two)
    seed = home / "seed.flac"
    seed.write_bytes((music / "tune-1.flac").read_bytes() + b"\0")
    first = asked(spotrec, "query", seed, "-n", "1", *two)
    assert first["results"][0]["title"] != "Tune 1", "a copy of the seed"
    with Recommender(data_dir=home / "data") as recommender:
        heard = recommender.session.store().embeddings.count_by_model()
    assert set(heard.values()) == {13}
    assert asked(spotrec, "query", seed, "-n", "1", "--no-fetch", *two) == first
