"""What an index of somebody else's can hold, and what makes it none."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.errors import IndexFault
from spotrec.index.backends.exact import BOUNDED_FROM
from spotrec.index.build import build
from spotrec.index.inspection import inspect, inspect_apart
from spotrec.progress import Silent
from spotrec.store import Catalogue
from spotrec.track import Ears, ModelId, TrackId
from support.catalogue import CHOI_EARS
from support.earlier_index import give_short_forms
from support.large_catalogue import Realistic

MODEL = ModelId("made-up", 1, 16)
EARS = Ears.of(MODEL)


@pytest.fixture(scope="module", params=["exact", "cells", "annoy"])
def sound(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    random, n = np.random.default_rng(0), 60
    root = tmp_path_factory.mktemp("sound")
    vectors = random.standard_normal((n, MODEL.dim)).astype(np.float32)
    tags = random.random((n, 5)).astype(np.float32)
    ids = [TrackId(f"file:{i:032x}") for i in range(n)]
    build(root, EARS, Catalogue(ids, vectors, tags), progress=Silent(), backend=request.param, trees=3)
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
    inspect(root, EARS)
    assert inspect_apart(root, EARS) is None


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
        ("tag_means.npy", lambda v: v - 1, "not probabilities"),
        ("tag_means.npy", lambda v: v.astype(">f4"), "damaged"),
    ],
)
def test_numbers_that_can_be_none_of_an_index_are_refused(root: Path, name: str, make: Any, said: str) -> None:
    path = folder_of(root) / name
    np.save(path, make(np.load(path)))
    seal(root, name)
    with pytest.raises(IndexFault, match=said):
        inspect(root, EARS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mean_0", np.nan),
        ("scale_0", 0.0),
        ("projection_0", np.inf),
        ("weights", np.nan),
        ("weights", -1.0),
        ("weights", 0.0),
        ("weights", 2.0),
    ],
)
def test_a_space_that_is_none_is_refused(root: Path, name: str, value: float) -> None:
    path = folder_of(root) / "space.npz"
    good = dict(np.load(path))
    np.savez(path, **{**good, name: np.full_like(good[name], value)})
    seal(root, "space.npz")
    with pytest.raises(IndexFault, match="space"):
        inspect(root, EARS)


def test_a_space_in_which_vectors_have_no_place_is_refused(root: Path) -> None:
    path = folder_of(root) / "space.npz"
    good = dict(np.load(path))
    np.savez(path, **{**good, "scale_0": np.full_like(good["scale_0"], 1e-45)})
    seal(root, "space.npz")
    with pytest.raises(IndexFault, match="the scale of the space is not positive"):
        inspect(root, EARS)


def test_tags_of_another_model_are_refused(root: Path) -> None:
    inspect(root, EARS, n_tags=5)
    assert inspect_apart(root, EARS, n_tags=50) == "it has 5 tags; the model has 50"


def test_trees_that_lead_elsewhere_are_refused_wherever_they_do(sound: Path, tmp_path: Path) -> None:
    """Annoy follows a node to any place in memory, or for ever; twenty searches need not come across it."""
    path = folder_of(sound) / "trees.ann"
    if not path.is_file():
        pytest.skip("an index without trees")
    nodes = np.fromfile(path, np.int32).reshape(-1, MODEL.dim + 3)
    splits = np.flatnonzero((np.arange(len(nodes)) >= 60) & (nodes[:, 0] > MODEL.dim + 2))
    lists = np.flatnonzero((np.arange(len(nodes)) >= 60) & (nodes[:, 0] <= MODEL.dim + 2))
    assert len(splits)
    assert len(lists)
    forged = [
        *((row, 1, value) for row in splits[:3] for value in (-1, row, len(nodes), 2**31 - 1)),
        *((row, 1, value) for row in lists[:3] for value in (-1, 60, 2**31 - 1)),
        *((row, 0, value) for row in (0, splits[0], lists[0]) for value in (-1, 0, 2**31 - 1)),
    ]
    for i, (row, column, value) in enumerate(forged):
        root = Path(shutil.copytree(sound, tmp_path / str(i)))
        spoilt = nodes.copy()
        spoilt[row, column] = value
        spoilt.tofile(folder_of(root) / "trees.ann")
        seal(root, "trees.ann")
        assert inspect_apart(root, EARS) is not None


def test_columns_and_earlier_short_forms_that_hide_tracks_are_refused(tmp_path: Path) -> None:
    n = BOUNDED_FROM
    ids = [TrackId(f"file:{i:032x}") for i in range(n)]
    root = tmp_path / "root"
    build(
        root,
        CHOI_EARS,
        Catalogue(ids, Realistic(n).vectors(), np.zeros((n, 5), np.float32)),
        progress=Silent(),
        backend="exact",
    )
    inspect(root, CHOI_EARS)
    earlier = Path(shutil.copytree(root, tmp_path / "earlier"))
    give_short_forms(folder_of(earlier))
    inspect(earlier, CHOI_EARS)
    for of, name, what in ((root, "columns.npy", "columns"), (earlier, "bounds.npy", "short forms")):
        path = folder_of(of) / name
        np.save(path, np.load(path) - 1)
        seal(of, name)
        with pytest.raises(IndexFault, match=what):
            inspect(of, CHOI_EARS)
