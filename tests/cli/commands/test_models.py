"""`spotrec models`: what it says of each, of those that only the store knows, and of packages that are broken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.recommender import Recommender
from spotrec.store import FeatureStore
from spotrec.track import ModelId
from support.catalogue import fill, songs
from support.plugins import installed, model_code, write_package

Run = Callable[..., Any]
OURS = ["choi-1", "choi-2", "musicnn-1", "mn04-1"]


def listed(spotrec: Run, *arguments: object) -> dict[str, dict[str, Any]]:
    models = json.loads(spotrec("models", "--json", *arguments).stdout)["models"]
    return {one["model"]: one for one in models}


def test_each_version_is_told_with_all_that_is_known_of_it(spotrec: Run, choi_weights: Path, home: Path) -> None:
    spotrec("models", "install", "choi", "--from", choi_weights)
    fill(home, songs(3))
    found = listed(spotrec)
    assert list(found) == OURS
    assert [name for name, one in found.items() if one["is_in_use"]] == ["choi-1"]
    choi = found["choi-1"]
    assert (choi["name"], choi["version"], choi["dim"], choi["n_bytes"]) == ("choi", 1, 160, 1_329_264)
    assert (choi["weights"], choi["tracks"], choi["cost"]) == ("published", 3, None)
    assert choi["weights_path"] == str(home / "data" / "weights" / "weights_layer4_theano.hdf5")
    card = choi["card"]
    assert (card["licence"], card["genre_precision"], card["artist_mrr"]) == ("MIT", 0.313, 0.364)
    shown = spotrec("models").stdout
    assert "choi-1, in use      160   1.3   .313    .364  published       3  MIT      https://github.com/" in shown
    one = spotrec("models", "show", "choi-1").stdout
    for words in ("MIT", "ISMIR 2017", "Million Song Dataset", "texture, timbre", "12,000 Hz", "3 heard by it"):
        assert words in one
    assert json.loads(spotrec("models", "show", "choi", "--json").stdout) == found["choi-2"]


def test_weights_of_ones_own_and_those_that_only_the_store_knows(spotrec: Run, weights: Path, home: Path) -> None:
    fill(home, songs(2), model=ModelId("choi", 2, 160, "0123abcd"))
    fill(home, songs(4), model=ModelId("clap", 3, 512))
    found = listed(spotrec, "--weights", weights)
    with Recommender(weights=weights) as recommender:
        own = str(recommender.model)
    assert own != "choi-2"
    assert {name: one["weights"] for name, one in found.items()} == {
        own.replace("choi-2", "choi-1"): "your own",
        own: "your own",
        "musicnn-1": "not here",
        "mn04-1": "not here",
        "choi-2+0123abcd": "others",
        "clap-3": "gone",
    }
    assert (found["clap-3"]["dim"], found["clap-3"]["tracks"], found["clap-3"]["card"]) == (512, 4, None)
    assert found["choi-2+0123abcd"]["card"]["licence"] == "MIT"
    assert "others: heard with other weights" in spotrec("models").stdout


def test_what_a_clip_costs_is_measured_where_weights_are_here(spotrec: Run, weights: Path, home: Path) -> None:
    found = listed(spotrec, "--bench", "--weights", weights)
    for one in found.values():
        if one["weights"] == "not here":
            assert one["cost"] is None
            continue
        assert 0.5 < one["cost"]["front_end_ms"] < 500
        assert 0.5 < one["cost"]["network_ms"] < 2_000
    assert [one["name"] for one in found.values() if one["cost"]] == ["choi", "choi"]


def test_a_store_that_cannot_be_read_is_told_of_and_the_rest_is_shown(spotrec: Run, home: Path) -> None:
    (home / "data").mkdir()
    (home / "data" / "spotrec.db").write_bytes(b"no database" * 100)
    done = spotrec("models")
    assert "choi-2" in done.stdout
    assert "spotrec.db" in done.stderr
    assert "not here" in spotrec("models", "show", "choi").stdout


def test_settings_of_a_model_that_there_is_not_leave_the_list_to_look_at(
    spotrec: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_MODEL", "vggish")
    assert not any(one["is_in_use"] for one in listed(spotrec).values())
    assert "there is no model “vggish”" in spotrec("models", "show", "vggish", code=2).stderr


def test_tracks_are_counted_in_an_index_without_reading_vectors(home: Path) -> None:
    fill(home, songs(1), model=ModelId("choi", 2, 160))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        plan = store.rows("explain query plan select model, count(*) from embedding group by model order by 1")
    assert "COVERING INDEX" in plan[0]["detail"]


class TestPackagesOfOthers:
    def test_theirs_come_after_ours_by_name_and_version(
        self, spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_package(tmp_path, "second", model_code("loud", version=10))
        write_package(tmp_path, "first", model_code("loud", version=9))
        write_package(tmp_path, "third", model_code("bass-line"))
        with installed(monkeypatch, tmp_path):
            assert list(listed(spotrec)) == [*OURS, "bass-line-1", "loud-9", "loud-10"]
            for name, network in (("loud", "loud-10"), ("loud-9", "loud-9"), ("bass-line", "bass-line-1")):
                assert json.loads(spotrec("models", "show", name, "--json").stdout)["model"] == network

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("raise RuntimeError('no CUDA')", "cannot be loaded: no CUDA"),
            ("import sys; sys.exit(7)", "cannot be loaded: 7"),
            ("OTHER = 1", "cannot be loaded: "),
            ("def broken(:", "cannot be loaded: "),
            ("MODEL = 42", "is not an AudioModel: int"),
            (model_code("choi"), "contains the model choi-1, but this name is taken"),
            (model_code("../../etc"), "its name is “../../etc”"),
            (model_code("loud-2"), "its name is “loud-2”"),
            (model_code("Loud"), "its name is “Loud”"),
            (model_code("loud", version=0), "versions start at 1"),
            (model_code("loud", dim=0), "its vectors have 0 numbers"),
            (model_code("loud", dim=4).replace("weights=WEIGHTS,", "layers=('a', 'b', 'c'),"), "3 equal layers"),
            (model_code("loud").replace("weights=WEIGHTS,", "tag_names=('a', 'a'),"), "two of its tags"),
        ],
        ids=lambda value: value.splitlines()[0][:30] if value.splitlines()[0] else "model",
    )
    def test_a_broken_one_costs_nobody_else_anything(
        self, spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: Path, code: str, said: str
    ) -> None:
        fill(home, songs(3))
        write_package(tmp_path, "broken", code)
        write_package(tmp_path, "zound", model_code("zound"))
        with installed(monkeypatch, tmp_path):
            done = spotrec("models")
            assert {*OURS, "zound-1"} <= {word.strip(",") for word in done.stdout.split()}
            assert said in done.stderr
            assert "pip uninstall broken" in done.stderr
            (trouble,) = json.loads(spotrec("models", "--json").stdout)["troubles"]
            assert said in trouble["message"]
            assert said in spotrec("status", "--model", "broken", code=1).stderr
            for command in (("index",), ("query", "Song 1"), ("status",), ("features", "export", home / "a.parquet")):
                spotrec(*command)
            assert json.loads(spotrec("status", "--json").stdout)["model"] == "choi-1"
            hint = spotrec("status", "--model", "vggish", code=2).stderr
            assert f"models are {', '.join(OURS)}, zound-1; `spotrec models` shows broken packages" in hint

    def test_of_two_that_bring_the_same_the_first_by_name_is_taken(
        self, spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write_package(tmp_path, "one", model_code("loud", dim=4))
        write_package(tmp_path, "two", model_code("loud", dim=8))
        with installed(monkeypatch, tmp_path):
            assert listed(spotrec)["loud-1"]["dim"] == 4
            assert "the package two contains the model loud-1, but this name is taken" in spotrec("models").stderr

    def test_one_that_cannot_be_measured_is_told_of(
        self, spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, weights: Path
    ) -> None:
        write_package(tmp_path, "loud", model_code().replace(".std(axis=1)", ".nonsense()"))
        with installed(monkeypatch, tmp_path):
            done = spotrec("models", "--bench", "--weights", weights, "--json")
        found = json.loads(done.stdout)
        assert "loud-1 cannot be measured" in found["troubles"][0]["message"]
        assert [one["model"].partition("+")[0] for one in found["models"] if one["cost"]] == ["choi-1", "choi-2"]
