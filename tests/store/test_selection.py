"""Sets of tracks, each in one statement."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from spotrec.store import Embedding, FeatureStore, Selection, Span
from spotrec.track import Track
from support.stored import CHOI, playlist, song


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeatureStore]:
    with FeatureStore(tmp_path / "store.db") as opened:
        yield opened


def hear(store: FeatureStore, *tracks: Track, audio: str = "") -> None:
    for track in tracks:
        sha256 = audio or f"{track.title:0>64}"
        embedding = Embedding(track.id, np.ones(160, np.float32), np.ones(50, np.float32), "file", sha256)
        store.embeddings.save(CHOI, [embedding])


def test_copies_have_an_identity_in_common_and_others_have_none(store: FeatureStore) -> None:
    copies = [song(1, "Halo", "Beyoncé"), song(2, "Halo (Remastered)", "BEYONCE")]
    heard_alike = [song(3), song(4)]
    store.tracks.add([*copies, *heard_alike, song(5)])
    hear(store, *heard_alike, audio="f" * 64)
    found = store.candidates.get([song(n).id for n in range(1, 6)])
    expected = {1: {1, 2}, 2: {1, 2}, 3: {3, 4}, 4: {3, 4}, 5: {5}}
    for number, of_copies in expected.items():
        one = found[song(number).id]
        alike = {id_ for id_, other in found.items() if one.identities & other.identities}
        assert alike == {song(n).id for n in of_copies}


def test_candidates_are_tracks_of_the_catalogue_only(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.tracks.add_seed(song(2))
    found = store.candidates.get([song(2).id, song(1).id, song(3).id])
    assert {id_: one.track for id_, one in found.items()} == {song(1).id: song(1)}
    assert store.candidates.identities([song(2).id]), "a seed is a recording all the same"
    assert store.candidates.identities([]) == frozenset()


def test_a_selection_of_nothing_in_particular_is_all_that_was_heard(store: FeatureStore) -> None:
    store.tracks.add([song(n) for n in range(4)])
    store.tracks.add_seed(song(9))
    hear(store, song(1), song(2), song(9))
    assert store.selection.select(Selection(), CHOI).ids == {song(1).id, song(2).id}


def test_what_fails_for_sure_is_not_counted_as_unknown(store: FeatureStore) -> None:
    old, new, undated = song(1, release_date="1970"), song(2, release_date="1999"), song(3)
    store.tracks.add([old, new, undated])
    hear(store, old, new, undated)
    found = store.selection.select(Selection(year=Span(1990, 1999), explicit=True), CHOI)
    assert found.ids == set()
    assert found.unknown == {"year": 1, "explicit": 2}, "the old one is of the wrong year, whatever else it be"


def test_what_was_not_heard_is_not_counted_as_unknown(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    hear(store, song(1))
    assert store.selection.select(Selection(bpm=Span(100, 120)), CHOI).unknown == {"bpm": 1}


def test_embeddings_and_tags_of_many_tracks_come_at_once(store: FeatureStore) -> None:
    tracks = [song(n) for n in range(1_200)]
    store.tracks.add(tracks)
    hear(store, *tracks[:3])
    ids = [track.id for track in tracks]
    assert set(store.embeddings.get_many(ids, CHOI)) == set(store.embeddings.tags(ids, CHOI)) == set(ids[:3])
    assert store.embeddings.get_many(ids[:1], CHOI)[ids[0]].vector.shape == (160,)
    assert len(store.candidates.get(ids)) == 1_200


def test_members_are_those_of_any_of_the_collections(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)], playlist(1, "One"))
    store.tracks.add([song(2), song(3)], playlist(2, "Two"))
    assert store.collections.members([playlist(1, "").id, playlist(2, "").id]) == {song(n).id for n in (1, 2, 3)}
    assert store.collections.members([]) == set()
    assert store.collections.titled("  TWO! ") == [playlist(2, "").id]
    assert [known.n_tracks for known in store.collections.get([playlist(2, "").id])] == [2]
    assert store.collections.get([]) == []
