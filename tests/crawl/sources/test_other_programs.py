"""Lists of DJ programs, servers and services: each lists what is in it, with a true count, and says what is not."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from spotrec.track import Track
from support.music import encoded, tune
from support.servers import spotify_id

Run = Callable[..., Any]
URI = f"spotify:track:{spotify_id(1)}"
ISRC = "GBAAA9800322"

NML = """<?xml version="1.0" encoding="UTF-8" standalone="no" ?>
<NML VERSION="19"><HEAD PROGRAM="Traktor"></HEAD><COLLECTION ENTRIES="2">
<ENTRY TITLE="Strobe" ARTIST="deadmau5"><LOCATION DIR="/:Music/:House/:" FILE="strobe.mp3" VOLUME="D:"></LOCATION>
<ALBUM TITLE="For Lack"></ALBUM><INFO GENRE="House" PLAYTIME="637" RELEASE_DATE="2009/1/1"></INFO>
<TEMPO BPM="128.000"></TEMPO><MUSICAL_KEY VALUE="23"></MUSICAL_KEY></ENTRY>
<ENTRY TITLE="Teardrop" ARTIST="Massive Attack"><LOCATION DIR="/:Users/:" FILE="t.mp3" VOLUME="Macintosh HD">
</LOCATION></ENTRY></COLLECTION>
<PLAYLISTS><NODE TYPE="FOLDER" NAME="$ROOT"><SUBNODES COUNT="1"><NODE TYPE="PLAYLIST" NAME="Warm up">
<PLAYLIST ENTRIES="1"><ENTRY><PRIMARYKEY TYPE="TRACK" KEY="D:/:Music/:House/:strobe.mp3"></PRIMARYKEY></ENTRY>
</PLAYLIST>
</NODE></SUBNODES></NODE></PLAYLISTS></NML>"""
JSPF = {
    "playlist": {
        "title": "Trip hop",
        "track": [
            {"title": "Teardrop", "creator": "Massive Attack", "album": "Mezzanine", "duration": 330_000},
            {"title": "Roads", "creator": "Portishead", "identifier": ["https://musicbrainz.org/recording/x"]},
        ],
    }
}


def listen(title: str, artist: str, **more: str) -> dict[str, Any]:
    said = {"track_name": title, "artist_name": artist, "release_name": "X", "additional_info": more}
    return {"listened_at": 1, "track_metadata": said}


def crate(*paths: str) -> bytes:
    def field(tag: bytes, value: bytes) -> bytes:
        return tag + len(value).to_bytes(4, "big") + value

    tracks = [field(b"otrk", field(b"ptrk", path.encode("utf-16-be"))) for path in paths]
    return field(b"vrsn", "1.0/Serato ScratchLive Crate".encode("utf-16-be")) + b"".join(tracks)


@pytest.fixture
def read(spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Track]]:
    """The tracks that a file lists, in its order."""
    monkeypatch.setenv("SPOTREC_PROVIDERS", "file")

    def read_(name: str, content: str | bytes, *, code: int = 3, skipped: int = 0) -> list[Track]:
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        report = json.loads(spotrec("crawl", tmp_path / name, "--json", code=code).stdout)
        assert len(report["skipped"]) == skipped
        with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
            rows = store.rows("select track_id from collection_track order by collection_id, position")
            tracks = [store.tracks.get(id_) for id_ in dict.fromkeys(row[0] for row in rows)]
        assert report["seen"] == len(tracks) + skipped
        return [track for track in tracks if track]

    return read_


Read = Callable[..., list[Track]]


def named(tracks: list[Track]) -> list[str]:
    return sorted(track.name for track in tracks)


def test_a_collection_of_traktor(read: Read, tmp_path: Path) -> None:
    tracks = {track.title: track for track in read("collection.nml", NML)}
    assert named([*tracks.values()]) == ["Massive Attack – Teardrop", "deadmau5 – Strobe"]
    strobe = tracks["Strobe"]
    assert (strobe.album, strobe.genre, strobe.bpm, strobe.musical_key) == ("For Lack", "House", 128, "Bm")
    assert (strobe.duration_ms, strobe.release_date) == (637_000, "2009")
    with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
        sizes = {one.collection.title: len(store.collections.members([one.id])) for one in store.collections.get()}
    assert sizes == {"collection": 2, "Warm up": 1}


def test_files_of_traktor_are_found(spotrec: Run, tmp_path: Path) -> None:
    file = tmp_path / "Music" / "House" / "strobe.mp3"
    file.parent.mkdir(parents=True)
    file.write_bytes(encoded(tune(1)))
    (tmp_path / "collection.nml").write_text(NML)
    report = json.loads(spotrec("crawl", tmp_path / "collection.nml", "--json", code=3).stdout)
    assert (report["seen"], report["with_audio"]) == (2, 1)


def test_a_playlist_that_traktor_exported_is_one_list(read: Read, tmp_path: Path) -> None:
    start, end = NML.index('<ENTRY TITLE="Teardrop"'), NML.index("</COLLECTION>")
    assert named(read("Warm up.nml", NML[:start] + NML[end:])) == ["deadmau5 – Strobe"]
    with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
        assert [one.collection.title for one in store.collections.get()] == ["Warm up"]


@pytest.mark.parametrize("name", ["list.jspf", "list.json"])
def test_jspf(read: Read, name: str) -> None:
    tracks = read(name, json.dumps(JSPF))
    assert named(tracks) == ["Massive Attack – Teardrop", "Portishead – Roads"]
    assert {track.title: (track.album, track.duration_ms) for track in tracks}["Teardrop"] == ("Mezzanine", 330_000)


def test_listens_of_listenbrainz_are_tracks_once(read: Read) -> None:
    rows = [listen("Roads", "Portishead"), listen("Teardrop", "Massive Attack"), listen("Teardrop", "Massive Attack")]
    rows.append(listen("teardrop", "Massive Attack", isrc=ISRC))
    tracks = read("listens.json", json.dumps(rows))
    assert (tracks[0].id, tracks[0].isrc) == (f"isrc:{ISRC}", ISRC)
    assert [track.title.lower() for track in tracks] == ["teardrop", "roads"]


def test_listens_one_on_each_line(read: Read) -> None:
    rows = [listen("Roads", "Portishead", spotify_id=URI), listen("Teardrop", "Massive Attack")]
    tracks = read("2020-01.jsonl", "\n".join(map(json.dumps, rows)) + "\n")
    assert {track.id for track in tracks} > {URI}
    assert named(tracks) == ["Massive Attack – Teardrop", "Portishead – Roads"]


def test_a_database_of_virtualdj(read: Read) -> None:
    (track,) = read(
        "database.xml",
        '<VirtualDJ_Database Version="2023"><Song FilePath="D:\\Music\\a.mp3"><Tags Author="Daft Punk" '
        'Title="One More Time" Album="Discovery" Year="2000"/><Infos SongLength="320.5"/><Scan Bpm="0.48" Key="Bm"/>'
        "</Song></VirtualDJ_Database>",
    )
    assert (track.name, track.album, track.bpm, track.musical_key) == (
        "Daft Punk – One More Time",
        "Discovery",
        125,
        "Bm",
    )
    assert (track.duration_ms, track.release_date) == (320_500, "2000")


def test_a_crate_of_serato(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "Music").mkdir()
    (tmp_path / "Music" / "été.mp3").write_bytes(encoded(tune(1)))
    (tmp_path / "Warm%%House.crate").write_bytes(crate("Music/été.mp3", "Music/gone.mp3"))
    report = json.loads(spotrec("crawl", tmp_path / "Warm%%House.crate", "--json", code=3).stdout)
    assert (report["seen"], report["with_audio"], report["sources"][0]["title"]) == (2, 1, "Warm/House")
    assert "there is no file" in report["skipped"][0]["reason"]
    (tmp_path / "cut.crate").write_bytes(crate("Music/été.mp3")[:-3])
    assert "is damaged" in spotrec("crawl", tmp_path / "cut.crate", code=2).stderr


def test_a_playlist_of_jellyfin(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "a.mp3").write_bytes(encoded(tune(1)))
    items = "".join(
        f"<PlaylistItem><Path>/{name}</Path></PlaylistItem>" for name in ("music/X/a.mp3", "music/gone.mp3")
    )
    xml = f"<Item><LocalTitle>Mine</LocalTitle><PlaylistItems>{items}</PlaylistItems></Item>"
    (tmp_path / "X").mkdir()
    (tmp_path / "a.mp3").rename(tmp_path / "X" / "a.mp3")
    (tmp_path / "playlist.xml").write_text(xml)
    report = json.loads(spotrec("crawl", tmp_path / "playlist.xml", "--json", code=3).stdout)
    assert (report["seen"], report["with_audio"], report["sources"][0]["title"]) == (2, 1, "Mine")


def test_listens_of_last_fm_have_no_header(read: Read) -> None:
    tracks = read(
        "me.csv", "Portishead,Dummy,Roads,12 Jan 2020 10:11\n,,,\nMassive Attack,Mezzanine,Teardrop,11 Jan 2020 9:07\n"
    )
    assert named(tracks) == ["Massive Attack – Teardrop", "Portishead – Roads"]
    assert {track.album for track in tracks} == {"Dummy", "Mezzanine"}


def test_albums_and_artists_of_tunemymusic_are_no_tracks(read: Read) -> None:
    content = (
        "Track name,Artist name,Album,Playlist name,Type,ISRC\n"
        f"Teardrop,Massive Attack,Mezzanine,A,Playlist,{ISRC}\nDummy,Portishead,,,Album,\n,Portishead,,,Artist,\n"
    )
    assert named(read("library.csv", content, skipped=2)) == ["Massive Attack – Teardrop"]


def test_lines_of_artist_and_title_are_tracks(read: Read, spotrec: Run, tmp_path: Path) -> None:
    tracks = read("list.txt", "Massive Attack - Teardrop\n2. Portishead – Roads\nno dash\nBand - gone.mp3\n", skipped=2)
    assert named(tracks) == ["Massive Attack – Teardrop", "Portishead – Roads"]
    report = json.loads(spotrec("crawl", tmp_path / "list.txt", "--json", code=3).stdout)
    assert report["notices"] == ["lines that are read as “Artist - Title”: 2"]
