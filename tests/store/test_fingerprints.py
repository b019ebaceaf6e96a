"""Fingerprints in the store: one for each track, of one version, gone with the track, and given on with it."""

import numpy as np

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import MODEL, embedding, song, write

WORDS = np.array([1, 2, 0xFFFF_FFFF], np.uint32)


def stored(store: FeatureStore, version: int = 1) -> dict[TrackId, list[int]]:
    return {id_: words.tolist() for id_, words in store.fingerprints.of_catalogue(version)}


def test_a_track_has_one_fingerprint_and_another_version_is_another_thing(store: FeatureStore) -> None:
    one, other = song(1), song(2)
    store.tracks.add([one, other])
    store.fingerprints.save({one.id: WORDS, other.id: WORDS[:0]}, 1)
    assert stored(store) == {one.id: WORDS.tolist(), other.id: []}
    store.fingerprints.save({one.id: WORDS[::-1]}, 2)
    assert stored(store) == {other.id: []}
    assert stored(store, 2) == {one.id: WORDS[::-1].tolist()}
    assert next(words for _, words in store.fingerprints.of_catalogue(2)).dtype == np.uint32


def test_those_of_some_tracks_come_with_their_lengths_also_of_seeds(store: FeatureStore) -> None:
    one, other = song(1, duration_ms=200_000), song(2)
    store.tracks.add([one])
    store.tracks.add_seed(other)
    store.fingerprints.save({one.id: WORDS, other.id: WORDS[:1]}, 1)
    found = store.fingerprints.of([one.id, other.id, song(3).id], 1)
    assert {id_: (known.words.tolist(), known.duration_ms) for id_, known in found.items()} == {
        one.id: (WORDS.tolist(), 200_000),
        other.id: (WORDS[:1].tolist(), None),
    }
    assert store.fingerprints.of([one.id], 2) == {}
    write(store.path, "update fingerprint set words = 'text'")
    assert store.fingerprints.of([one.id, other.id], 1) == {}


def test_a_removed_track_loses_it_and_an_unknown_one_gets_none(store: FeatureStore) -> None:
    one = song(1)
    store.tracks.add([one])
    store.fingerprints.save({one.id: WORDS}, 1)
    store.removal.remove([one.id])
    store.fingerprints.save({one.id: WORDS}, 1)
    assert store.rows("select * from fingerprint") == []
    assert store.integrity_faults() == []


def test_a_recording_with_two_ids_keeps_it(store: FeatureStore) -> None:
    one, other = song(1), song(2)
    store.tracks.add([one, other])
    store.fingerprints.save({other.id: WORDS}, 1)
    store.succession.take_place(other.id, one.id)
    assert stored(store) == {one.id: WORDS.tolist()}
    store.fingerprints.save({other.id: WORDS[:1]}, 1)
    assert stored(store) == {one.id: WORDS[:1].tolist()}, "its other id is an alias now"
    assert store.integrity_faults() == []


def test_a_file_with_the_same_audio_has_the_same(store: FeatureStore) -> None:
    one, other = song(1), song(2)
    store.tracks.add([one, other])
    store.fingerprints.save({one.id: WORDS}, 1)
    store.succession.copy_embeddings(one.id, other.id)
    assert stored(store) == {one.id: WORDS.tolist(), other.id: WORDS.tolist()}


def test_tracks_with_features_and_without_it_are_counted(store: FeatureStore) -> None:
    tracks = [song(1), song(2), song(3)]
    store.tracks.add(tracks)
    store.embeddings.save(MODEL, [embedding(track) for track in tracks[:2]])
    assert store.fingerprints.count_without(1) == 2
    store.fingerprints.save({tracks[0].id: WORDS}, 1)
    assert store.fingerprints.count_without(1) == 1
    assert store.fingerprints.count_without(2) == 2


def test_one_that_is_damaged_counts_as_none(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.fingerprints.save({song(1).id: WORDS}, 1)
    with store.fingerprints._db.transaction() as write:
        write.execute("update fingerprint set words = x'010203'")
    assert stored(store) == {}
