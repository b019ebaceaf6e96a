"""A catalogue read piece by piece is one moment of the store, whatever is written meanwhile."""

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from spotrec.errors import StoreDamaged
from spotrec.store import FeatureStore
from spotrec.store.embedding import BLOCK
from spotrec.track import Ears, ModelId, TrackId
from support.catalogue import CHOI, MODEL, OTHER_MODEL, embedding, fill, song
from support.large_catalogue import Realistic, write_store

MADE_UP = ModelId("made-up", 1, 4)


def add(store: FeatureStore, *numbers: int, model: ModelId = MADE_UP) -> None:
    fill(store, [song(n) for n in numbers], [[n] * model.dim for n in numbers], model=model)


def test_what_is_written_meanwhile_waits_for_the_next_one(store: FeatureStore, tmp_path: Path) -> None:
    add(store, 3, 1, 2)
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue, FeatureStore(tmp_path / "spotrec.db") as other:
        add(other, 4)
        other.removal.remove([song(1).id])
        assert len(catalogue) == 3
        for _ in range(2):
            (block,) = catalogue.blocks()
            assert block.ids == [song(n).id for n in (1, 2, 3)]
            assert block.vectors[:, 0].tolist() == [1, 2, 3]
        add(other, 5)
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as later:
        assert len(later) == 4


def test_a_large_catalogue_comes_in_pieces_that_are_the_whole(store: FeatureStore, tmp_path: Path) -> None:
    write_store(tmp_path / "large.db", Realistic(BLOCK + 100))
    with FeatureStore(tmp_path / "large.db") as large, large.catalogue.snapshot(Ears.of(CHOI)) as catalogue:
        blocks = list(catalogue.blocks())
        assert [len(block) for block in blocks] == [BLOCK, 100]
        ids = [id_ for block in blocks for id_ in block.ids]
        assert ids == sorted(ids)
        whole = large.catalogue.read(Ears.of(CHOI))
        assert whole.ids == ids
        np.testing.assert_array_equal(whole.vectors, np.concatenate([block.vectors for block in blocks]))


def test_an_embedding_of_another_length_is_found_damaged(store: FeatureStore, tmp_path: Path) -> None:
    add(store, 1, 2)
    with sqlite3.connect(tmp_path / "spotrec.db") as db:
        db.execute("update embedding set vector = x'00000000' where track_id = ?", [song(2).id])
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue, pytest.raises(StoreDamaged, match=song(2).id):
        list(catalogue.blocks())


def test_an_empty_store_has_no_anchors_and_no_blocks(store: FeatureStore) -> None:
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue:
        assert (len(catalogue), list(catalogue.blocks()), catalogue.anchors) == (0, [], ())


def test_anchors_reach_from_the_last_row_ever_further_back(store: FeatureStore) -> None:
    add(store, *range(1, 101))
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue:
        assert [anchor.rowid for anchor in catalogue.anchors] == [100, 99, 97, 93, 85, 69, 37]


def test_behind_the_latest_anchor_that_holds_is_what_is_new(store: FeatureStore) -> None:
    add(store, *range(1, 101))
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue:
        anchors = catalogue.anchors
    add(store, 200, 201)
    new = store.catalogue.since(Ears.of(MADE_UP), anchors)
    assert new is not None
    assert new.ids == [song(200).id, song(201).id]
    store.removal.remove([song(100).id, song(99).id])
    further = store.catalogue.since(Ears.of(MADE_UP), anchors)
    assert further is not None
    assert further.ids == [song(98).id, song(200).id, song(201).id]
    assert store.catalogue.since(Ears.of(MADE_UP), ()) is None


@pytest.mark.parametrize("statement", ["vacuum", "reindex", "analyze"])
def test_what_is_new_is_found_after_the_file_was_tidied(store: FeatureStore, tmp_path: Path, statement: str) -> None:
    add(store, *range(1, 51))
    with store.catalogue.snapshot(Ears.of(MADE_UP)) as catalogue:
        anchors = catalogue.anchors
    store.removal.remove([song(10).id])
    add(store, 300)
    db = sqlite3.connect(tmp_path / "spotrec.db")
    db.execute(statement)
    db.close()
    new = store.catalogue.since(Ears.of(MADE_UP), anchors)
    assert new is None or song(300).id in new.ids


def test_the_catalogue_is_in_order_and_holds_neither_seeds_nor_other_models(store: FeatureStore) -> None:
    store.tracks.add([song(3), song(1), song(4)])
    store.tracks.add_seed(song(2))
    store.embeddings.save(MODEL, [embedding(song(3), [3] * 3), embedding(song(1), [1] * 3), embedding(song(2))])
    store.embeddings.save(OTHER_MODEL, [embedding(song(4))])
    catalogue = store.catalogue.read(Ears.of(MODEL))
    assert catalogue.ids == [song(1).id, song(3).id]
    assert catalogue.vectors.dtype == np.float32
    assert catalogue.vectors.tolist() == [[1, 1, 1], [3, 3, 3]]
    assert store.catalogue.read(Ears.of(ModelId("none", 1, 7))).vectors.shape == (0, 7)


def test_tags_are_averaged_over_the_catalogue_only(store: FeatureStore) -> None:
    assert store.catalogue.read(Ears.of(MODEL)).tag_means.size == 0
    store.tracks.add([song(1), song(2)])
    store.tracks.add_seed(song(3))
    for n, tags in ((1, [0, 1]), (2, [0.5, 0]), (3, [9, 9])):
        store.embeddings.save(MODEL, [embedding(song(n), tags=tags)])
    assert store.catalogue.read(Ears.of(MODEL)).tag_means.tolist() == [0.25, 0.5]
    found = store.embeddings.tags([song(2).id, TrackId("gone")], [MODEL])[0]
    assert {id_: tags.tolist() for id_, tags in found.items()} == {song(2).id: [0.5, 0]}
