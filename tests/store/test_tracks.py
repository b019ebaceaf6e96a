"""Tracks by id, by another id of the recording, and by words."""

from dataclasses import replace
from pathlib import Path

import pytest

from spotrec.store import FeatureStore
from spotrec.track import (
    Ears,
    Track,
    TrackId,
)
from support.catalogue import ISRC, MODEL, embedding, song, songs


def test_a_track_comes_back_as_it_was_without_the_address_of_its_preview(store: FeatureStore) -> None:
    track = Track(
        TrackId("spotify:track:4uLU6hMCjMI75M1A2tKUQC"),
        "Dancing – “Queen” 夜\n",
        ("Sigur Rós", "AC/DC, the \\ band"),
        "Album",
        ISRC,
        123_456,
        "2001-02",
        False,
        "https://example.com",
        "/a/b.mp3",
        "https://p.scdn.co/x",
    )
    assert store.tracks.add([track]) == [track.id]
    stored = replace(track, preview_url=None)
    assert store.tracks.get(track.id) == stored
    assert store.tracks.get_many([track.id, TrackId("gone")]) == {track.id: stored}


def test_what_is_unknown_of_a_track_stays_unknown(store: FeatureStore) -> None:
    bare = Track(TrackId("file:0"), "Untitled")
    store.tracks.add([bare])
    assert store.tracks.get("file:0") == bare
    assert store.tracks.get("file:1") is None


def test_a_track_seen_again_is_refreshed_and_forgets_nothing(store: FeatureStore) -> None:
    store.tracks.add([song(1, album="First", isrc=ISRC, duration_ms=1000, url="u", path="/p", explicit=True)])
    store.tracks.add([song(1, title="New Title", artists=("New",), album="Second")])
    refreshed = song(1, title="New Title", artists=("New",), album="Second")
    assert store.tracks.get(song(1).id) == replace(
        refreshed, isrc=ISRC, duration_ms=1000, url="u", path="/p", explicit=True
    )
    assert [track.id for track in store.tracks.find_by_words("new title")] == [song(1).id]
    assert store.tracks.find_by_words("song 1") == []


def test_two_ids_with_one_isrc_are_one_track(store: FeatureStore) -> None:
    first, second = song(1, isrc=ISRC), song(2, isrc=ISRC, path="/music/2.mp3", url="https://second", album="Other")
    assert store.tracks.add([first]) == [first.id]
    assert store.tracks.add([second]) == [first.id]
    assert store.counts(Ears.of(MODEL)).tracks == 1
    assert store.tracks.get(second.id) == replace(first, path="/music/2.mp3", url="https://second")
    assert store.tracks.known([first.id, second.id, song(3).id]) == {first.id, second.id}
    assert store.tracks.add([replace(second, isrc=None)]) == [first.id], "an alias lasts without its ISRC"


def test_two_ids_with_one_isrc_in_one_batch_are_one_track(store: FeatureStore) -> None:
    assert store.tracks.add([song(1, isrc=ISRC), song(2, isrc=ISRC)]) == [song(1).id] * 2


def test_an_isrc_that_is_learned_later_and_taken_already_makes_one_track_of_two(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2, isrc=ISRC)])
    assert store.tracks.add([song(1, isrc=ISRC)]) == [song(1).id]
    assert store.tracks.get_many([song(1).id, song(2).id]) == {song(1).id: song(1, isrc=ISRC)}
    assert store.tracks.get(song(2).id) == song(1, isrc=ISRC)
    assert store.integrity_faults() == []


def test_a_seed_is_no_part_of_the_catalogue_until_it_is_crawled(store: FeatureStore) -> None:
    assert store.tracks.add_seed(song(1)) == song(1).id
    store.embeddings.save(MODEL, [embedding(song(1))])
    assert store.tracks.get(song(1).id) == song(1)
    assert store.tracks.known([song(1).id]) == set()
    assert store.counts(Ears.of(MODEL)).tracks == 0
    assert store.catalogue.read(Ears.of(MODEL)).ids == []
    store.tracks.add([song(1)])
    assert store.tracks.known([song(1).id]) == {song(1).id}
    assert store.catalogue.read(Ears.of(MODEL)).ids == [song(1).id]


def test_a_seed_joins_the_catalogue_when_a_copy_of_it_is_crawled(store: FeatureStore) -> None:
    store.tracks.add_seed(song(1, isrc=ISRC))
    store.tracks.add([song(2, isrc=ISRC)])
    assert store.tracks.known([song(1).id]) == {song(1).id}


def test_a_crawled_track_that_is_asked_about_stays_in_the_catalogue(store: FeatureStore) -> None:
    store.tracks.add([song(1)])
    store.tracks.add_seed(song(1))
    assert store.tracks.known([song(1).id]) == {song(1).id}


def test_more_ids_can_be_asked_for_than_sqlite_takes_at_once(store: FeatureStore) -> None:
    tracks = songs(1201)
    store.tracks.add(tracks)
    ids = [track.id for track in tracks]
    assert store.tracks.known(ids) == set(ids)
    assert list(store.tracks.get_many(ids).values()) == tracks


def test_tracks_are_found_by_words_of_title_and_artists_in_any_order(store: FeatureStore) -> None:
    halo, hello = song(1, title="Halo", artists=("Beyoncé",)), song(2, title="Hello", artists=("Adele", "Beyoncé"))
    store.tracks.add([halo, hello])
    assert store.tracks.find_by_words("BEYONCE halo!") == [halo]
    assert store.tracks.find_by_words("adele hello") == [hello]
    assert store.tracks.find_by_words("beyoncé") == [halo, hello]
    assert store.tracks.find_by_words("halo adele") == []


def test_a_title_that_is_just_the_words_comes_first_and_shorter_names_before_longer(store: FeatureStore) -> None:
    store.tracks.add(
        [
            song(1, title="Yes", artists=("One",)),
            song(2, title="One", artists=("The Very Long Name of a Band",)),
            song(3, title="One More Time", artists=("B",)),
        ]
    )
    assert [track.title for track in store.tracks.find_by_words("one")] == ["One", "Yes", "One More Time"]
    assert len(store.tracks.find_by_words("one", limit=2)) == 2


def test_wildcards_of_sql_are_only_characters(store: FeatureStore) -> None:
    titles = ["%", "_", "\\", "'; drop table track; --", "100% Pure_Love", "plain"]
    store.tracks.add([Track(TrackId(f"file:{n}"), title) for n, title in enumerate(titles)])
    for title in ("%", "_", "\\"):
        assert [track.title for track in store.tracks.find_by_words(title)] == [title]
    assert [track.title for track in store.tracks.find_by_words("100% pure_love")] == ["100% Pure_Love"]
    assert [track.title for track in store.tracks.find_by_words("drop table")] == [titles[3]]
    assert store.tracks.find_by_words("%%") == []


@pytest.mark.parametrize("words", ["", "   ", "no such thing"])
def test_words_that_nothing_holds_find_nothing(store: FeatureStore, words: str) -> None:
    store.tracks.add([song(1)])
    assert store.tracks.find_by_words(words) == []


def test_an_alias_of_a_seed_is_not_in_the_catalogue(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        for id_ in ("a", "b"):
            store.tracks.add_seed(Track(TrackId(id_), id_, isrc="USRC17607839"))
        assert store.tracks.known([TrackId("a"), TrackId("b")]) == set()


def test_any_number_of_words_may_be_asked_for(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a.db") as store:
        assert store.tracks.find_by_words(" ".join(f"word{i}" for i in range(3000))) == []
