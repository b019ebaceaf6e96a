"""What leaves the store, what stays for somebody else's sake, and what a collection is known to have dropped."""

from pathlib import Path

from spotrec.store import FeatureStore, TrackFilter
from spotrec.track import (
    Collection,
    Ears,
    Outcome,
    PreviewOutcome,
    Stage,
    StoredAudio,
    Track,
    TrackId,
)
from support.catalogue import MODEL, OTHER_MODEL, hear, playlist, song, songs

A, B = playlist(1, "A"), playlist(2, "B")
TABLES: tuple[str, ...] = ("track", "track_alias", "local_file", "collection", "collection_track", "dropped_track")
TABLES += ("preview_outcome", "audio", "embedding", "failure")


def listed(store: FeatureStore, collection: Collection, *tracks: Track) -> None:
    """List a collection to its end."""
    store.tracks.add(tracks, collection)
    store.collections.finish(collection, len(tracks))


def ids(*tracks: Track) -> list[TrackId]:
    return [track.id for track in tracks]


def cached(store: FeatureStore, track: Track, *, owned: bool = True) -> str:
    address = f"/cache/{track.id}"
    store.audio.save(StoredAudio(track.id, address, owned, "sha", 10, "deezer"))
    return address


def test_nothing_of_a_removed_track_is_left(store: FeatureStore) -> None:
    isrc = "USRC17607839"
    store.tracks.add([song(1, isrc=isrc), song(2, isrc=isrc), song(3)], A)
    store.files.remember(Path("/music/1.mp3"), 1, 1, song(1).id)
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.ABSENT))
    address = cached(store, song(1))
    for model in (MODEL, OTHER_MODEL):
        hear(store, [song(1)], model=model)
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "it is silent")
    assert store.removal.remove(ids(song(1))) == ids(song(1))
    for table in TABLES:
        rows = store.rows(f"select * from {table}")
        assert not [row for row in rows if song(1).id in tuple(row)], table
    assert store.integrity_faults() == []
    assert store.tracks.get(song(3).id) == song(3)
    assert store.audio.discarded() == [address]
    assert store.files.track_in("/music/1.mp3") is None


def test_a_users_own_file_is_never_to_be_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    cached(store, song(1), owned=False)
    store.removal.remove(ids(song(1)))
    assert store.audio.discarded() == []


def test_audio_that_was_fetched_anew_since_is_not_to_be_deleted(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    address = cached(store, song(1))
    store.removal.remove(ids(song(1)))
    store.tracks.add([song(1)])
    assert cached(store, song(1)) == address
    assert store.audio.discarded() == []
    store.removal.remove(ids(song(1)))
    assert store.audio.discarded() == [address]
    store.audio.forget_discarded(address)
    assert store.audio.discarded() == []


def test_a_collection_takes_along_what_nobody_else_wants(store: FeatureStore) -> None:
    alone, shared, singly = song(1), song(2), song(3)
    listed(store, A, alone, shared, singly)
    listed(store, B, shared)
    store.tracks.add([singly])
    assert store.removal.going_with([A.id]) == ids(alone)
    assert set(store.removal.going_with([A.id, B.id])) == set(ids(alone, shared))
    assert store.removal.remove([], [A.id]) == ids(alone)
    assert [one.id for one in store.collections.get()] == [B.id]
    assert store.integrity_faults() == []


def test_a_track_that_was_crawled_singly_before_or_after_its_collection_stays(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    listed(store, A, song(1), song(2))
    store.tracks.add([song(2)])
    assert store.removal.going_with([A.id]) == []


def test_a_copy_that_was_crawled_singly_keeps_its_recording(store: FeatureStore) -> None:
    isrc = "USRC17607839"
    listed(store, A, song(1, isrc=isrc))
    store.tracks.add([song(2, isrc=isrc)])
    assert store.removal.going_with([A.id]) == []


def test_a_collection_takes_along_what_it_dropped_before(store: FeatureStore) -> None:
    listed(store, A, song(1), song(2))
    listed(store, A, song(1))
    assert set(store.removal.going_with([A.id])) == set(ids(song(1), song(2)))


def test_what_a_collection_dropped_is_known_until_it_is_followed_or_listed_again(store: FeatureStore) -> None:
    listed(store, A, song(1), song(2), song(3))
    listed(store, A, song(3))
    assert store.collections.dropped_by(A.id) == {song(1).id, song(2).id}
    listed(store, A, song(3), song(1))
    assert store.collections.dropped_by(A.id) == {song(2).id}
    assert store.removal.follow_drops(A.id, store.collections.dropped_by(A.id)) == ids(song(2))
    assert store.collections.dropped_by(A.id) == set()
    assert store.tracks.get(song(2).id) is None


def test_a_track_that_moved_within_its_collection_was_not_dropped(store: FeatureStore) -> None:
    listed(store, A, *songs(9))
    reversed_ = songs(8, -1, -1)
    for start in (0, 3, 6):
        store.tracks.add(reversed_[start : start + 3], A, start)
        assert store.collections.members([A.id]) == set(ids(*reversed_)), "not listed to its end, nothing is missing"
    store.collections.finish(A, 9)
    assert store.collections.dropped_by(A.id) == set()


def test_a_track_pushed_behind_the_end_of_a_growing_collection_stays(store: FeatureStore) -> None:
    listed(store, A, *songs(4))
    grown = [song(9), *songs(4)]
    store.tracks.add(grown[:2], A)
    assert store.collections.members([A.id]) == set(ids(*grown))
    store.tracks.add(grown[2:], A, 2)
    store.collections.finish(A, 5)
    assert store.collections.members([A.id]) == set(ids(*grown))
    assert store.collections.dropped_by(A.id) == set()


def test_what_another_collection_dropped_and_was_not_followed_in_stays(store: FeatureStore) -> None:
    for collection in (A, B):
        listed(store, collection, song(1))
        listed(store, collection)
    assert store.removal.follow_drops(A.id, ids(song(1))) == []
    assert store.removal.follow_drops(B.id, ids(song(1))) == ids(song(1))


def test_a_seed_that_was_only_asked_about_goes_with_no_collection(store: FeatureStore) -> None:
    store.tracks.add_seed(song(1))
    listed(store, A, song(2))
    assert store.removal.remove([], [A.id]) == ids(song(2))
    assert store.tracks.get(song(1).id) == song(1)
    assert list(store.listing.records(TrackFilter(), MODEL)) == []


def test_what_comes_of_a_track_that_another_process_removed_meanwhile_is_left_out(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    store.removal.remove(ids(song(1)))
    hear(store, [song(1), song(2)], model=MODEL)
    store.previews.record(song(1).id, PreviewOutcome("deezer", Outcome.ABSENT))
    store.failures.record(song(1).id, Stage.EXTRACT, "silent", "it is silent")
    store.files.remember(Path("/music/1.mp3"), 1, 1, song(1).id)
    assert store.audio.discarded() == []
    address = cached(store, song(1))
    assert store.audio.discarded() == [address], "fetched for nobody"
    cached(store, song(1), owned=False)
    assert store.audio.discarded() == [address]
    assert store.embeddings.get(song(2).id, MODEL) is not None
    assert store.integrity_faults() == []
    assert [record.track for record in store.listing.records(TrackFilter(), MODEL)] == [song(2)]


def test_more_tracks_can_be_removed_than_sqlite_takes_at_once(store: FeatureStore) -> None:
    many = songs(2500)
    listed(store, A, *many)
    assert store.removal.remove([], [A.id]) == ids(*many)
    assert store.counts(Ears.of(MODEL)).tracks == 0
