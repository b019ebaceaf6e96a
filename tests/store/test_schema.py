"""What opening a store does: it makes one, brings an old one up to date, and leaves what is not ours alone."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from spotrec.errors import ExitCode, NotFound, StoreDamaged, StoreError, StoreTooNew
from spotrec.store import FeatureStore, ServerItem, Station, TrackFilter, Verb
from spotrec.store.schema import APPLICATION_ID, MIGRATIONS, VERSION, migrate
from spotrec.track import Ears, Excerpts, TempoAndKey, Track, TrackId
from support.catalogue import MODEL

Run = Callable[..., Any]

TABLES = {"track", "track_alias", "local_file", "collection", "collection_track"}
TABLES |= {
    "preview_outcome",
    "audio",
    "embedding",
    "failure",
    "dropped_track",
    "discarded_audio",
    "made_by",
    "removed_track",
    "server_item",
    "fingerprint",
    "taste",
    "taste_key",
    "station",
    "heard",
}
STORES = Path(__file__).parent / "stores"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spotrec.db"


def filled(path: Path, n_tracks: int = 500) -> Path:
    with FeatureStore(path) as store:
        store.tracks.add([Track(TrackId(f"deezer:track:{i}"), f"Song {i}", ("Artist",)) for i in range(n_tracks)])
    return path


def number(path: Path, pragma: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(f"pragma {pragma}").fetchone()[0])
    finally:
        connection.close()


def test_a_new_store_has_all_tables_its_version_and_our_name(path: Path) -> None:
    FeatureStore(path).close()
    connection = sqlite3.connect(path)
    names = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    connection.close()
    assert names == TABLES
    assert number(path, "user_version") == VERSION == len(MIGRATIONS)
    assert number(path, "application_id") == APPLICATION_ID


def test_a_new_store_makes_the_folders_above_it(tmp_path: Path) -> None:
    with FeatureStore(tmp_path / "a" / "b" / "spotrec.db") as store:
        assert store.integrity_faults() == []


def test_a_store_lets_others_read_while_one_writes(path: Path) -> None:
    FeatureStore(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("pragma journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_opening_a_store_again_changes_nothing(path: Path) -> None:
    before = filled(path).read_bytes()
    with FeatureStore(path, create=False) as store:
        assert store.counts(Ears.of(MODEL)).tracks == 500
    assert path.read_bytes() == before


def test_a_missing_store_is_not_made_by_who_only_wants_to_read(path: Path) -> None:
    with pytest.raises(NotFound, match="there is no store at") as missing:
        FeatureStore(path / "below", create=False)
    assert "spotrec crawl" in missing.value.hint
    assert missing.value.exit_code == ExitCode.NOT_FOUND
    assert not path.exists()


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    with FeatureStore(path) as store:
        assert store.counts(Ears.of(MODEL)).tracks == 0


def test_a_store_of_a_later_spotrec_is_left_alone(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)
    connection.execute(f"pragma user_version = {VERSION + 1}")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreTooNew, match=f"schema {VERSION + 1}") as refused:
        FeatureStore(path)
    assert "upgrade" in refused.value.hint
    assert refused.value.exit_code == ExitCode.FAILURE
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello\n", b"Artist,Title\n" * 1000, b"SQLite format 4\0" * 64, b"\0" * 5000])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(StoreDamaged, match="is damaged") as refused:
        FeatureStore(path)
    assert str(path) in refused.value.message
    assert refused.value.hint
    assert refused.value.exit_code == ExitCode.FAILURE
    assert path.read_bytes() == content


@pytest.mark.parametrize("version", [0, VERSION, VERSION + 1])
def test_the_database_of_another_program_is_left_alone(path: Path, version: int) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table recipe (name text)")
    connection.execute("insert into recipe values ('soup')")
    connection.execute(f"pragma user_version = {version}")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreDamaged, match="another program") as refused:
        FeatureStore(path)
    assert "`store`" in refused.value.hint
    assert refused.value.exit_code == ExitCode.FAILURE
    assert path.read_bytes() == before


@pytest.mark.parametrize("kept", [0.001, 0.1, 0.5, 0.9])
def test_a_truncated_store_is_found_damaged_and_left_alone(path: Path, kept: float) -> None:
    whole = filled(path).read_bytes()
    part = whole[: int(len(whole) * kept)]
    path.write_bytes(part)
    with pytest.raises(StoreDamaged, match=r"malformed|too small") as refused:
        FeatureStore(path)
    assert "recover" in refused.value.hint
    assert refused.value.exit_code == ExitCode.FAILURE
    assert path.read_bytes() == part


def test_a_store_with_a_damaged_schema_is_said_to_be_damaged(path: Path) -> None:
    """SQLite quotes the damaged statement, and that is not text."""
    content = filled(path).read_bytes()
    assert b"CREATE TABLE" in content
    path.write_bytes(content.replace(b"CREATE TABLE", b"CREATE \xfe\xffBLE"))
    with pytest.raises(StoreDamaged, match="is damaged") as refused:
        FeatureStore(path)
    assert "recover" in refused.value.hint


def test_a_view_without_an_end_in_place_of_a_table_is_not_read(path: Path) -> None:
    connection = sqlite3.connect(filled(path))
    connection.executescript("""
        alter table track rename to other;
        create view track as
        with recursive n(i) as (select 1 union all select i + 1 from n) select other.* from other, n;
    """)
    connection.close()
    with pytest.raises(StoreDamaged, match="another program"):
        FeatureStore(path)


@pytest.mark.parametrize(
    "statement",
    [
        "update track set title = x'fffe'",
        "update track set artists = 'no list'",
        "update track set artists = x'fffe'",
        "update track set genre = x'00'",
        "pragma foreign_keys = off; update track set id = x'fffe' where rowid = 1",
    ],
)
def test_a_track_of_other_types_is_a_damaged_store(path: Path, spotrec: Run, statement: str) -> None:
    connection = sqlite3.connect(filled(path))
    connection.executescript(statement)
    connection.close()
    for command in (["tracks"], ["tracks", "--json"], ["tracks", "--csv"]):
        assert "damaged" in spotrec(*command, "--store", path, code=1).stderr


def test_a_store_of_a_negative_version_is_left_alone(path: Path) -> None:
    connection = sqlite3.connect(filled(path))
    connection.execute("pragma user_version = -2")
    connection.close()
    with pytest.raises(StoreDamaged, match="another program"):
        FeatureStore(path)
    assert number(path, "user_version") == -2


def test_overwritten_pages_are_found_by_the_integrity_check(path: Path) -> None:
    content = bytearray(filled(path, 3000).read_bytes())
    content[len(content) // 2 :] = bytes(len(content) - len(content) // 2)
    path.write_bytes(content)
    with FeatureStore(path, create=False) as store:
        try:
            faults = store.integrity_faults()
        except StoreDamaged as error:
            faults = [error.message]
    assert faults


def test_a_dangling_row_is_found_by_the_integrity_check(path: Path) -> None:
    filled(path)
    connection = sqlite3.connect(path)  # another program, that does not mind foreign keys
    connection.execute("insert into track_alias values ('isrc:USRC17607839', 'gone')")
    connection.commit()
    connection.close()
    with FeatureStore(path) as store:
        assert store.integrity_faults() == ["dangling row in track_alias"]


def test_a_folder_in_the_stores_place_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as refused:
        FeatureStore(tmp_path)
    assert "`store`" in refused.value.hint


def test_a_store_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be opened"):
        FeatureStore(tmp_path / "file" / "spotrec.db")


def test_a_migration_that_fails_leaves_the_version_before_it(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    connection.execute(f"pragma application_id = {APPLICATION_ID}")
    connection.execute("create table embedding (in_the_way)")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection)
    names = {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}
    connection.close()
    assert names == {"embedding"}
    assert number(path, "user_version") == 0


def test_who_waited_for_anothers_migration_does_not_migrate_again(path: Path) -> None:
    first = sqlite3.connect(path, isolation_level=None)
    first.execute("pragma journal_mode = wal")
    first.execute("begin immediate")
    opened: list[int] = []

    def open_it() -> None:
        with FeatureStore(path) as store:
            opened.append(store.counts(Ears.of(MODEL)).tracks)

    second = threading.Thread(target=open_it)
    second.start()
    second.join(0.3)
    assert second.is_alive(), "it waits for the lock"
    for apply in MIGRATIONS:
        apply(Database(first))
    first.execute(f"pragma user_version = {VERSION}")
    first.execute(f"pragma application_id = {APPLICATION_ID}")
    first.execute("commit")
    first.close()
    second.join(30)
    assert opened == [0]


def test_a_store_of_schema_1_is_brought_up_to_date(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m001.sql").read_text(encoding="utf-8"))
    connection.close()
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        singly = store.rows("select id, crawled_singly from track order by id")
        assert [tuple(row) for row in singly] == [
            ("deezer:track:0001", 0),
            ("deezer:track:0002", 0),
            ("deezer:track:0003", 1),
            ("deezer:track:0004", 0),
        ], "in no collection: crawled singly; not in the catalogue: only asked about"
        records = {record.track.id: record.state for record in store.listing.records(TrackFilter(), MODEL)}
        assert records == {
            "deezer:track:0001": "failed: silent",
            "deezer:track:0002": "no audio",
            "deezer:track:0003": "heard",
        }
        assert [(one.id, one.n_tracks) for one in store.collections.get()] == [("spotify:playlist:1", 2)]
        assert store.tracks.get("spotify:track:0000000000000000000002") is not None
    assert number(path, "user_version") == VERSION


def test_a_store_of_schema_2_learns_what_tracks_say_of_their_sound(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m002.sql").read_text(encoding="utf-8"))
    connection.close()
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        (known,) = (record.track for record in store.listing.records(TrackFilter(), MODEL) if record.is_heard)
        assert (known.genre, known.mood, known.bpm, known.musical_key) == (None, None, None, None)
        file = Path("/music/song.flac"), 1000, 1_700_000_000_000_000_000
        assert store.files.unchanged(*file) is None, "it is read once more, for what it says"
        store.tracks.add([replace(known, genre="Jazz", mood="calm", bpm=96.5, musical_key="F#m")])
        store.files.remember(*file, known.id)
        found = store.files.unchanged(*file)
        assert found is not None
        assert (found.genre, found.mood, found.bpm, found.musical_key) == ("Jazz", "calm", 96.5, "F#m")
        assert store.counts(Ears.of(MODEL)).embedded == 1, "what was heard stays"
    assert number(path, "user_version") == VERSION


def test_a_store_of_schema_3_finds_seeds_that_are_crawled_behind_all_else(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m003.sql").read_text(encoding="utf-8"))
    connection.close()

    def embeddings(store: FeatureStore) -> list[tuple[str, str]]:
        return [tuple(row) for row in store.rows("select track_id, model from embedding order by rowid")]

    def id_(n: int) -> TrackId:
        return TrackId(f"deezer:track:000{n}")

    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        first = [(id_(1), "choi-1"), (id_(2), "choi-1"), (id_(2), "other-1"), (id_(3), "choi-1")]
        assert embeddings(store) == first
        plan = store.rows("explain query plan select track_id from embedding where model = 'x' order by track_id")
        assert "idx_embedding_model_track_id" in plan[0]["detail"]
        store.tracks.add_seed(Track(id_(2), "Song 2", ("Artist",)))
        assert embeddings(store) == first, "still a seed"
        for _ in range(2):
            store.tracks.add([Track(id_(2), "Song 2", ("Artist",))])
            assert embeddings(store) == [first[0], first[3], *first[1:3]]
        heard = store.embeddings.get(id_(2), MODEL)
        assert heard is not None
        assert heard.vector.tolist() == [1, 1, 1]
        assert store.integrity_faults() == []
    assert number(path, "user_version") == VERSION


def test_a_store_of_schema_5_reads_each_file_once_more_to_know_its_sound(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m005.sql").read_text(encoding="utf-8"))
    connection.close()
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        one = TrackId("deezer:track:0001")
        file = Path("/music/song.flac"), 1000, 1_700_000_000_000_000_000
        assert store.files.unchanged(*file) is None
        assert [(state.sound, state.mount) for state in store.files.places([one])[one]] == [(None, None)]
        store.files.remember(*file, one, sound="a" * 64, mount="/music")
        assert store.files.with_sound("a" * 64) == [one]
        known = store.files.unchanged(*file)
        assert known is not None
        assert (known.album, known.path) == ("LP", "/music/song.flac")
        assert [record.state for record in store.listing.records(TrackFilter(), MODEL)] == ["heard", "no audio"]


def test_a_store_of_schema_8_was_heard_in_one_excerpt_and_knows_which_files_have_more(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m008.sql").read_text(encoding="utf-8"))
    before = connection.execute("select rowid, * from embedding order by rowid").fetchall()
    connection.close()
    ears = Ears.of(MODEL)
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        rows = store.rows("select track_id, model, excerpts, has_more from embedding order by rowid")
        assert [(row[0][-1], row[1], row[2], row[3]) for row in rows] == [
            ("1", "choi-1", 1, 0),  # a preview
            ("2", "choi-1", 1, 1),  # a long file
            ("3", "choi-1", 1, 0),  # a file of 80 s
            ("4", "choi-1", 1, 1),  # a file of unknown length
            ("2", "choi-2", 1, 1),
        ]
        now = store.rows("select rowid, * from embedding order by rowid")
        assert [tuple(row)[:8] for row in now] == before, "nothing else changed: an index finds its rows"
        assert store.audio.count_pending(ears) == 0, "an upgrade makes nothing to hear"
        assert store.audio.count_pending(ears, excerpts=Excerpts(3)) == 0
        assert store.audio.count_pending(ears, excerpts=Excerpts(3, again=True)) == 2
        assert store.audio.count_with_more(ears, 3) == (2, 2)
        assert store.catalogue.count_in_fewer(ears) == (1, 0), "all were heard alike"
    assert number(path, "user_version") == VERSION


def tables_of(connection: sqlite3.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")}


def test_a_store_of_schema_9_learns_what_servers_call_its_tracks(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m009.sql").read_text(encoding="utf-8"))
    before = {
        table: connection.execute(f"select rowid, * from {table} order by rowid").fetchall()
        for table in sorted((TABLES & tables_of(connection)) - {"server_item", "collection_track"})
    }
    connection.close()
    song, file = TrackId("spotify:track:" + "1".zfill(22)), TrackId("file:" + "2".zfill(32))
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        for table, rows in before.items():
            now = store.rows(f"select rowid, * from {table} order by rowid")
            was = [tuple(row)[: len(rows[0])] for row in now] if rows else []
            assert was == rows, f"{table} is as it was: an index finds its rows"
        item = ServerItem("a" * 12, "tr-1", path="a.mp3", n_bytes=5)
        store.server_items.note([(item, song)], "2026-11-30T00:00:00+00:00")
        assert store.server_items.track_of("tr-1") == store.tracks.get("deezer:track:1") == store.tracks.get(song)
        assert store.server_items.of([song, file]) == {song: [item]}
        store.removal.remove([song, file])
        assert store.server_items.track_of("tr-1") is None
        assert store.integrity_faults() == []
    assert number(path, "user_version") == VERSION


def test_in_a_store_of_schema_12_nothing_heard_tempo_and_key_yet(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m012.sql").read_text(encoding="utf-8"))
    connection.close()
    service, file = TrackId("spotify:track:" + "1".zfill(22)), TrackId("file:" + "2".zfill(32))
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        tracks = store.tracks.get_many([service, file])
        assert (tracks[service].known_bpm, tracks[service].bpm_source) == (97.5, "tags")
        assert (tracks[file].known_bpm, tracks[file].bpm_source, tracks[file].heard_by) == (None, None, None)
        store.tracks.note_tempo_and_key({file: TempoAndKey(120.5, 0.5, "Am", 0.75)}, 1)
        heard = store.tracks.get(file)
        assert heard is not None
        assert (heard.known_bpm, heard.known_key, heard.key_source) == (120.5, "Am", "heard")
    assert number(path, "user_version") == VERSION


def test_a_store_of_schema_10_remembers_taste(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m010.sql").read_text(encoding="utf-8"))
    before = {
        table: connection.execute(f"select rowid, * from {table} order by rowid").fetchall()
        for table in sorted((TABLES & tables_of(connection)) - {"server_item", "collection_track"})
    }
    connection.close()
    halo = TrackId("spotify:track:" + "1".zfill(22))
    with FeatureStore(path) as store:
        assert store.integrity_faults() == []
        for table, rows in before.items():
            now = store.rows(f"select rowid, * from {table} order by rowid")
            was = [tuple(row)[: len(rows[0])] for row in now] if rows else []
            assert was == rows, f"{table} is as it was: an index finds its rows"
        known = store.tracks.get(halo)
        assert known is not None
        store.taste.say(Verb.BAN, [store.taste.subject(known)], "cli")
        assert {"id deezer:track:1", f"id subsonic:{'a' * 12}:tr-1"} <= store.taste.signals()[0].subject.keys
        store.removal.remove([halo])
        store.tracks.add([Track(TrackId("deezer:track:1"), "Halo", ("Beyoncé",))])
        assert store.candidates.get([TrackId("deezer:track:1")]) == {}
        assert store.integrity_faults() == []
    assert number(path, "user_version") == VERSION


def test_an_older_store_forgets_the_addresses_of_previews_in_its_tables_and_in_its_file(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript((STORES / "m004.sql").read_text(encoding="utf-8"))
    with connection:
        connection.execute("update track set preview_url = 'https://p.scdn.co/mp3-preview/0?cid=planted-' || id")
    connection.close()
    assert b"cid=planted" in path.read_bytes()
    with FeatureStore(path) as store:
        assert [tuple(row) for row in store.rows("select distinct preview_url from track")] == [(None,)]
        assert store.integrity_faults() == []
    assert not [file for file in path.parent.glob(f"{path.name}*") if b"cid=planted" in file.read_bytes()]
    assert number(path, "user_version") == VERSION


@pytest.mark.parametrize("content", [b"x", b"short"])
def test_a_tiny_file_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(StoreDamaged):
        FeatureStore(tmp_path / "x")
    assert (tmp_path / "x").read_bytes() == content


_MAKE_STORES = """
import sys, time
from pathlib import Path
from spotrec.store import FeatureStore
import sqlite_utils
start = float(sys.argv[2])
for n in range(40):
    while time.time() < start + n * 0.1:
        time.sleep(0.0005)
    FeatureStore(Path(sys.argv[1]) / f"{n}.db").close()
"""


def test_two_processes_may_make_one_store_at_the_same_moment(tmp_path: Path) -> None:
    start = str(time.time() + 3)
    command = [sys.executable, "-c", _MAKE_STORES, str(tmp_path), start]
    processes = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]


@pytest.mark.parametrize("older", sorted(STORES.glob("*.sql")), ids=lambda path: path.stem)
def test_every_older_store_learns_of_stations_and_of_what_was_heard(path: Path, older: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript(older.read_text(encoding="utf-8"))
    connection.close()
    with FeatureStore(path) as store:
        ids = [TrackId(row[0]) for row in store.rows("select id from track order by id")]
        store.stations.add(Station("Evening", {}, None, 86_400, "2026-11-30T08:00:00.000000+00:00"))
        store.heard.note(ids, "mpd", "2026-11-30T08:00:00.000000+00:00")
        assert [one.name for one in store.stations.all()] == ["Evening"]
        assert store.heard.between("2026", "2027") == ids != []
        assert store.integrity_faults() == []
