"""What was heard, and when."""

import pytest

from spotrec.store import FeatureStore
from spotrec.track import TrackId
from support.catalogue import song, songs

FIRST, SECOND, THIRD, FOURTH = (f"2026-11-{day}T08:00:00.000000+00:00" for day in (10, 11, 12, 13))


@pytest.fixture
def filled(store: FeatureStore) -> FeatureStore:
    store.tracks.add(songs(5))
    return store


def ids(*numbers: int) -> list[TrackId]:
    return [song(n).id for n in numbers]


def test_what_was_heard_last_comes_last(filled: FeatureStore) -> None:
    filled.heard.note(ids(3, 1), "mpd", FIRST)
    filled.heard.note(ids(2), "station evening", SECOND)
    filled.heard.note(ids(3), "mpd", THIRD)
    assert filled.heard.between(FIRST, FOURTH) == ids(1, 2, 3)


def test_the_end_is_not_part_of_the_time_between(filled: FeatureStore) -> None:
    filled.heard.note(ids(1), "mpd", FIRST)
    filled.heard.note(ids(2), "mpd", SECOND)
    assert filled.heard.between(FIRST, SECOND) == ids(1)
    assert filled.heard.between(SECOND, THIRD) == ids(2)


def test_a_place_notes_a_track_once_since_a_moment(filled: FeatureStore) -> None:
    assert filled.heard.note(ids(1, 2), "station evening", SECOND, since=FIRST) == 2
    assert filled.heard.note(ids(1, 2, 3), "station evening", THIRD, since=FIRST) == 1
    assert filled.heard.note(ids(1), "station evening", FOURTH, since=THIRD) == 1
    assert filled.heard.note(ids(1), "mpd", FOURTH) == 1


def test_a_track_that_is_not_stored_is_not_noted(filled: FeatureStore) -> None:
    assert filled.heard.note([song(99).id, song(1).id], "mpd", FIRST) == 1


def test_what_is_long_ago_can_be_forgotten(filled: FeatureStore) -> None:
    filled.heard.note(ids(1), "mpd", FIRST)
    filled.heard.note(ids(2), "mpd", SECOND)
    filled.heard.forget(SECOND)
    assert filled.heard.between(FIRST, FOURTH) == ids(2)


def test_a_track_that_takes_anothers_place_was_heard_too(filled: FeatureStore) -> None:
    filled.heard.note(ids(1, 2), "mpd", FIRST)
    stays = filled.succession.unite(song(1).id, song(2).id)
    assert filled.heard.between(FIRST, FOURTH) == [stays]
    assert filled.integrity_faults() == []


def test_a_removed_track_leaves_nothing_behind(filled: FeatureStore) -> None:
    filled.heard.note(ids(1, 2), "mpd", FIRST)
    filled.removal.remove(ids(1))
    assert filled.heard.between(FIRST, FOURTH) == ids(2)
    assert filled.integrity_faults() == []
