"""What tells copies of one recording."""

from spotrec.store import FeatureStore
from support.catalogue import ISRC, MODEL, embedding, song, songs


def copies_of(store: FeatureStore, number: int) -> set[int]:
    """The other songs that have an identity in common with this one."""
    own = store.candidates.identities([song(number).id])
    return {n for n in range(5) if n != number and not own.isdisjoint(store.candidates.identities([song(n).id]))}


def test_copies_are_known_by_isrc(store: FeatureStore) -> None:
    store.tracks.add([song(1, isrc=ISRC), song(2)])
    store.tracks.add_seed(song(3, isrc=ISRC))
    assert store.candidates.identities([store.tracks.id_of(song(3, isrc=ISRC))]) & store.candidates.identities(
        [song(1).id]
    )
    assert copies_of(store, 2) == set()


def test_copies_are_known_by_name(store: FeatureStore) -> None:
    store.tracks.add(
        [
            song(1, title="Halo", artists=("Beyoncé",)),
            song(2, title="HALO (Remastered 2011)", artists=("Beyonce", "Someone")),
            song(3, title="Halo (Live)", artists=("Beyoncé",)),
            song(4, title="Halo", artists=("Someone Else",)),
        ]
    )
    assert copies_of(store, 1) == {2}


def test_copies_are_known_by_audio(store: FeatureStore) -> None:
    store.tracks.add(songs(3))
    store.embeddings.save(
        MODEL, [embedding(song(0), audio="a"), embedding(song(1), audio="a"), embedding(song(2), audio="b")]
    )
    assert copies_of(store, 0) == {1}


def test_nameless_tracks_are_no_copies_of_each_other(store: FeatureStore) -> None:
    store.tracks.add([song(n, title="Untitled", artists=()) for n in (1, 2)])
    assert copies_of(store, 1) == set()


def test_copies_have_an_identity_in_common_and_others_have_none(store: FeatureStore) -> None:
    copies = [
        song(1, title="Halo", artists=("Beyoncé",)),
        song(2, title="Halo (Remastered)", artists=("BEYONCE",)),
    ]
    heard_alike = [song(3), song(4)]
    store.tracks.add([*copies, *heard_alike, song(5)])
    store.embeddings.save(MODEL, [embedding(track, audio="f" * 64) for track in heard_alike])
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


def test_names_are_shared_with_copies_among_other_tracks(store: FeatureStore) -> None:
    tracks = [song(1, title="Halo", artists=("Beyoncé",)), song(2, title="HALO", artists=("Beyonce",)), song(3)]
    store.tracks.add(tracks)
    candidates = list(store.candidates.get([song(1).id, song(3).id]).values())
    shared = store.candidates.names_shared(candidates, {song(2).id})
    assert [one.track.id for one in candidates if shared & one.identities] == [song(1).id]
    assert store.candidates.names_shared(candidates, set()) == set()
