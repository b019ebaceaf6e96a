"""What networks heard."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spotrec.store import Embedding, FeatureStore
from spotrec.track import (
    Ears,
    ModelId,
    Track,
    TrackId,
)
from support.catalogue import CHOI, MODEL, OTHER_MODEL, embedding, song, songs


@pytest.fixture(scope="module")
def lasting_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FeatureStore]:
    with FeatureStore(tmp_path_factory.mktemp("store") / "spotrec.db") as store:
        store.tracks.add([song(1)])
        yield store


@given(
    vector=st.lists(st.floats(width=32), min_size=1, max_size=40),
    tags=st.lists(st.floats(width=32), max_size=50),
)
@settings(deadline=None, max_examples=60)
def test_an_embedding_comes_back_bit_for_bit(
    lasting_store: FeatureStore, vector: list[float], tags: list[float]
) -> None:
    model = ModelId("choi", 1, len(vector))
    saved = Embedding(song(1).id, np.array(vector, np.float32), np.array(tags, np.float32), "deezer", "sha")
    lasting_store.embeddings.save(model, [saved])
    read = lasting_store.embeddings.get(song(1).id, model)
    assert read is not None
    assert read.vector.dtype == np.float32
    assert read.vector.tobytes() == saved.vector.tobytes()
    assert read.tags.tobytes() == saved.tags.tobytes()
    assert (read.track_id, read.provider, read.audio_sha256) == (song(1).id, "deezer", "sha")


def test_a_strided_or_double_vector_is_stored_as_float32(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    strided = np.arange(6, dtype=np.float64)[::2]
    store.embeddings.save(MODEL, [replace(embedding(song(1)), vector=strided)])  # type: ignore[arg-type]
    read = store.embeddings.get(song(1).id, MODEL)
    assert read is not None
    assert read.vector.tolist() == [0, 2, 4]


def test_models_do_not_see_each_others_embeddings(store: FeatureStore) -> None:
    own_weights = replace(MODEL, weights="0a1b2c3d")
    store.tracks.add([song(1), song(2)])
    store.embeddings.save(MODEL, [embedding(song(1), [1] * 3)])
    store.embeddings.save(OTHER_MODEL, [embedding(song(1), [2] * 3), embedding(song(2))])
    for model, value in ((MODEL, 1), (OTHER_MODEL, 2)):
        read = store.embeddings.get(song(1).id, model)
        assert read is not None
        assert read.vector.tolist() == [value] * 3
    assert store.embeddings.get(song(2).id, MODEL) is None
    assert store.embeddings.get(song(1).id, own_weights) is None
    assert store.embeddings.count_by_model() == {"choi-1": 1, "choi-2": 2}


def test_an_embedding_made_again_replaces_the_one_before(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.embeddings.save(MODEL, [embedding(song(1), [1] * 3)])
    store.embeddings.save(MODEL, [embedding(song(1), [5] * 3)])
    catalogue = store.catalogue.read(Ears.of(MODEL))
    assert catalogue.ids == [song(1).id]
    assert catalogue.vectors.tolist() == [[5, 5, 5]]


def test_a_vector_of_another_size_is_refused(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        store.tracks.add([Track(TrackId("x"), "x")])
        wrong = Embedding(TrackId("x"), np.zeros(7, np.float32), np.zeros(50, np.float32), "file", "")
        with pytest.raises(ValueError, match="shape"):
            store.embeddings.save(CHOI, [wrong])
        assert store.embeddings.get(TrackId("x"), CHOI) is None


def test_embeddings_and_tags_of_many_tracks_come_at_once(store: FeatureStore) -> None:
    tracks = songs(1_200)
    store.tracks.add(tracks)
    store.embeddings.save(MODEL, map(embedding, tracks[:3]))
    ids = [track.id for track in tracks]
    assert set(store.embeddings.get_many(ids, MODEL)) == set(store.embeddings.tags(ids, [MODEL])[0]) == set(ids[:3])
    assert store.embeddings.get_many(ids[:1], MODEL)[ids[0]].vector.shape == (3,)
    assert len(store.candidates.get(ids)) == 1_200


def test_several_models_embeddings_come_by_one_statement(store: FeatureStore) -> None:
    tracks = songs(3)
    store.tracks.add(tracks)
    store.embeddings.save(MODEL, map(embedding, tracks))
    store.embeddings.save(OTHER_MODEL, [embedding(tracks[1])])
    ids, models = [*(track.id for track in tracks), TrackId("gone")], (OTHER_MODEL, MODEL, ModelId("other", 1, 3))
    by_other, by_model, by_none = store.embeddings.of_models(ids, models)
    assert (set(by_other), set(by_model), by_none) == ({ids[1]}, set(ids[:3]), {})
    np.testing.assert_array_equal(by_model[ids[2]].vector, embedding(tracks[2]).vector)
    by_model_alone = store.embeddings.get_many(ids, MODEL)
    tags = store.embeddings.tags(ids, models)
    assert [set(found) for found in tags] == [{ids[1]}, set(ids[:3]), set()]
    for id_ in ids[:3]:
        np.testing.assert_array_equal(tags[1][id_], by_model_alone[id_].tags)
