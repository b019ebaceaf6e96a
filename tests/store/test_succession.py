"""One track of two: nothing that either had is lost, and a killed process leaves both or one."""

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spotrec.store import FeatureStore, Merged, StoredFeatures
from spotrec.track import Collection, CollectionKind, Ears, Outcome, Preview, PreviewOutcome, Stage
from support.catalogue import ISRC, MIXTAPE, MODEL, OTHER_MODEL, audio_of, embedding, song

PARTY = Collection("spotify:playlist:2", CollectionKind.PLAYLIST, "Party")


def learn(store: FeatureStore, n: int = 1) -> None:
    """Crawl song `n` again, now with its ISRC."""
    store.tracks.add([song(n, isrc=ISRC)], PARTY)


@pytest.fixture
def twins(store: FeatureStore) -> FeatureStore:
    """One recording as two songs: 1 without an ISRC and 2 with it, each in its own playlist."""
    store.tracks.add([song(2, isrc=ISRC), song(3)], MIXTAPE)
    store.tracks.add([song(1, album="LP"), song(4)], PARTY)
    return store


def test_recordings_become_one_when_their_isrc_is_known(twins: FeatureStore) -> None:
    learn(twins)
    assert set(twins.tracks.get_many([song(n).id for n in range(1, 5)])) == {song(2).id, song(3).id, song(4).id}
    assert twins.tracks.aliases(song(2).id) == [song(1).id]
    assert twins.collections.members([MIXTAPE.id]) == {song(2).id, song(3).id}
    assert twins.collections.members([PARTY.id]) == {song(2).id, song(4).id}
    one = twins.tracks.get(song(1).id)
    assert one is not None
    assert (one.title, one.album, one.isrc) == ("Song 2", "LP", ISRC)
    assert twins.integrity_faults() == []


def test_the_track_with_features_stays(twins: FeatureStore) -> None:
    twins.embeddings.save(MODEL, [embedding(song(1))])
    learn(twins)
    assert twins.tracks.stored_id(song(2).id) == song(1).id
    assert twins.embeddings.get(song(1).id, MODEL) is not None
    one = twins.tracks.get(song(1).id)
    assert one is not None
    assert one.isrc == ISRC


def test_features_of_both_are_kept_each_model_once(twins: FeatureStore) -> None:
    twins.embeddings.save(MODEL, [embedding(song(2), [1, 1, 1])])
    twins.embeddings.save(MODEL, [embedding(song(1), [2, 2, 2])])
    twins.embeddings.save(OTHER_MODEL, [embedding(song(1), [3, 3, 3])])
    learn(twins)
    (stays,) = twins.tracks.get_many([song(1).id, song(2).id])
    assert sorted(twins.embeddings.count_by_model().items()) == [(str(MODEL), 1), (str(OTHER_MODEL), 1)]
    assert twins.embeddings.get(stays, OTHER_MODEL) is not None


def test_features_that_moved_are_found_by_an_index_that_was_built_before(twins: FeatureStore) -> None:
    twins.embeddings.save(MODEL, [embedding(song(2)), embedding(song(3))])
    twins.embeddings.save(OTHER_MODEL, [embedding(song(1), [3, 3, 3])])
    with twins.catalogue.snapshot(Ears.of(OTHER_MODEL)) as snapshot:
        anchors = snapshot.anchors
    learn(twins)
    since = twins.catalogue.since(Ears.of(OTHER_MODEL), anchors)
    assert since is not None
    assert since.ids == [song(2).id]


def test_the_only_audio_is_kept_and_of_two_one_is_deleted(twins: FeatureStore) -> None:
    twins.audio.save(audio_of(song(1)))
    learn(twins)
    assert twins.audio.get(song(2).id) == replace(audio_of(song(1)), track_id=song(2).id)
    twins.tracks.add([song(5)])
    twins.audio.save(audio_of(song(5)))
    twins.succession.take_place(song(5).id, song(2).id)
    assert twins.audio.discarded() == [audio_of(song(5)).address]


def test_audio_that_waited_to_be_heard_is_deleted_when_features_come(twins: FeatureStore) -> None:
    twins.embeddings.save(MODEL, [embedding(song(1))])
    twins.audio.save(audio_of(song(2)))
    twins.succession.take_place(song(1).id, song(2).id)
    assert (twins.audio.get(song(2).id), twins.audio.discarded()) == (None, [audio_of(song(2)).address])


def test_answers_and_failures_follow(twins: FeatureStore) -> None:
    def answer(outcome: Outcome) -> PreviewOutcome:
        preview = Preview("deezer", "https://x", "deezer:1") if outcome is Outcome.FOUND else None
        return PreviewOutcome("deezer", outcome, preview=preview, ask_again_at=datetime.now(UTC))

    twins.previews.record(song(1).id, answer(Outcome.FOUND))
    twins.previews.record(song(2).id, answer(Outcome.ABSENT))
    twins.failures.record(song(1).id, Stage.EXTRACT, "damaged", "x")
    learn(twins)
    assert [one.outcome for one in twins.previews.answers_of_many([song(2).id])] == [Outcome.FOUND]
    assert [failure.track_id for _, failure in twins.failures.get()] == [song(2).id]


def test_a_track_that_one_playlist_dropped_and_another_lists_stays(twins: FeatureStore) -> None:
    twins.collections.finish(MIXTAPE, 0)
    learn(twins)
    assert twins.collections.dropped_by(MIXTAPE.id) == {song(2).id, song(3).id}
    assert twins.removal.follow_drops(MIXTAPE.id, twins.collections.dropped_by(MIXTAPE.id)) == [song(3).id]
    twins.tracks.add([song(6)], MIXTAPE)
    twins.collections.finish(MIXTAPE, 0)
    twins.tracks.add([song(7)], MIXTAPE)
    twins.succession.take_place(song(6).id, song(7).id)
    assert twins.collections.dropped_by(MIXTAPE.id) == set(), "what is listed is not dropped"


def test_an_import_unites_them_too(twins: FeatureStore) -> None:
    row = StoredFeatures(song(1, isrc=ISRC), (), str(MODEL), embedding(song(1)), "2026-01-01T00:00:00+00:00")
    assert twins.exchange.merge([row], MODEL, replace=False)[Merged.ADDED] == 1
    (stays,) = twins.tracks.get_many([song(1).id, song(2).id])
    assert twins.embeddings.track_ids(MODEL) == [stays]


def test_two_of_one_page_are_united_while_it_is_stored(store: FeatureStore) -> None:
    tracks = [song(1), song(2, isrc=ISRC), song(1, isrc=ISRC)]
    ids = store.tracks.add(tracks, MIXTAPE)
    assert len(set(ids)) == 1
    assert store.collections.members([MIXTAPE.id]) == set(ids)


def test_work_that_was_under_way_is_kept_for_the_one_that_stays(twins: FeatureStore) -> None:
    learn(twins)
    twins.audio.save(audio_of(song(1)))
    twins.embeddings.save(MODEL, [embedding(song(1))])
    twins.failures.record(song(1).id, Stage.EXTRACT, "damaged", "x")
    assert twins.audio.get(song(2).id) is not None
    assert twins.embeddings.track_ids(MODEL) == [song(2).id]
    assert twins.failures.get() == []
    twins.audio.save(audio_of(song(1), address="another"))
    assert twins.audio.discarded() == ["another"]


def test_another_isrc_is_another_recording(twins: FeatureStore) -> None:
    twins.tracks.add([song(1, isrc="GBAYE0000009")])
    twins.tracks.add([song(1, isrc=ISRC)])
    assert len(twins.tracks.get_many([song(1).id, song(2).id])) == 2


_KILLED_AT_EACH_STATEMENT = """
import os, sqlite3, sys
from pathlib import Path
from spotrec.store import FeatureStore
from support.catalogue import ISRC, MIXTAPE, song

path = Path(sys.argv[1])
n = 0
while True:
    if not (child := os.fork()):
        store, left = FeatureStore(path), n

        def count(statement):
            global left
            left -= 1
            if left < 0:
                os._exit(9)

        with store._db.transaction() as write:
            write.set_trace_callback(count)
        store.tracks.add([song(1, isrc=ISRC)])
        os._exit(0)
    killed = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        ids = set(store.tracks.get_many([song(1).id, song(2).id]))
        assert len(ids) == (2 if killed else 1) or n > 20, (n, ids)
        assert store.collections.members([MIXTAPE.id]) == ids
        assert len(store.rows("select 1 from embedding")) == len(ids)
    if not killed:
        break
    n += 1
print(n)
"""


def test_a_process_that_is_killed_at_any_statement_leaves_two_tracks_or_one(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2, isrc=ISRC)], MIXTAPE)
    store.embeddings.save(MODEL, [embedding(song(1)), embedding(song(2))])
    store.close()
    tests = Path(__file__).parents[1]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.insert(0, {str(tests)!r}){_KILLED_AT_EACH_STATEMENT}",
            str(store.path),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 15, "it was killed at many statements"
