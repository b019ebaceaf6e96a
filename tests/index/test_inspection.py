"""What an index of somebody else's can hold, and what makes it none."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.errors import IndexFault
from spotrec.index.build import build
from spotrec.index.inspection import inspect, inspect_apart
from spotrec.progress import Silent
from spotrec.store import Catalogue
from spotrec.track import ModelId, TrackId

MODEL = ModelId("made-up", 1, 16)


@pytest.fixture(scope="module", params=["exact", "annoy"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    random, n = np.random.default_rng(0), 60
    root = tmp_path_factory.mktemp("sound")
    vectors = random.standard_normal((n, MODEL.dim)).astype(np.float32)
    tags = random.random((n, 5)).astype(np.float32)
    ids = [TrackId(f"file:{i:032x}") for i in range(n)]
    build(root, MODEL, Catalogue(ids, vectors, tags), progress=Silent(), backend=request.param, trees=3)
    return root


@pytest.fixture
def root(sound: Path, tmp_path: Path) -> Path:
    """A copy to spoil."""
    return Path(shutil.copytree(sound, tmp_path / "index"))


def folder_of(root: Path) -> Path:
    (manifest,) = root.rglob("manifest.json")
    return manifest.parent


def seal(root: Path, name: str) -> None:
    """Let the manifest agree with a file."""
    folder = folder_of(root)
    content, manifest = (folder / name).read_bytes(), json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = {"n_bytes": len(content), "mtime_ns": 1, "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_a_sound_index_is_taken(root: Path) -> None:
    inspect(root, MODEL)
    assert inspect_apart(root, MODEL) is None


@pytest.mark.parametrize(
    ("name", "make", "said"),
    [
        ("vectors.npy", lambda v: np.full_like(v, np.nan), "not of unit length"),
        ("vectors.npy", lambda v: v * 3, "not of unit length"),
        ("vectors.npy", lambda v: v[:, 1:], "wrong shape"),
        ("vectors.npy", lambda v: v.astype(np.float64), "wrong shape"),
        ("ids.npy", lambda v: v[::-1], "not in order"),
        ("ids.npy", lambda v: np.repeat(v[:1], len(v)), "not in order"),
        ("ids.npy", lambda v: np.char.add(v, b"\xff\x1b[2J"), "ids are not valid"),
        ("ids.npy", lambda v: v.astype(str), "wrong shape"),
        ("tags.npy", lambda v: np.full_like(v, np.nan), "not probabilities"),
        ("tags.npy", lambda v: v + 2, "not probabilities"),
        ("tag_means.npy", lambda v: np.full_like(v, np.inf), "not numbers"),
        ("tag_means.npy", lambda v: v[None], "means of the tags"),
    ],
)
def test_numbers_that_can_be_none_of_an_index_are_refused(root: Path, name: str, make: Any, said: str) -> None:
    path = folder_of(root) / name
    np.save(path, make(np.load(path)))
    seal(root, name)
    with pytest.raises(IndexFault, match=said):
        inspect(root, MODEL)


@pytest.mark.parametrize(("name", "value"), [("mean", np.nan), ("scale", 0.0), ("projection", np.inf)])
def test_a_space_that_is_none_is_refused(root: Path, name: str, value: float) -> None:
    path = folder_of(root) / "space.npz"
    good = dict(np.load(path))
    np.savez(path, **{**good, name: np.full_like(good[name], value)})
    seal(root, "space.npz")
    with pytest.raises(IndexFault, match="space"):
        inspect(root, MODEL)
