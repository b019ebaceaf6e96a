"""Items of music servers: which track an id of a server means, and what becomes of it when tracks change."""

import pytest

from spotrec.store import FeatureStore, ServerItem, item_id_in, server_key
from spotrec.track import Track, TrackId
from support.catalogue import song

HOME, WORK = server_key("https://music.example.org"), server_key("https://work.example.org/music")
EARLY, LATE = "2026-11-30T00:00:00+00:00", "2026-11-30T00:00:01+00:00"


@pytest.fixture
def tracks(store: FeatureStore) -> list[Track]:
    tracks = [song(n) for n in range(3)]
    store.tracks.add(tracks)
    return tracks


def test_a_server_has_the_same_key_over_http_and_https_which_does_not_tell_its_address() -> None:
    assert HOME == server_key("http://music.example.org") != WORK
    assert len(HOME) == 12
    item = ServerItem(HOME, "tr-1")
    assert (item.own_id, item_id_in(item.own_id, HOME)) == (f"subsonic:{HOME}:tr-1", "tr-1")
    assert item_id_in(item.own_id, WORK) is item_id_in("spotify:track:x", HOME) is None


def test_servers_may_use_one_id_for_different_songs(store: FeatureStore, tracks: list[Track]) -> None:
    items = store.server_items
    items.note([(ServerItem(HOME, "1"), tracks[0].id), (ServerItem(WORK, "1"), tracks[1].id)], EARLY)
    assert items.track_of("1", HOME) == tracks[0]
    assert items.track_of("1", WORK) == tracks[1]
    items.note([(ServerItem(WORK, "1"), tracks[1].id)], LATE)
    assert items.track_of("1") == tracks[1], "without a server, the one that was listed last"
    assert items.tracks_of(HOME, ["1", "2"]) == {"1": tracks[0]}
    items.note([(ServerItem(HOME, "2"), TrackId("gone"))], LATE)
    assert items.track_of("2") is None
    items.forget_unlisted(HOME, LATE)
    assert items.track_of("1", HOME) is None
    assert items.track_of("1", WORK) == tracks[1]


def test_an_item_follows_its_track_when_two_become_one(store: FeatureStore, tracks: list[Track]) -> None:
    item = ServerItem(HOME, "1", cover_id="c")
    store.server_items.note([(item, tracks[0].id)], EARLY)
    store.succession.take_place(tracks[0].id, tracks[1].id)
    assert store.server_items.of([tracks[0].id, tracks[1].id]) == {tracks[1].id: [item]}


def test_a_removed_track_is_known_as_removed_under_the_ids_of_its_items(
    store: FeatureStore, tracks: list[Track]
) -> None:
    item = ServerItem(HOME, "1")
    store.server_items.note([(item, tracks[0].id)], EARLY)
    store.removal.remove([tracks[0].id])
    assert store.removed.ids([item.own_id]) == {item.own_id}
    assert store.integrity_faults() == []


def test_other_copies_of_a_recording_are_found_by_artist_and_title(store: FeatureStore, tracks: list[Track]) -> None:
    copy = song(9, tracks[0].title, *tracks[0].artists)
    store.tracks.add([copy])
    item = ServerItem(HOME, "9")
    store.server_items.note([(item, copy.id)], EARLY)
    assert store.server_items.copies([tracks[0].id, tracks[1].id], HOME) == {tracks[0].id: item}
    assert store.server_items.copies([tracks[0].id], WORK) == {}
