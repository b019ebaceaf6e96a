"""A query by several models: one space of what they say together, one index, in any order the same."""

import json
import shutil
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
from spotrec.index.joint_fit import fit
from spotrec.index.space import fit as space_of_one
from spotrec.index.summary import summarise
from spotrec.progress import Silent
from spotrec.store import Catalogue, FeatureStore
from spotrec.track import Ears
from spotrec.vectors import FloatArray
from support.catalogue import N_TAGS, hear, scattered, song
from support.older_indexes import write_older_of

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


BOTH_HEARD = range(N - 2)


def cosines(seed: int) -> FloatArray:
    """How alike `seed` is to what both heard, by definition."""
    models = (CHOI_2, MUSICNN)
    ears = Ears.of(*(model.id for model in models))
    side_by_side = np.concatenate([vectors(model)[BOTH_HEARD] for model in models], axis=1)
    known = Catalogue(
        [track.id for track in TRACKS[: N - 2]],
        side_by_side,
        np.zeros((N - 2, 1), np.float32),
        artists=[track.artists[0] for track in TRACKS[: N - 2]],
        recordings=[track.id for track in TRACKS[: N - 2]],
    )
    summary = summarise(known, ears, Silent())
    references = [model.moments() for model in models]
    placed = fit(summary.moments, references, (1, 1), summary.sample).place(side_by_side)
    return np.asarray(placed @ placed[seed])


def older_cosines(model: AudioModel, seed: int, left_out: int) -> FloatArray:
    """How alike `seed` is to all, in the space that one model had an index of."""
    known = [i for i in range(N) if i != left_out]
    placed = space_of_one(vectors(model)[known], model.moments()).place(vectors(model))
    return np.asarray(placed @ placed[seed])


def flat(text: str) -> str:
    return " ".join(text.split())


def asked(spotrec: Run, *arguments: object) -> Any:
    return json.loads(spotrec(*arguments, "--json").stdout)


def test_two_models_rank_by_what_they_say_together(spotrec: Run, store: FeatureStore) -> None:
    found = asked(spotrec, "query", "file:" + "0" * 31 + "4", "-n", "10", *BOTH)
    together = cosines(4)
    together[4] = -2
    best = np.argsort(-together)[:10]
    assert [result["title"] for result in found["results"]] == [f"Song {i}" for i in best]
    np.testing.assert_allclose([result["similarity"] for result in found["results"]], together[best], atol=1e-5)
    assert found["model"] == "choi-2 + musicnn-1"
    assert found["index"].startswith("choi-2,musicnn-1/")


def test_in_any_order_they_are_the_same(home: Path, spotrec: Run, store: FeatureStore) -> None:
    turned = ("--model", "musicnn", "--model", "choi")
    for command in (
        ("query", "Song 4"),
        ("query", "Song 4", "--explain"),
        ("journey", "Song 4", "Song 9"),
    ):
        assert asked(spotrec, *command, *turned) == asked(spotrec, *command, *BOTH)
    status, other = asked(spotrec, "status", *turned), asked(spotrec, "status", *BOTH)
    assert status | {"next_command": ""} == other | {"next_command": ""}
    spotrec("index", *turned)
    assert [path.name for path in (home / "data" / "index").iterdir()] == ["choi-2,musicnn-1"]
    assert len(list((home / "data" / "index").rglob("manifest.json"))) == 1


def test_an_index_and_a_query_tell_what_only_one_of_them_heard(home: Path, spotrec: Run, store: FeatureStore) -> None:
    built = spotrec("index", *BOTH)
    assert "28 tracks indexed (choi-2,musicnn-1/" in built.stdout
    assert "2 tracks left out, because not all of choi-2 and musicnn-1 have heard them" in flat(built.stderr)
    assert asked(spotrec, "index", *BOTH)["partly_heard"] == 2
    found = spotrec("query", "Song 4", "-n", "40", *BOTH)
    assert "2 tracks are not ranked, because not all of choi-2 + musicnn-1 have heard them" in flat(found.stderr)
    models = "--model choi --model musicnn"
    assert f"`spotrec extract {models}`, then `spotrec index {models}`" in flat(found.stderr)
    titles = {row["title"] for row in asked(spotrec, "query", "Song 4", "-n", "40", *BOTH)["results"]}
    assert titles == {f"Song {i}" for i in BOTH_HEARD} - {"Song 4"}
    alone = spotrec("query", f"Song {N - 1}", *BOTH, "--no-fetch", code=5)
    assert f"run `spotrec extract {models}`" in flat(alone.stderr)


def test_once_both_have_heard_every_track_nothing_is_left_out(spotrec: Run, store: FeatureStore) -> None:
    hear(store, [TRACKS[N - 1]], vectors(CHOI_2)[N - 1], tags=0.1, model=CHOI_2.id)
    hear(store, [TRACKS[N - 2]], vectors(MUSICNN)[N - 2], tags=0.1, model=MUSICNN.id)
    spotrec("index", *BOTH)
    result = spotrec("query", "Song 4", "-n", "40", *BOTH)
    assert "not ranked" not in flat(result.stderr)
    assert len(asked(spotrec, "query", "Song 4", "-n", "40", *BOTH)["results"]) == N - 1


def test_a_track_that_both_heard_since_is_ranked_and_not_said_to_be_left_out(spotrec: Run, store: FeatureStore) -> None:
    hear(store, [TRACKS[N - 1]], vectors(CHOI_2)[N - 1], tags=0.1, model=CHOI_2.id)
    hear(store, [TRACKS[N - 2]], vectors(MUSICNN)[N - 2], tags=0.1, model=MUSICNN.id)
    result = spotrec("query", "Song 4", "-n", "40", *BOTH)
    assert len(asked(spotrec, "query", "Song 4", "-n", "40", *BOTH)["results"]) == N - 1
    assert "not ranked" not in flat(result.stderr)


def test_two_indexes_of_the_version_before_answer_as_they_did_until_one_is_built(
    home: Path, spotrec: Run, store: FeatureStore
) -> None:
    for path in (home / "data" / "index").iterdir():
        shutil.rmtree(path)
    for model in (CHOI_2, MUSICNN):
        write_older_of(home / "data" / "index", store, model.id, model.moments())
    found = asked(spotrec, "query", "Song 4", "-n", "10", *BOTH)
    mean = (older_cosines(CHOI_2, 4, N - 1) + older_cosines(MUSICNN, 4, N - 2)) / 2
    mean[[4, N - 1, N - 2]] = -2
    best = np.argsort(-mean)[:10]
    assert [result["title"] for result in found["results"]] == [f"Song {i}" for i in best]
    np.testing.assert_allclose([result["similarity"] for result in found["results"]], mean[best], atol=1e-5)
    moody = asked(spotrec, "query", "--mood", "metal", "-n", "2", *BOTH)
    assert {row["title"] for row in moody["results"]} == {f"Song {m.id.dim % N}" for m in (CHOI_2, MUSICNN)}
    (first, *_) = asked(spotrec, "query", "Song 4", "--explain", *BOTH)["results"]
    assert [layer["name"] for layer in first["explanation"]["layers"]] == ["choi-2", "musicnn-1"]
    assert len(asked(spotrec, "journey", "Song 4", "Song 9", "-n", "6", *BOTH)["steps"]) == 6
    spotrec("index", *BOTH)
    assert asked(spotrec, "query", "Song 4", *BOTH)["index"].startswith("choi-2,musicnn-1/")


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
    spotrec("index", "--model", "musicnn")
    spotrec("index", "--model", "choi")
    assert asked(spotrec, "query", "Song 4", "--model", "musicnn")["model"] == "musicnn-1"
    assert asked(spotrec, "query", "Song 4", "--model", "choi", "--model", "choi-2")["model"] == "choi-2"


def test_a_model_without_an_index_is_named_with_what_to_do(spotrec: Run, store: FeatureStore) -> None:
    result = spotrec("query", "Song 4", "--model", "choi-2", "--model", "choi-1", code=1)
    assert "there is no index of choi-1" in result.stderr
    models = "--model choi-2 --model choi-1"
    assert f"`spotrec extract {models}`, then `spotrec index {models}`" in flat(result.stderr)


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
