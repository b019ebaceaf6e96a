"""Indexes that spotrec built before a set of models had one index of its own: they answer as they did."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotrec.index.build import build
from spotrec.index.changes import Changes, changes, with_changes
from spotrec.index.index import Index, load
from spotrec.index.manifest import seal
from spotrec.index.older_indexes import load_older
from spotrec.progress import Silent
from spotrec.store import FeatureStore
from spotrec.track import Ears, ModelId
from support.catalogue import embeddings_by, fill, hear, song, songs
from support.older_indexes import write_older_of

STORED = Path(__file__).with_name("older")
"""The indexes of two models, with 35 tracks in common, and what two models answered: written by spotrec 0.1.0."""
HIGH, LOW = ModelId("high", 1, 12), ModelId("low", 1, 6)
BOTH = Ears.of(HIGH, LOW)


@pytest.fixture(scope="module")
def said() -> Any:
    return json.loads((STORED / "answers.json").read_text())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Path(shutil.copytree(STORED, tmp_path / "index"))


def joined(root: Path, ears: Ears = BOTH) -> Index:
    index = load_older(root, ears)
    assert index is not None
    return index


def test_two_models_answer_as_the_version_before_did(root: Path, said: Any) -> None:
    index = joined(root)
    assert len(index) == 35
    points = index.place(np.array(said["queries"], np.float32))
    for point, expected in zip(points, said["nearest"], strict=True):
        found = index.nearest(point, 10)
        assert [near.track_id for near in found] == [id_ for id_, _ in expected]
        np.testing.assert_allclose([near.similarity for near in found], [one for _, one in expected], atol=2e-6)
    tags = np.concatenate([block.tags for block in index.blocks() if block.tags is not None])
    np.testing.assert_allclose(tags, said["tags"], atol=1e-6)
    np.testing.assert_allclose(index.tag_means, said["tag_means"], atol=1e-6)


@pytest.mark.parametrize("model", [HIGH, LOW], ids=str)
def test_one_model_answers_from_its_own_index_as_before(root: Path, model: ModelId) -> None:
    index = load(root, Ears.of(model), thorough=True)
    assert index.manifest.format == 3
    assert index.manifest.partly_heard == 0
    vectors = np.load(index.folder / "vectors.npy")
    for row in (0, 17, len(vectors) - 1):
        order = np.argsort(-(vectors @ vectors[row]), kind="stable")[:10]
        near = index.nearest(vectors[row], 10)
        assert [one.track_id for one in near] == [index.segments[0].ids[i].decode() for i in order]


def test_a_place_is_the_sum_of_what_each_adds(root: Path, said: Any) -> None:
    index, embeddings = joined(root), np.array(said["queries"], np.float32)
    placed = index.place(embeddings)
    np.testing.assert_allclose(np.linalg.norm(placed, axis=1), 1, atol=1e-6)
    parts = index.parts_of(embeddings, 2)
    np.testing.assert_allclose(parts.sum(axis=1), placed, atol=1e-6)
    np.testing.assert_allclose((parts**2).sum(axis=2), 0.5, atol=1e-6)


def test_where_one_is_missing_or_damaged_there_is_none(root: Path) -> None:
    assert load_older(root, Ears.of(HIGH, ModelId("third", 1, 6))) is None
    assert load_older(root, Ears.of(HIGH)) is None
    (path,) = root.glob("low-1/*/vectors.npy")
    path.write_bytes(b"")
    assert load_older(root, BOTH) is None


def test_models_with_other_tags_have_no_older_indexes(root: Path) -> None:
    """Their tags are one vocabulary now, which no older index has."""
    (path,) = root.glob("low-1/*/manifest.json")
    fields = json.loads(path.read_text())
    for name in ("tags.npy", "tag_means.npy"):
        np.save(path.with_name(name), np.load(path.with_name(name))[..., :2])
        fields["files"][name] = asdict(seal(path.with_name(name)))
    path.write_text(json.dumps(fields))
    assert len(load(root, Ears.of(LOW))) == 37
    assert load_older(root, BOTH) is None


def vector(n: int, model: ModelId) -> np.ndarray:
    return np.random.default_rng([n, model.dim]).standard_normal(model.dim).astype(np.float32)


def add(store: FeatureStore, *numbers: int) -> None:
    for model in BOTH.models:
        fill(store, [song(n) for n in numbers], [vector(n, model) for n in numbers], model=model)


def test_tracks_that_came_since_are_found_and_a_build_takes_their_place(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(30))
    for model in BOTH.models:
        write_older_of(tmp_path, store, model)
    add(store, 90, 91)
    index = with_changes(joined(tmp_path), embeddings_by(store, HIGH, LOW))
    assert changes(index) == Changes(2, 0)
    query = np.concatenate([vector(90, model) for model in BOTH.models])
    (near,) = index.nearest(index.place(query[None])[0], 1)
    assert near.track_id == song(90).id
    with store.catalogue.snapshot(BOTH) as catalogue:
        build(tmp_path, BOTH, catalogue, progress=Silent())
    assert load(tmp_path, BOTH).manifest.n_tracks == 32
    assert load(tmp_path, Ears.of(HIGH)).manifest.format == 3, "the older ones stay"


def test_what_one_model_heard_since_is_not_found_until_the_other_has_heard_it(
    store: FeatureStore, tmp_path: Path
) -> None:
    add(store, *range(30))
    for model in BOTH.models:
        write_older_of(tmp_path, store, model)
    store.tracks.add(songs(40, 41))
    hear(store, songs(40, 41), vector(40, HIGH), model=HIGH)
    embeddings = embeddings_by(store, HIGH, LOW)
    assert changes(with_changes(joined(tmp_path), embeddings)) == Changes(0, 0)
    hear(store, songs(40, 41), vector(40, LOW), model=LOW)
    assert changes(with_changes(joined(tmp_path), embeddings)) == Changes(1, 0)


def test_a_set_of_which_one_was_built_anew_has_no_older_indexes(store: FeatureStore, tmp_path: Path) -> None:
    """Its space knows the artists: the mean of the two would be none that was ever measured."""
    add(store, *range(30))
    for model in BOTH.models:
        write_older_of(tmp_path, store, model)
    with store.catalogue.snapshot(Ears.of(LOW)) as catalogue:
        index = build(tmp_path, Ears.of(LOW), catalogue, progress=Silent())
    assert load_older(tmp_path, BOTH) is None
    assert index.manifest.format == 4
