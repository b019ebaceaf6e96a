"""Collections and what they list."""

import subprocess
import sys
from dataclasses import replace

from spotrec.store import FeatureStore
from spotrec.track import (
    Collection,
    Ears,
)
from support.catalogue import ISRC, MIXTAPE, MODEL, playlist, song, songs


def listed(store: FeatureStore, collection: Collection) -> list[str]:
    """A collection's track ids in order, as any SQLite client sees them."""
    sql = f"select track_id from collection_track where collection_id = '{collection.id}' order by position"
    code = "import sqlite3, sys; print(*[r[0] for r in sqlite3.connect(sys.argv[1]).execute(sys.argv[2])], sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.path), sql], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_a_collection_keeps_its_order_and_its_repeats(store: FeatureStore) -> None:
    store.tracks.add([song(2), song(1)], MIXTAPE)
    store.tracks.add([song(2), song(3)], MIXTAPE, first_position=2)
    assert listed(store, MIXTAPE) == [song(2).id, song(1).id, song(2).id, song(3).id]
    assert store.counts(Ears.of(MODEL)).collections == 1


def test_a_collection_lists_a_copy_under_the_id_that_is_kept(store: FeatureStore) -> None:
    store.tracks.add([song(1, isrc=ISRC)])
    store.tracks.add([song(2, isrc=ISRC)], MIXTAPE)
    assert listed(store, MIXTAPE) == [song(1).id]


def test_a_collection_that_became_shorter_forgets_its_end(store: FeatureStore) -> None:
    store.tracks.add(songs(5), MIXTAPE)
    store.tracks.add([song(7), song(8)], MIXTAPE)
    store.collections.finish(MIXTAPE, 2)
    assert listed(store, MIXTAPE) == [song(7).id, song(8).id]
    assert store.counts(Ears.of(MODEL)).tracks == 7, "the tracks themselves stay"


def test_a_collection_that_was_not_listed_to_its_end_keeps_it(store: FeatureStore) -> None:
    store.tracks.add(songs(3), MIXTAPE)
    store.tracks.add([song(9)], MIXTAPE)
    assert listed(store, MIXTAPE) == [song(9).id, song(1).id, song(2).id, song(0).id]
    assert store.collections.dropped_by(MIXTAPE.id) == set()


def test_an_emptied_collection_stays_known(store: FeatureStore) -> None:
    store.tracks.add([song(1)], MIXTAPE)
    store.collections.finish(replace(MIXTAPE, title="Renamed"), 0)
    assert listed(store, MIXTAPE) == []
    assert store.counts(Ears.of(MODEL)).collections == 1


def test_members_are_those_of_any_of_the_collections(store: FeatureStore) -> None:
    store.tracks.add([song(1), song(2)], playlist(1, "One"))
    store.tracks.add([song(2), song(3)], playlist(2, "Two"))
    assert store.collections.members([playlist(1, "").id, playlist(2, "").id]) == {song(n).id for n in (1, 2, 3)}
    assert store.collections.members([]) == set()
    assert store.collections.titled("  TWO! ") == [playlist(2, "").id]
    assert [known.n_tracks for known in store.collections.get([playlist(2, "").id])] == [2]
    assert store.collections.get([]) == []
