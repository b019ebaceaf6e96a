"""Tracks that could not be used."""

from spotrec.store import FeatureStore
from spotrec.track import (
    Ears,
    Failure,
    Stage,
)
from support.catalogue import MODEL, audio_of, embedding, song


def test_failures_count_their_attempts_and_name_the_last_reason(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    store.failures.record(song(1).id, Stage.EXTRACT, "damaged", "first")
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "second")
    store.failures.record(song(2).id, Stage.EXTRACT, "silent", "other track")
    assert store.failures.get() == [
        (song(1), Failure(song(1).id, Stage.EXTRACT, "silent", "second", 2)),
        (song(2), Failure(song(2).id, Stage.EXTRACT, "silent", "other track", 1)),
    ]
    assert store.counts(Ears.of(MODEL)).failed == 2


def test_new_audio_and_a_success_forget_failures(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2), song(3)])
    for n in (1, 2, 3):
        store.failures.record(song(n).id, Stage.EXTRACT, "damaged", "")
    store.audio.save(audio_of(song(1)))
    store.embeddings.save(MODEL, [embedding(song(2))])
    assert [track.id for track, _ in store.failures.get()] == [song(3).id]
