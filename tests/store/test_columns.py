"""The columns of a track: each stands in one place, and becomes what it is said to become."""

from dataclasses import fields, replace

import pytest

from spotrec.store import FeatureStore
from spotrec.store.columns import COLUMNS, FIELDS, About
from spotrec.track import Track
from support.catalogue import ISRC, song

FULL = song(
    1,
    isrc=ISRC,
    album="Album",
    duration_ms=1000,
    release_date="1999",
    explicit=False,
    url="https://example.com/1",
    path="/music/1.mp3",
    genre="Jazz",
    mood="calm",
    bpm=96.5,
    musical_key="F#m",
    heard_bpm=96.4,
    bpm_confidence=0.75,
    heard_key="A",
    key_confidence=0.5,
    heard_by=1,
)
OTHER = replace(
    FULL,
    title="Other",
    artists=("Other", "Another"),
    isrc="GBAYE0601713",
    album="Other",
    duration_ms=2,
    release_date="2002",
    explicit=True,
    url="https://example.com/2",
    path="/music/2.mp3",
    genre="Rock",
    mood="wild",
    bpm=120.0,
    musical_key="C",
    heard_bpm=60.1,
    bpm_confidence=0.25,
    heard_key="Am",
    key_confidence=0.875,
    heard_by=2,
)
BARE = song(1)


def differing(track: Track, other: Track) -> set[str]:
    return {field.name for field in fields(Track) if getattr(track, field.name) != getattr(other, field.name)}


def about(*subjects: About) -> set[str]:
    return {column.name for column in FIELDS if column.about in subjects and column.name != "id"}


def test_every_field_of_a_track_is_a_column_and_every_column_is_known(store: FeatureStore) -> None:
    assert {column.name for column in FIELDS} == {field.name for field in fields(Track)} - {"preview_url"}
    stored = {row["name"] for row in store.rows("select name from pragma_table_info('track')")} - {"preview_url"}
    assert {column.name for column in COLUMNS} == stored
    assert differing(FULL, OTHER) == stored & {field.name for field in fields(Track)} - {"id"}


@pytest.mark.parametrize("track", [FULL, OTHER, BARE])
def test_every_field_comes_back_as_it_was(store: FeatureStore, track: Track) -> None:
    store.tracks.add([track])
    assert store.tracks.get(track.id) == track


def test_the_address_of_a_preview_is_never_stored(store: FeatureStore) -> None:
    with_address = replace(BARE, preview_url="https://p.scdn.co/mp3-preview/0?cid=planted-client-id")
    store.tracks.add([with_address, replace(with_address, id=song(2).id, isrc=ISRC)])
    store.tracks.add([replace(with_address, id=song(3).id, isrc=ISRC)])
    store.tracks.add_seed(replace(with_address, id=song(4).id))
    store.tracks.merge(replace(with_address, id=song(5).id), ())
    assert store.tracks.get(BARE.id) == BARE
    assert [tuple(row) for row in store.rows("select distinct preview_url from track")] == [(None,)]


def test_a_later_crawl_of_the_same_id_is_believed_but_for_the_isrc(store: FeatureStore) -> None:
    store.tracks.add([FULL])
    store.tracks.add([OTHER])
    found = store.tracks.get(FULL.id)
    assert found is not None
    assert differing(found, OTHER) == about(About.IDENTITY) == {"isrc"}


def test_a_later_crawl_that_knows_less_changes_only_the_name(store: FeatureStore) -> None:
    store.tracks.add([FULL])
    store.tracks.add([replace(BARE, title="Other", artists=("Other",))])
    found = store.tracks.get(FULL.id)
    assert found is not None
    assert differing(found, FULL) == about(About.NAME) == {"title", "artists"}


def test_another_id_of_the_recording_tells_where_audio_is_and_how_it_sounds(store: FeatureStore) -> None:
    copy = replace(FULL, id=song(2).id)
    store.tracks.add([replace(BARE, isrc=ISRC)])
    store.tracks.add([copy])
    found = store.tracks.get(BARE.id)
    assert found is not None
    assert differing(found, replace(BARE, isrc=ISRC)) == about(About.PLACE, About.SOUND)
    store.tracks.add([replace(OTHER, id=song(2).id, isrc=ISRC)])
    assert store.tracks.get(BARE.id) == found, "and changes nothing that is known"


def test_a_copy_in_a_file_that_was_changed_says_something_else_of_the_sound(store: FeatureStore) -> None:
    store.tracks.add([FULL])
    store.tracks.add([replace(OTHER, id=song(2).id, isrc=ISRC, path=FULL.path)])
    found = store.tracks.get(FULL.id)
    assert found is not None
    assert differing(found, FULL) == about(About.SOUND)


def test_what_another_store_knows_adds_and_changes_nothing(store: FeatureStore) -> None:
    store.tracks.add([replace(BARE, title="Own")])
    for _ in range(2):
        assert store.tracks.merge(FULL, ()) == (FULL.id, False)
        assert store.tracks.get(FULL.id) == replace(FULL, title="Own")
    assert store.tracks.merge(OTHER, (song(5).id,)) == (FULL.id, False)
    assert store.tracks.get(song(5).id) == replace(FULL, title="Own")
