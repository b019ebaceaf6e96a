"""What came since the index was built is found beside it, exactly."""

from pathlib import Path

import numpy as np
import pytest

from spotrec.index.backends import BACKENDS
from spotrec.index.build import build
from spotrec.index.changes import Changes, changes, rebuild_is_due, with_changes
from spotrec.index.index import Index, load
from spotrec.progress import Silent
from spotrec.store import FeatureStore
from spotrec.track import Ears, ModelId
from support.catalogue import embeddings_by, fill, hear, song, songs
from support.older_indexes import write_older

MODEL = ModelId("made-up", 1, 16)
EARS = Ears.of(MODEL)
OTHER = ModelId("other", 1, 16)


def vector(n: int, take: int = 0) -> np.ndarray:
    return np.random.default_rng([n, take]).standard_normal(16).astype(np.float32)


def add(store: FeatureStore, *numbers: int, take: int = 0, model: ModelId = MODEL) -> None:
    fill(store, [song(n) for n in numbers], np.reshape([vector(n, take) for n in numbers], (-1, 16)), model=model)


def indexed(store: FeatureStore, root: Path, backend: str = "auto") -> None:
    with store.catalogue.snapshot(EARS) as catalogue:
        build(root, EARS, catalogue, progress=Silent(), backend=backend)


def loaded(store: FeatureStore, root: Path) -> Index:
    return with_changes(load(root, EARS), embeddings_by(store, MODEL))


def found(index: Index, n: int, take: int = 0, k: int = 1) -> list[str]:
    return [near.track_id for near in index.nearest(index.place(vector(n, take)[None, :])[0], k)]


def as_if_all_were_built(store: FeatureStore, root: Path, index: Index, asked: range) -> None:
    """Beside a build of the whole, in the space of the index that is there."""
    with store.catalogue.snapshot(EARS) as catalogue:
        blocks = list(catalogue.blocks())
    ids = [id_ for block in blocks for id_ in block.ids]
    placed = index.place(np.concatenate([block.vectors for block in blocks]))
    for n in asked:
        (point,) = index.place(vector(n)[None, :])
        order = np.argsort(-(placed @ point), kind="stable")[:10]
        near = index.nearest(point, 10)
        assert [one.track_id for one in near] == [ids[i] for i in order]
        np.testing.assert_allclose([one.similarity for one in near], placed[order] @ point, atol=1e-5)


def test_nothing_new_costs_no_part(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(20))
    indexed(store, tmp_path)
    index = loaded(store, tmp_path)
    assert len(index.segments) == 1
    assert changes(index) == Changes(0, 0)


@pytest.mark.parametrize("backend", BACKENDS)
def test_new_tracks_are_found_as_if_they_had_been_built_in(store: FeatureStore, tmp_path: Path, backend: str) -> None:
    add(store, *range(0, 400, 2))
    indexed(store, tmp_path, backend)
    add(store, *range(1, 100, 2))
    index = loaded(store, tmp_path)
    assert changes(index) == Changes(50, 0)
    assert len(index) == 250
    as_if_all_were_built(store, tmp_path, index, range(40))
    assert sorted(id_.decode() for block in index.blocks() for id_ in block.ids) == sorted(
        song(n).id for n in (*range(0, 400, 2), *range(1, 100, 2))
    )


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_track_that_was_heard_anew_counts_as_it_is_now(store: FeatureStore, tmp_path: Path, backend: str) -> None:
    add(store, *range(60))
    indexed(store, tmp_path, backend)
    add(store, 7, 59, take=1)  # one in the middle, and the very last row
    index = loaded(store, tmp_path)
    assert changes(index) == Changes(0, 2)
    assert len(index) == 60
    assert found(index, 7, take=1) == [song(7).id]
    near = index.nearest(index.place(vector(7)[None, :])[0], 60)
    assert len(near) == len({one.track_id for one in near}) == 60
    assert near[0].similarity < 0.999, "what was heard before is no longer there"
    (alone,) = index.among([song(7).id]).nearest(index.place(vector(7, 1)[None, :])[0], 5)
    assert alone.similarity == pytest.approx(1, abs=1e-5)
    assert sum(len(block) for block in index.blocks()) == 60


def test_a_track_that_was_heard_again_and_sounds_the_same_is_no_change(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(30))
    indexed(store, tmp_path)
    add(store, 3, 29)
    assert changes(loaded(store, tmp_path)) == Changes(0, 0)


def test_a_seed_is_found_once_it_is_crawled(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(10))
    store.tracks.add_seed(song(50))
    for model in (MODEL, OTHER):
        hear(store, [song(50)], vector(50), model=model)
    add(store, 11, 12)
    indexed(store, tmp_path)
    assert song(50).id not in found(loaded(store, tmp_path), 50)
    store.tracks.add([song(50)])
    index = loaded(store, tmp_path)
    assert found(index, 50) == [song(50).id]
    assert changes(index) == Changes(1, 0)
    assert store.embeddings.get(song(50).id, OTHER) is not None


def test_a_seed_that_was_only_asked_about_since_is_not_found(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(10))
    indexed(store, tmp_path)
    store.tracks.add_seed(song(50))
    hear(store, [song(50)], vector(50), model=MODEL)
    assert changes(loaded(store, tmp_path)) == Changes(0, 0)


def test_what_another_model_heard_is_not_new(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(10))
    indexed(store, tmp_path)
    add(store, *range(20, 30), model=OTHER)
    assert changes(loaded(store, tmp_path)) == Changes(0, 0)


def test_row_numbers_that_are_used_again_hide_nothing(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(40))
    indexed(store, tmp_path)
    store.removal.remove([song(n).id for n in range(30, 40)])
    add(store, *range(70, 80))  # at the rows of those that went
    index = loaded(store, tmp_path)
    assert changes(index) == Changes(10, 0)
    assert [found(index, n) for n in range(70, 80)] == [[song(n).id] for n in range(70, 80)]


def test_an_index_of_another_store_lacks_nothing_of_this_one(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(20))
    indexed(store, tmp_path)
    with FeatureStore(tmp_path / "other.db") as other:
        add(other, 15, 90, 3, 91, 40)
        assert other.catalogue.since(EARS, load(tmp_path, EARS).manifest.anchors) is None
        index = loaded(other, tmp_path)
        assert changes(index) == Changes(3, 0)
        assert found(index, 91) == [song(91).id]


@pytest.mark.parametrize("fmt", [1, 2, 3])
def test_an_index_of_an_earlier_format_still_loads_and_what_it_lacks_is_found(
    store: FeatureStore, tmp_path: Path, fmt: int
) -> None:
    add(store, *range(20))
    write_older(tmp_path, MODEL, store.catalogue.read(EARS), fmt=fmt)
    add(store, 30)
    index = loaded(store, tmp_path)
    assert found(index, 30) == [song(30).id]
    assert found(index, 5) == [song(5).id]
    assert [block.tags is None for block in index.blocks()] == [fmt == 1, False]


@pytest.mark.parametrize("n_built", [0, 1, 2, 10])
@pytest.mark.parametrize("n_new", [0, 1, 3])
def test_few_tracks_are_all_found(store: FeatureStore, tmp_path: Path, n_built: int, n_new: int) -> None:
    add(store, *range(n_built))
    indexed(store, tmp_path)
    add(store, *range(100, 100 + n_new))
    index = loaded(store, tmp_path)
    near = index.nearest(index.place(vector(0)[None, :])[0], 50)
    assert len(near) == len(index) == n_built + n_new
    assert all(np.isfinite(one.similarity) for one in near)


def test_identical_tracks_built_and_new_are_in_order_of_id(store: FeatureStore, tmp_path: Path) -> None:
    fill(store, songs(0, 20, 2), vector(1), model=MODEL)
    indexed(store, tmp_path)
    fill(store, songs(1, 20, 2), vector(1), model=MODEL)
    index = loaded(store, tmp_path)
    near = index.nearest(index.place(vector(1)[None, :])[0], 8)
    assert [one.track_id for one in near] == [song(n).id for n in range(8)]


def test_a_vector_that_is_no_number_is_left_out_beside_the_index(store: FeatureStore, tmp_path: Path) -> None:
    add(store, *range(10))
    indexed(store, tmp_path)
    spoilt = vector(77)
    spoilt[3] = np.nan
    fill(store, [song(77)], spoilt, model=MODEL)
    index = loaded(store, tmp_path)
    assert changes(index) == Changes(0, 0)
    assert len(index.nearest(index.place(vector(0)[None, :])[0], 50)) == 10


def test_the_same_catalogue_read_further_on_keeps_its_generation_and_remembers_where_it_ends(
    store: FeatureStore, tmp_path: Path
) -> None:
    add(store, *range(10))
    indexed(store, tmp_path)
    before = load(tmp_path, EARS)
    add(store, *range(200, 210), model=OTHER)
    indexed(store, tmp_path)
    after = load(tmp_path, EARS)
    assert after.folder == before.folder
    assert after.manifest.anchors != before.manifest.anchors


def test_a_rebuild_is_due_when_a_thousand_or_a_tenth_changed() -> None:
    assert not rebuild_is_due(1_000, 12)
    assert rebuild_is_due(1_001, 9_000)
    assert not rebuild_is_due(9_999, 100_000)
    assert rebuild_is_due(10_001, 100_000)
