"""A model of another package, from `pip install` to recommendations: the example of docs/models.md, really run."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.plugins import installed

Run = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "tests" / "example_model"


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the example was installed."""
    folder = tmp_path_factory.mktemp("packages")
    alone = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *alone, "--target", str(folder), str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def catalogue(packages: Path, tmp_path_factory: pytest.TempPathFactory, music: Path) -> Path:
    """A data folder in which the model has heard twelve tunes, and their index."""
    data = tmp_path_factory.mktemp("data")
    environment = {**os.environ, "SPOTREC_DATA_DIR": str(data), "PYTHONPATH": with_packages(packages)}
    for command in (("crawl", music), ("extract", "--model", "notes"), ("index", "--model", "notes")):
        subprocess.run([sys.executable, "-m", "spotrec", *command], env=environment, check=True, capture_output=True)
    return data


def with_packages(*folders: Path) -> str:
    return os.pathsep.join([*map(str, folders), str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])


@pytest.fixture
def ask(spotrec: Run, packages: Path, catalogue: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command on the catalogue, the package being installed for this test."""

    def run(*arguments: object, code: int = 0, data: Path = catalogue) -> Any:
        monkeypatch.setenv("SPOTREC_DATA_DIR", str(data))
        return spotrec(*arguments, code=code)

    with installed(monkeypatch, packages):
        yield run


@pytest.fixture
def ask_without(spotrec_process: Run, catalogue: Path) -> Run:
    """Run a command on the catalogue, the package being removed."""

    def run(*arguments: object, code: int = 0) -> Any:
        return spotrec_process(*arguments, code=code, SPOTREC_DATA_DIR=str(catalogue), PYTHONPATH=with_packages())

    return run


def answer(ask: Run, *arguments: object, **where: Path) -> Any:
    return json.loads(ask(*arguments, "--json", **where).stdout)


def test_it_is_one_of_the_models_and_the_store_goes_on_with_it(ask: Run) -> None:
    (notes,) = [one for one in answer(ask, "models")["models"] if one["name"] == "notes"]
    assert (notes["model"], notes["dim"], notes["weights"], notes["tracks"]) == ("notes-1", 12, "its own", 12)
    assert notes["is_in_use"]
    assert answer(ask, "status")["model"] == "notes-1"
    assert "Twelve notes (in use)" in ask("models", "show", "notes").stdout


def test_what_it_costs_is_measured(ask: Run) -> None:
    costs = {one["name"]: one["cost"] for one in answer(ask, "models", "--bench")["models"]}
    assert costs["choi"] is None, "its weights are not here"
    assert costs["notes"]["front_end_ms"] > 0
    assert costs["notes"]["network_ms"] > 0


def test_it_ranks_by_its_own_vectors(ask: Run, catalogue: Path, tmp_path: Path) -> None:
    found = answer(ask, "query", "Tune 1", "-n", "3")
    assert (found["model"], len(found["results"])) == ("notes-1", 3)
    (tmp_path / "new.wav").write_bytes(encoded(tune(1), "WAV"))  # the very same sound, in another kind of file
    store = shutil.copy(catalogue / "spotrec.db", tmp_path)  # which remembers the seed
    nearest = answer(ask, "query", tmp_path / "new.wav", "--model", "notes-1", "--store", store)["results"][0]
    assert nearest["title"] == "Tune 1"
    assert nearest["similarity"] > 0.999


def test_without_layers_and_tags_a_similarity_is_explained_as_a_whole(ask: Run) -> None:
    (result,) = answer(ask, "query", "Tune 1", "-n", "1", "--explain")["results"]
    assert result["explanation"]["text"] == "similar as a whole: the model gives no details"
    assert result["explanation"]["layers"] == []
    assert result["explanation"]["similarity"] == pytest.approx(result["similarity"], abs=1e-4)
    assert "similar as a whole" in ask("query", "Tune 1", "--explain").stdout
    both = ask("query", "--like", "Tune 1", "--like", "Tune 2", "--explain").stdout
    assert "compared with Band 0 – Tune 2: similar as a whole" in both


@pytest.mark.parametrize(
    "options", [("--mood", "chill"), ("Tune 1", "--mood", "-metal"), ("Tune 1", "--tag", "jazz")], ids=" ".join
)
def test_what_asks_for_tags_is_refused(ask: Run, options: Sequence[str]) -> None:
    said = ask("query", *options, code=2).stderr
    assert "this model has no tags" in said
    assert "`--model choi`" in said


def test_all_else_takes_it_too(ask: Run, catalogue: Path, tmp_path: Path, music: Path) -> None:
    assert [step["step"] for step in answer(ask, "journey", "Tune 1", "Tune 2", "-n", "4")["steps"]] == [1, 2, 3, 4]
    (heard,) = answer(ask, "embed", music / "tune-1.flac")
    assert (heard["model"], len(heard["vector"]), heard["tags"]) == ("notes-1", 12, {})
    assert "12" in ask("embed", music / "tune-1.flac").stdout
    evaluated = answer(ask, "evaluate", "--label", "artist", "-k", "3", "--compare")
    assert {"spotrec", "raw cosine", "MFCC", "random"} <= {one["space"] for one in evaluated["spaces"]}
    drawn = ask("map", "--html", tmp_path / "map.html", "--png", tmp_path / "map.png")
    assert "notes-1 has no tags" in drawn.stderr
    assert (tmp_path / "map.html").stat().st_size > 10_000
    for backend in ("annoy", "cells", "exact"):
        assert answer(ask, "index", "--backend", backend)["model"] == "notes-1"
        assert len(answer(ask, "query", "Tune 1", "-n", "3")["results"]) == 3
    assert ask("doctor").stdout.count("✗") == 0


def test_beside_a_network_that_tells_tags_these_can_be_asked_for(
    ask: Run, catalogue: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    data = Path(shutil.copytree(catalogue, tmp_path / "data"))
    both = ("--model", "notes", "--model", "choi")
    for command in ("extract", "index"):
        ask(command, *both, data=data)
    found = answer(ask, "query", "Tune 1", "--mood", "rock", "--tag", "rock>=0", "--explain", *both, data=data)
    assert found["model"].startswith("choi-2+")
    assert found["model"].endswith(" + notes-1")
    assert len(found["results"]) == 10
    assert set(found["results"][0]["explanation"]["mood"]) == {"rock"}


def test_its_features_go_to_another_store_and_come_back(ask: Run, tmp_path: Path) -> None:
    assert answer(ask, "features", "export", tmp_path / "notes.parquet")["models"] == {"notes-1": 12}
    table = pyarrow.parquet.read_table(tmp_path / "notes.parquet")
    assert {len(vector) for vector in table["vector"].to_pylist()} == {12}
    ask("features", "import", tmp_path / "notes.parquet", "--store", tmp_path / "other.db")
    with FeatureStore(tmp_path / "other.db") as store:
        assert store.embeddings.count_by_model() == {"notes-1": 12}


def test_the_package_removed_its_vectors_stay_and_are_listed(ask_without: Run) -> None:
    models = json.loads(ask_without("models", "--json").stdout)["models"]
    notes = models[-1]
    assert (notes["model"], notes["dim"], notes["tracks"]) == ("notes-1", 12, 12)
    assert (notes["weights"], notes["card"]) == ("gone", None)
    assert "there is no model “notes”" in ask_without("extract", "--model", "notes", code=2).stderr
    assert json.loads(ask_without("status", "--json").stdout)["model"] == "choi-2,mn04-1"


def test_it_has_no_weights_to_install_or_remove(ask: Run) -> None:
    assert "notes contains its own weights" in ask("models", "install", "notes", code=1).stderr
    assert "no weights of notes were installed" in ask("models", "remove", "notes").stdout


@pytest.mark.parametrize("name", ["pyproject.toml", "twelve_notes.py"])
def test_the_documentation_shows_the_very_files(name: str) -> None:
    shown = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert (EXAMPLE / name).read_text(encoding="utf-8") in shown
