"""Stored keys follow the rules that make them."""

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from spotrec.errors import StoreDamaged
from spotrec.names.recordings import RULES_VERSION
from spotrec.store import FeatureStore
from spotrec.track import Ears, TrackId
from support.catalogue import MODEL, song, write

STORES = Path(__file__).parent / "stores"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A store of schema 4, with keys as the first rules made them: marks that make another letter were taken off."""
    path = tmp_path / "old.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((STORES / "m004.sql").read_text(encoding="utf-8"))
    return path


def keys(store: FeatureStore) -> dict[str, tuple[str | None, str]]:
    found = store.rows("select title, recording_key, search_text from track")
    return {row["title"]: (row["recording_key"], row["search_text"]) for row in found}


EXPECTED = {
    "Halo": ("beyonce\thalo", "halo beyonce"),
    "Halo - Digitally Remastered 2011": ("beyonce\thalo", "halo digitally remastered 2011 beyonce"),
    "パパ": ("きゃりー\tパパ", "パパ きゃりー"),
    "ハハ": ("きゃりー\tハハ", "ハハ きゃりー"),
    "Song 5": ("artist 5\tsong 5", "song 5 artist 5"),
    "Untitled": (None, "untitled"),
}


def test_a_store_of_older_rules_gets_todays_keys(old: Path) -> None:
    with FeatureStore(old) as store:
        assert store.integrity_faults() == []
        assert keys(store) == EXPECTED
        (father,) = store.tracks.find_by_words("パパ")
        assert store.candidates.identities([father.id]).isdisjoint(
            store.candidates.identities([TrackId("deezer:track:0004")])
        )
        assert store.counts(Ears.of(MODEL)).embedded == 3, "what was heard stays"
        assert store.tracks.get("spotify:track:0000000000000000000001") == store.tracks.get("deezer:track:0001")


def test_a_store_of_todays_rules_is_not_written_when_it_is_opened(old: Path) -> None:
    FeatureStore(old).close()
    before = old.read_bytes()
    with FeatureStore(old, create=False) as store:
        assert keys(store) == EXPECTED
    assert old.read_bytes() == before


@pytest.mark.parametrize("version", [RULES_VERSION - 1, RULES_VERSION + 1])
def test_keys_of_other_rules_are_made_again(old: Path, version: int) -> None:
    FeatureStore(old).close()
    write(old, f"update made_by set version = {version}")
    write(old, "update track set recording_key = 'other' || recording_key, search_text = 'other'")
    with FeatureStore(old) as store:
        assert keys(store) == EXPECTED
        assert [tuple(row) for row in store.rows("select * from made_by")] == [("recordings", RULES_VERSION)]


def test_a_new_store_notes_the_rules_of_its_keys(store: FeatureStore) -> None:
    assert [tuple(row) for row in store.rows("select * from made_by")] == [("recordings", RULES_VERSION)]
    store.tracks.add([song(1)])
    assert keys(store) == {"Song 1": ("artist 1\tsong 1", "song 1 artist 1")}


def test_making_keys_that_fails_leaves_the_store_as_it_was(old: Path) -> None:
    write(old, "update track set artists = 'no list' where id = 'deezer:track:0006'")
    with pytest.raises(StoreDamaged, match="Untitled"):
        FeatureStore(old)
    with closing(sqlite3.connect(old)) as connection:
        assert connection.execute("pragma user_version").fetchone() == (4,)
        assert connection.execute("select count(*) from track where search_text like '%ハハ%'").fetchone() == (2,)


_OPEN = """
import sys, time
from pathlib import Path
import sqlite_utils
from spotrec.store import FeatureStore
while time.time() < float(sys.argv[2]):
    time.sleep(0.0005)
for path in sorted(Path(sys.argv[1]).glob("*.db")):
    with FeatureStore(path) as store:
        assert store.tracks.find_by_words("パパ")[0].title == "パパ"
"""


def test_two_processes_may_open_an_old_store_at_the_same_moment(old: Path) -> None:
    for n in range(10):
        (old.parent / f"{n}.db").write_bytes(old.read_bytes())
    start = str(time.time() + 3)
    processes = [subprocess.Popen([sys.executable, "-c", _OPEN, str(old.parent), start]) for _ in range(2)]
    assert [process.wait(60) for process in processes] == [0, 0]
