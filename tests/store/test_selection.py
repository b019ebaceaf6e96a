"""Sets of tracks, each in one statement."""

from spotrec.query.filters import BPM, EXPLICIT, YEAR, FilterContext
from spotrec.store import FeatureStore
from support.catalogue import CHOI, hear, song, songs


def test_a_selection_of_nothing_in_particular_is_all_that_was_heard(store: FeatureStore) -> None:
    store.tracks.add(songs(4))
    store.tracks.add_seed(song(9))
    hear(store, [song(1), song(2), song(9)])
    assert store.selection.select([], CHOI).ids == {song(1).id, song(2).id}


def test_what_fails_for_sure_is_not_counted_as_unknown(store: FeatureStore) -> None:
    old, new, undated = song(1, release_date="1970"), song(2, release_date="1999"), song(3)
    store.tracks.add([old, new, undated])
    hear(store, [old, new, undated])
    known = FilterContext(store, str)
    found = store.selection.select([YEAR.clause("1990..1999", known), EXPLICIT.clause(True, known)], CHOI)
    assert found.ids == set()
    assert found.unknown == {"year": 1, "explicit": 2}, "the old one is of the wrong year, whatever else it be"


def test_what_was_not_heard_is_not_counted_as_unknown(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)])
    hear(store, [song(1)])
    assert store.selection.select([BPM.clause("100..120", FilterContext(store, str))], CHOI).unknown == {"bpm": 1}
