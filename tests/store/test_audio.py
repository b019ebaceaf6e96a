"""Where audio lies, until it was heard and deleted."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from spotrec.store import FeatureStore
from spotrec.track import Ears, Stage, TempoAndKey
from support.catalogue import MODEL, OTHER_MODEL, audio_of, embedding, song, songs

EARS, OTHER_EARS, BOTH = Ears.of(MODEL), Ears.of(OTHER_MODEL), Ears.of(MODEL, OTHER_MODEL)


def test_audio_lives_until_it_was_heard_and_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    assert not store.audio.is_here_or_heard(song(1).id, EARS)
    store.audio.save(audio_of(song(1)))
    assert store.audio.get(song(1).id) == audio_of(song(1))
    assert store.audio.is_here_or_heard(song(1).id, EARS)
    assert store.audio.to_delete(EARS) == []
    store.embeddings.save(MODEL, [embedding(song(1))])
    assert store.audio.to_delete(EARS) == [audio_of(song(1))]
    assert store.audio.to_delete(OTHER_EARS) == []
    store.audio.forget(song(1).id)
    assert store.audio.get(song(1).id) is None
    assert store.audio.to_delete(EARS) == []
    assert store.audio.is_here_or_heard(song(1).id, EARS), "it was heard"
    assert not store.audio.is_here_or_heard(song(1).id, OTHER_EARS)


def test_audio_that_is_kept_and_a_users_own_file_are_never_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2), song(3)])
    store.audio.save(audio_of(song(1)))
    store.audio.save(audio_of(song(2), owned=False, address="/music/2.mp3"))
    store.audio.save(audio_of(song(3)))
    store.audio.keep([song(1).id, song(2).id])
    store.embeddings.save(MODEL, [embedding(song(n)) for n in (1, 2, 3)])
    assert store.audio.to_delete(EARS) == [audio_of(song(3))]


def test_audio_that_is_fetched_again_is_back(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.audio.save(audio_of(song(1)))
    store.audio.forget(song(1).id)
    assert store.audio.count_pending(EARS) == 0
    store.audio.save(replace(audio_of(song(1)), sha256="new"))
    assert store.audio.get(song(1).id) == replace(audio_of(song(1)), sha256="new")
    assert store.audio.count_pending(EARS) == 1


def test_a_file_whose_audio_is_gone_is_read_anew(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.audio.save(audio_of(song(1), owned=False, address="/a.mp3"))
    store.files.remember(Path("/a.mp3"), 10, 20, song(1).id)
    store.audio.forget(song(1).id)
    assert store.files.unchanged(Path("/a.mp3"), 10, 20) is None


def test_all_pending_audio_is_listed_once_and_in_order_over_many_pages(store: FeatureStore) -> None:
    tracks = songs(450)
    store.tracks.add(tracks)
    for track in reversed(tracks):
        store.audio.save(audio_of(track))
    assert store.audio.count_pending(EARS) == 450
    assert [one.audio.track_id for one in store.audio.pending(EARS)] == [track.id for track in tracks]


def test_features_may_be_saved_while_pending_audio_is_listed(store: FeatureStore) -> None:
    tracks = songs(450)
    store.tracks.add(tracks)
    for track in tracks:
        store.audio.save(audio_of(track))
    seen = []
    for one in store.audio.pending(EARS):
        seen.append(one.audio.track_id)
        store.embeddings.save(MODEL, [embedding(tracks[len(seen) - 1])])
    assert seen == [track.id for track in tracks]
    assert store.audio.count_pending(EARS) == 0
    assert store.audio.count_pending(OTHER_EARS) == 450, "another model has heard none of it"


def test_a_failed_track_is_pending_only_for_who_retries(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    store.audio.save(audio_of(song(1)))
    store.audio.save(audio_of(song(2)))
    store.failures.record(song(1).id, Stage.EXTRACT, "damaged", "it is broken")
    assert [one.audio.track_id for one in store.audio.pending(EARS)] == [song(2).id]
    assert [one.audio.track_id for one in store.audio.pending(EARS, retry_failed=True)] == [song(1).id, song(2).id]
    assert (store.audio.count_pending(EARS), store.audio.count_pending(EARS, retry_failed=True)) == (1, 2)


def test_audio_is_deleted_when_the_last_of_the_ears_has_heard_it(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.audio.save(audio_of(song(1)))
    store.embeddings.save(MODEL, [embedding(song(1))])
    assert store.audio.to_delete(BOTH) == []
    assert not store.audio.cached([song(1).id], BOTH)[song(1).id].is_heard
    store.embeddings.save(OTHER_MODEL, [embedding(song(1))])
    assert store.audio.to_delete(BOTH) == [audio_of(song(1))]
    assert store.audio.cached([song(1).id], BOTH)[song(1).id].is_heard


def test_each_track_waits_for_the_ears_that_lack_it(store: FeatureStore) -> None:
    tracks = songs(4)
    store.tracks.add(tracks)
    for track in tracks:
        store.audio.save(audio_of(track))
    store.embeddings.save(MODEL, [embedding(tracks[1]), embedding(tracks[3])])
    store.embeddings.save(OTHER_MODEL, [embedding(tracks[2]), embedding(tracks[3])])
    assert {one.audio.track_id: one.lacking for one in store.audio.pending(BOTH)} == {
        tracks[0].id: BOTH,
        tracks[1].id: OTHER_EARS,
        tracks[2].id: EARS,
    }
    assert store.audio.count_pending(BOTH) == 3
    assert store.audio.count_heard_by_others(BOTH) == 2
    assert store.audio.gone(BOTH) == []
    for track in tracks:
        store.audio.forget(track.id)
    assert store.audio.gone(BOTH) == [tracks[1].id, tracks[2].id]
    assert store.audio.missing(BOTH) == [track.id for track in tracks[:3]]
    assert not store.audio.is_here_or_heard(tracks[1].id, BOTH)
    assert store.audio.is_here_or_heard(tracks[3].id, BOTH)


def test_what_the_ears_lack_is_found_by_indexes_however_many_tracks_there_are(store: FeatureStore) -> None:
    """No statement compares every track with every embedding: each track costs lookups by its id."""
    from spotrec.store import audio

    named = {"models": "[]", "n_models": 2, "retry_failed": 0, "after": "", "limit": 1, "id": "", "ids": "[]"}
    named |= {"again_below": 3}
    for sql in (
        audio._PENDING,
        audio._COUNT_PENDING,
        audio._GONE,
        audio._MISSING,
        audio._COUNT_HEARD_BY_OTHERS,
        audio._TO_DELETE,
        audio._CACHED,
        audio._HAS_AUDIO_OR_FEATURES,
    ):
        steps = [row["detail"] for row in store.rows(f"explain query plan {sql}", named)]
        at_embeddings = [step for step in steps if "embedding" in step]
        assert at_embeddings
        assert all(step.startswith("SEARCH embedding USING") and "track_id=?" in step for step in at_embeddings)
        assert not any("AUTOMATIC" in step for step in steps)


HEARD = TempoAndKey(120.5, 0.5, "Am", 0.75)


def lacking(store: FeatureStore, ears: Ears = EARS) -> set[str]:
    found = list(store.audio.lacking_descriptors(ears, 3))
    n_tempo, n_fingerprint, n = store.audio.count_lacking_descriptors(ears)
    assert (n, n_tempo) == (len(found), sum(task.hears_tempo for task in found))
    assert n_fingerprint <= n
    assert not any(task.lacking.models or task.excerpts != 3 for task in found)
    return {task.audio.track_id for task in found if task.hears_tempo}


def test_tempo_is_heard_in_audio_that_stays_and_that_the_networks_have_heard(store: FeatureStore) -> None:
    tagged = replace(song(4), bpm=97.0, musical_key="C")
    half_tagged = replace(song(5), bpm=97.0)
    store.tracks.add([song(1), song(2), song(3), tagged, half_tagged])
    for track in (song(1), song(2), song(3), tagged, half_tagged):
        store.audio.save(audio_of(track, owned=False, address=f"/music/{track.title}.mp3"))
    store.audio.save(audio_of(song(3)))  # it will be deleted
    assert lacking(store) == set(), "the networks hear it first"
    assert {task.audio.track_id: task.hears_tempo for task in store.audio.pending(EARS)}[tagged.id] is False
    assert {task.audio.track_id: task.hears_tempo for task in store.audio.pending(EARS)}[song(1).id] is True
    store.embeddings.save(MODEL, [embedding(track) for track in (song(1), song(2), song(3), tagged, half_tagged)])
    assert lacking(store) == {song(1).id, song(2).id, half_tagged.id}
    assert lacking(store, BOTH) == set()
    store.tracks.note_tempo_and_key({song(1).id: HEARD}, 1)
    store.audio.forget(song(2).id)
    assert lacking(store) == {half_tagged.id}
    store.failures.record(half_tagged.id, Stage.EXTRACT, "damaged", "it is damaged")
    assert lacking(store) == set()
    assert store.audio.count_lacking_descriptors(EARS, retry_failed=True)[0] == 1


def test_a_fingerprint_is_heard_of_tracks_with_a_tempo_too(store: FeatureStore) -> None:
    tagged = [replace(song(n), bpm=97.0, musical_key="C") for n in (1, 2)]
    store.tracks.add(tagged)
    for track in tagged:
        store.audio.save(audio_of(track, owned=False, address=f"/music/{track.title}.mp3"))
    store.embeddings.save(MODEL, [embedding(track) for track in tagged])
    store.fingerprints.save({tagged[0].id: np.zeros(3, np.uint32)}, 1)
    (task,) = store.audio.lacking_descriptors(EARS, 1)
    assert (task.audio.track_id, task.hears_tempo, task.hears_fingerprint) == (tagged[1].id, False, True)
    asked = {task.audio.track_id: task.hears_fingerprint for task in store.audio.pending(BOTH)}
    assert asked == {tagged[0].id: False, tagged[1].id: True}, "another network is no reason to make it again"
    assert store.audio.count_lacking_descriptors(EARS) == (0, 1, 1)


def test_what_was_heard_of_a_removed_track_is_not_stored_and_an_alias_gives_it_to_its_track(
    store: FeatureStore,
) -> None:
    store.tracks.add([song(1)])
    store.tracks.merge(song(1), [song(9).id])
    store.tracks.note_tempo_and_key({song(9).id: HEARD, song(8).id: HEARD}, 1)
    track = store.tracks.get(song(1).id)
    assert track is not None
    assert (track.heard_bpm, track.heard_key, track.heard_by) == (120.5, "Am", 1)
    assert store.tracks.get(song(8).id) is None
