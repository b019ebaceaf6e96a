"""Crawling the playlists, libraries and histories that other programs and services write, through the real command."""

import json
import os
import plistlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotrec.crawl.sources.playlist_file import read_list_file
from spotrec.errors import SpotrecError
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.music import encoded, tune, write_tagged
from support.servers import FakeDeezer, spotify_id

Run = Callable[..., Any]
URI = f"spotify:track:{spotify_id(1)}"
OTHER_URI = f"spotify:track:{spotify_id(2)}"


@pytest.fixture(autouse=True)
def _nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "file,spotify")


def crawled(spotrec: Run, *arguments: object, code: int | None = None) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code).stdout)
    return report


def collections(home: Path) -> dict[str, list[Track]]:
    """The title of each stored collection, with its tracks in order."""
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        sql = "select track_id from collection_track where collection_id = :id order by position"
        return {
            known.collection.title: [
                track for row in store.rows(sql, {"id": known.id}) if (track := store.tracks.get(row[0]))
            ]
            for known in store.collections.get()
        }


def names(tracks: list[Track]) -> list[str]:
    return [track.name for track in tracks]


def library(
    path: Path, tracks: list[dict[str, Any]], playlists: list[dict[str, Any]] | None = None, music_folder: str = ""
) -> Path:
    """Write a library as Music does. Tracks get the numbers 1, 2, …"""
    numbered = {str(i): {"Track ID": i, **track} for i, track in enumerate(tracks, 1)}
    master = {"Name": "Library", "Master": True, "Playlist Items": [{"Track ID": i} for i in range(1, len(tracks) + 1)]}
    own = [{**one, "Playlist Items": [{"Track ID": i} for i in one["Playlist Items"]]} for one in playlists or []]
    value = {
        "Application Version": "1.4",
        "Tracks": numbered,
        "Playlists": [master, *own],
        "Music Folder": music_folder,
    }
    path.write_bytes(plistlib.dumps(value))
    return path


# -- cue sheets, WPL and ASX ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_cue_sheet_names_its_files_whatever_they_became(
    spotrec: Run, tmp_path: Path, home: Path, encoding: str
) -> None:
    write_tagged(tmp_path / "Café 1.flac", tune(1), title="One", artist="A")
    write_tagged(tmp_path / "whole.flac", tune(2), title="Whole", artist="B")
    (tmp_path / "x.cue").write_bytes(
        (
            'REM GENRE Jazz\r\nPERFORMER "The Band"\r\nTITLE "The "Album""\r\n'
            'FILE "Café 1.wav" WAVE\r\n  TRACK 01 AUDIO\r\n    TITLE "x"\r\n    INDEX 01 00:00:00\r\n'
            "FILE whole.ape WAVE\r\n  TRACK 02 AUDIO\r\n  TRACK 03 AUDIO\r\n"
            'FILE "gone.wav" WAVE\r\n  TRACK 04 AUDIO\r\n    TITLE Plain Words\r\n'
            '  TRACK 05 AUDIO\r\n    TITLE "Five"\r\n    PERFORMER "Björk"\r\n'
            'FILE "unnamed.wav" WAVE\r\n  TRACK 06 AUDIO\r\n'
        ).encode(encoding)
    )
    report = crawled(spotrec, tmp_path / "x.cue", code=3)
    named = ["A – One", "B – Whole", "The Band – Plain Words", "Björk – Five"]
    assert {title: names(tracks) for title, tracks in collections(home).items()} == {'The "Album"': named}
    assert [one["name"] for one in report["skipped"]] == ["The Band"]
    assert "tracks of x.cue that are parts of a file: 2" in " ".join(report["notices"])


def test_wpl_and_asx_are_read(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "Sub" / "a & b.flac", tune(1), title="One", artist="A")
    (tmp_path / "x.wpl").write_text(
        '\ufeff<?wpl version="1.0"?>\r\n<smil><head><title>Evening</title></head><body><seq>'
        r'<media src="sub\a &amp; b.flac" tid="{1}"/>'
        '<media src="C:\\gone.mp3" trackTitle="Two" trackArtist="B" albumTitle="C" duration="200000"/>'
        "</seq></body></smil>"
    )
    (tmp_path / "y.asx").write_text(
        '<ASX Version="3.0"><Title>Morning</Title><Entry><Title>x</Title><Ref HREF="Sub/a &amp; b.flac"/></Entry></ASX>'
    )
    assert crawled(spotrec, tmp_path / "x.wpl", tmp_path / "y.asx")["skipped"] == []
    assert {title: names(tracks) for title, tracks in collections(home).items()} == {
        "Evening": ["A – One", "B – Two"],
        "Morning": ["A – One"],
    }


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("x.wpl", '<?wpl version="1.0"?><smil><head/></smil>', "a Windows Media playlist"),
        ("x.asx", "<asx/>", "an ASX playlist"),
        ("x.cue", 'TITLE "X"', "a cue sheet"),
    ],
)
def test_a_playlist_without_entries_says_so(spotrec: Run, tmp_path: Path, name: str, content: str, kind: str) -> None:
    (tmp_path / name).write_text(content)
    assert f"is {kind}, but names no tracks" in spotrec("crawl", tmp_path / name, code=5).stderr.replace("\n", "")


@pytest.mark.parametrize("name", ["list", "list.m3u8.bak", "list.playlist"])
@pytest.mark.parametrize(
    "content",
    [
        "#EXTM3U\na.flac\n",
        "\ufeff#EXTM3U\r\na.flac\r\n",
        "[playlist]\nFile1=a.flac\n",
        "<playlist><trackList><track><location>a.flac</location></track></trackList></playlist>",
    ],
)
def test_a_playlist_under_another_name_is_one(
    spotrec: Run, tmp_path: Path, home: Path, name: str, content: str
) -> None:
    write_tagged(tmp_path / "a.flac", tune(1), title="One", artist="A")
    (tmp_path / name).write_text(content)
    crawled(spotrec, tmp_path / name, code=0)
    assert [names(tracks) for tracks in collections(home).values()] == [["A – One"]]


def test_a_pls_that_is_called_an_m3u_is_a_pls(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "a.flac", tune(1), title="One", artist="A")
    (tmp_path / "list.m3u").write_text("[playlist]\nFile1=a.flac\n")
    crawled(spotrec, tmp_path / "list.m3u", code=0)
    assert [names(tracks) for tracks in collections(home).values()] == [["A – One"]]


# -- PLS and XSPF --------------------------------------------------------------------------------------------------


def test_a_pls_is_read_in_the_order_of_its_numbers_with_files_and_links(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    write_tagged(tmp_path / "Café Genève.flac", tune(1), title="One", artist="A")
    write_tagged(tmp_path / "two.flac", tune(2), title="Two", artist="A")
    (tmp_path / "evening.pls").write_bytes(
        "[Playlist]\r\nFile10=two.flac\r\nTitle10=x\r\nLength10=-1\r\nfile2 = Café Genève.flac\r\n"
        "File11=http://radio.example:8000/live\r\nNumberOfEntries=3\r\nVersion=2\r\n".encode("cp1252")
    )
    report = crawled(spotrec, tmp_path / "evening.pls", code=3)
    assert names(collections(home)["evening"]) == ["A – One", "A – Two"]
    assert [entry["name"] for entry in report["skipped"]] == ["http://radio.example:8000/live"]
    assert (report["seen"], report["with_audio"]) == (3, 2)


def test_an_entry_with_a_null_character_is_left_out_and_the_others_are_read(
    spotrec: Run, tmp_path: Path, music: Path, home: Path
) -> None:
    song = next(music.glob("*.flac"))
    (tmp_path / "a.xspf").write_text(
        '<playlist xmlns="http://xspf.org/ns/0/"><trackList><track><location>file:///%00.mp3</location></track>'
        f"<track><location>{song.as_uri()}</location></track></trackList></playlist>"
    )
    crawled = json.loads(spotrec("crawl", tmp_path / "a.xspf", "--json", code=3).stdout)
    assert (crawled["seen"], len(crawled["skipped"])) == (2, 1)


def test_an_xspf_is_read_with_its_title_and_percent_encoded_files(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "Café 100%.flac", tune(1), title="One", artist="A")
    write_tagged(tmp_path / "two.flac", tune(2), title="Two", artist="A")
    (tmp_path / "x.xspf").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><playlist version="1" xmlns="http://xspf.org/ns/0/" '
        'xmlns:vlc="http://www.videolan.org/vlc/playlist/ns/0/"><title>Soirée</title><trackList>'
        f"<track><location>{quote('Café 100%.flac')}</location><title>ignored</title></track>"
        f"<track><location>{(tmp_path / 'two.flac').as_uri()}</location></track>"
        "<track><location>gone.flac</location><title>Halo</title><creator>Beyoncé</creator>"
        "<album>I Am</album><duration>261640</duration></track>"
        "<track><location>gone-too.flac</location></track>"
        "</trackList></playlist>",
        encoding="utf-8",
    )
    report = crawled(spotrec, tmp_path / "x.xspf", code=3)
    tracks = collections(home)["Soirée"]
    assert names(tracks) == ["A – One", "A – Two", "Beyoncé – Halo"]
    assert (tracks[2].album, tracks[2].duration_ms) == ("I Am", 261_640)
    assert [entry["name"] for entry in report["skipped"]] == ["gone-too.flac"]
    assert "whose file is not here: 1" in report["notices"][0]


# -- iTunes and Music ----------------------------------------------------------------------------------------------


@pytest.fixture
def my_library(tmp_path: Path) -> Path:
    """Two files, a streamed song, a podcast, a radio station; two playlists, and the lists that every library has."""
    music = tmp_path / "Music"
    write_tagged(music / "a é.flac", tune(1), title="One", artist="A")
    write_tagged(music / "b.flac", tune(2), title="Two", artist="B")
    return library(
        tmp_path / "Library.xml",
        [
            {"Name": "One", "Artist": "A", "Location": (music / "a é.flac").as_uri()},
            {"Name": "Two", "Artist": "B", "Location": f"file://localhost{quote(str(music / 'b.flac'))}"},
            {"Name": "Halo", "Artist": "Beyoncé", "Album": "I Am", "Year": 2008, "Genre": "Pop", "Total Time": 261640,
             "BPM": 80, "Track Type": "Remote", "Apple Music": True},
            {"Name": "Talk", "Artist": "Somebody", "Podcast": True},
            {"Name": "Radio", "Track Type": "URL", "Location": "http://radio.example/live"},
        ],
        [
            {"Name": "Music", "Distinguished Kind": 4, "Playlist Items": [1, 2, 3]},
            {"Name": "Folder", "Folder": True, "Playlist Persistent ID": "F", "Playlist Items": [3, 1]},
            {"Name": "Slow", "Playlist Persistent ID": "AB12", "Playlist Items": [3, 1, 4, 99]},
            {"Name": "Empty", "Playlist Persistent ID": "CD34", "Playlist Items": []},
        ],
    )  # fmt: skip


def test_a_library_gives_all_its_music_and_each_playlist_as_a_collection(
    spotrec: Run, my_library: Path, home: Path
) -> None:
    report = crawled(spotrec, my_library, code=3)
    stored = collections(home)
    assert {title: names(tracks) for title, tracks in stored.items()} == {
        "Library": ["A – One", "B – Two", "Beyoncé – Halo"],
        "Slow": ["Beyoncé – Halo", "A – One"],
        "Empty": [],
    }
    halo = stored["Library"][2]
    assert (halo.album, halo.release_date, halo.genre, halo.duration_ms, halo.bpm) == (
        "I Am",
        "2008",
        "Pop",
        261640,
        80,
    )
    assert (report["seen"], report["new"], report["with_audio"], report["skipped"]) == (3, 3, 2, [])
    assert report["notices"] == ["left out of Library.xml: podcast episodes (1), radio stations (1)"]


def test_a_library_is_planned_without_counting_a_track_for_each_playlist(spotrec: Run, my_library: Path) -> None:
    plan = json.loads(spotrec("crawl", my_library, "--dry-run", "--json").stdout)
    assert [source["seen"] for source in plan["sources"]] == [3]


def test_a_library_whose_music_moved_with_it_finds_its_files(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "iTunes Media" / "A" / "One ü.flac", tune(1), title="One", artist="A")
    gone = "file:///Users/someone/Music/iTunes/iTunes%20Media/"
    track = {"Name": "One", "Artist": "A", "Location": f"{gone}A/{quote('One ü.flac')}"}
    library(tmp_path / "iTunes Music Library.xml", [track], music_folder=gone)
    report = crawled(spotrec, tmp_path / "iTunes Music Library.xml", code=0)
    assert (report["with_audio"], report["notices"]) == (1, [])


def test_entries_without_their_files_are_known_by_name_and_this_is_said(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    library(tmp_path / "L.xml", [{"Name": "One", "Artist": "A", "Location": "file:///C:/Music/one.mp3"},
                                 {"Name": "Nameless", "Location": "file:///C:/Music/two.mp3"}])  # fmt: skip
    report = crawled(spotrec, tmp_path / "L.xml", code=3)
    assert names(collections(home)["Library"]) == ["A – One"]
    assert "entries of L.xml whose file is not here: 1" in report["notices"][0]
    assert [entry["name"] for entry in report["skipped"]] == ["Nameless"]


def test_an_exported_playlist_is_that_playlist_alone(spotrec: Run, tmp_path: Path, home: Path) -> None:
    value = {
        "Tracks": {"7": {"Name": "One", "Artist": "A"}, "8": {"Name": "Two", "Artist": "A"}},
        "Playlists": [{"Name": "Slow", "Playlist Items": [{"Track ID": 8}, {"Track ID": 7}]}],
    }
    (tmp_path / "Slow.xml").write_bytes(plistlib.dumps(value))
    crawled(spotrec, tmp_path / "Slow.xml")
    assert {title: names(tracks) for title, tracks in collections(home).items()} == {"Slow": ["A – Two", "A – One"]}


def test_sync_follows_a_playlist_of_a_library_and_a_renamed_one(spotrec: Run, my_library: Path, home: Path) -> None:
    crawled(spotrec, my_library, code=3)
    value = plistlib.loads(my_library.read_bytes())
    value["Playlists"][3]["Name"] = "Very slow"
    value["Playlists"][3]["Playlist Items"] = [{"Track ID": 2}]
    del value["Tracks"]["3"]
    my_library.write_bytes(plistlib.dumps(value))
    report = json.loads(spotrec("sync", "--json", code=None).stdout)
    stored = collections(home)
    assert names(stored["Very slow"]) == ["B – Two"]
    assert names(stored["Library"]) == ["A – One", "B – Two"]
    assert sum(change["removed"] for change in report["collections"]) == 1  # the song that nothing lists any more


def test_sync_does_not_bring_back_a_playlist_that_was_removed(spotrec: Run, my_library: Path, home: Path) -> None:
    crawled(spotrec, my_library, code=3)
    spotrec("remove", "Slow", "--yes")
    spotrec("sync", code=None)
    assert collections(home).keys() == {"Library", "Empty"}


def test_sync_keeps_the_tracks_of_files_that_are_not_here_now(spotrec: Run, my_library: Path, home: Path) -> None:
    crawled(spotrec, my_library, code=3)
    before = collections(home)
    shutil.move(my_library.parent / "Music", my_library.parent / "unmounted")
    spotrec("sync", code=None)
    assert collections(home) == before


def test_a_playlist_that_is_no_longer_in_the_file_is_named(spotrec: Run, my_library: Path) -> None:
    crawled(spotrec, my_library, code=3)
    value = plistlib.loads(my_library.read_bytes())
    del value["Playlists"][3]
    my_library.write_bytes(plistlib.dumps(value))
    assert "has no playlist" in spotrec("sync", "Slow", code=5).stderr


@pytest.mark.parametrize(
    ("declared", "encoding", "before"),
    [
        ("UTF-8", "cp1252", ""),
        ("UTF-8", "utf-8", "\n"),
        ("utf-8", "utf-8", "\ufeff \r\n"),
        ("utf-16", "utf-8", ""),
        ("utf-16", "utf-8", "\ufeff"),
        ("UTF-16", "utf-16", ""),
        ("windows-1252", "cp1252", "\n"),
        ("windows-1251", "cp1251", ""),
        ("ISO-8859-1", "latin-1", ""),
    ],
)
@pytest.mark.parametrize("n", [1, 2_000])
def test_xml_that_says_another_encoding_than_it_has_is_read(
    tmp_path: Path, declared: str, encoding: str, before: str, n: int
) -> None:
    place = "Кино.mp3" if encoding == "cp1251" else "Café Genève.mp3"
    tracks = f"<track><location>{place}</location></track>" * n
    text = f'{before}<?xml version="1.0" encoding="{declared}"?>\n<playlist><trackList>{tracks}</trackList></playlist>'
    (tmp_path / "list.xspf").write_bytes(text.encode(encoding))
    (found,) = read_list_file(tmp_path / "list.xspf").lists
    assert [entry.places for entry in found.entries] == [(place,)] * n


def test_control_characters_that_itunes_writes_do_no_harm(spotrec: Run, tmp_path: Path, home: Path) -> None:
    path = library(tmp_path / "L.xml", [{"Name": "On#e", "Artist": "A"}])
    path.write_bytes(path.read_bytes().replace(b"#", b"\x0b\x10"))
    crawled(spotrec, path)
    assert names(collections(home)["Library"]) == ["A – One"]


# -- rekordbox -----------------------------------------------------------------------------------------------------


def test_a_collection_of_rekordbox_gives_its_tracks_and_playlists(spotrec: Run, tmp_path: Path, home: Path) -> None:
    write_tagged(tmp_path / "a b.flac", tune(1), title="One", artist="A")
    here = f"file://localhost{quote(str(tmp_path / 'a b.flac'))}"
    (tmp_path / "rekordbox.xml").write_text(
        '<?xml version="1.0" encoding="UTF-8"?><DJ_PLAYLISTS Version="1.0.0"><PRODUCT Name="rekordbox"/>'
        f'<COLLECTION Entries="2"><TRACK TrackID="1" Name="One" Artist="A" Location="{here}">'
        '<TEMPO Inizio="0.1" Bpm="120.00" Metro="4/4" Battito="1"/></TRACK>'
        '<TRACK TrackID="2" Name="Two &amp; more" Artist="B" Album="LP" Genre="House" TotalTime="200" Year="1999" '
        'AverageBpm="124.50" Tonality="Fm" Location="file://localhost/C:/gone.mp3"/></COLLECTION>'
        '<PLAYLISTS><NODE Type="0" Name="ROOT" Count="2"><NODE Name="Warm up" Type="1" KeyType="0" Entries="2">'
        '<TRACK Key="2"/><TRACK Key="1"/><TRACK Key="77"/></NODE><NODE Type="0" Name="Gigs" Count="1">'
        f'<NODE Name="May" Type="1" KeyType="1" Entries="1"><TRACK Key="{here}"/></NODE></NODE></NODE></PLAYLISTS>'
        "</DJ_PLAYLISTS>",
        encoding="utf-8",
    )
    report = crawled(spotrec, tmp_path / "rekordbox.xml", code=3)
    stored = collections(home)
    assert {title: names(tracks) for title, tracks in stored.items()} == {
        "rekordbox": ["A – One", "B – Two & more"],
        "Warm up": ["B – Two & more", "A – One"],
        "May": ["A – One"],
    }
    two = stored["rekordbox"][1]
    assert (two.genre, two.duration_ms, two.release_date, two.bpm, two.musical_key) == (
        "House", 200_000, "1999", 124.5, "Fm"
    )  # fmt: skip
    assert report["seen"] == 2
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        assert f"playlist:Gigs%2FMay:{tmp_path / 'rekordbox.xml'}" in {known.id for known in store.collections.get()}
    assert spotrec("sync", "May", code=0)


# -- Spotify's data export -----------------------------------------------------------------------------------------


def test_spotifys_playlists_are_collections_with_their_titles(spotrec: Run, tmp_path: Path, home: Path) -> None:
    item = {"track": {"trackName": "Rebel", "artistName": "Bowie", "albumName": "Dogs", "trackUri": URI},
            "episode": None, "localTrack": None, "addedDate": "2024-01-01"}  # fmt: skip
    local = {"track": None, "localTrack": {"uri": "spotify:local:Tyler%2C+The+Creator:LP:My+Song:215"}}
    episode = {"track": None, "episode": {"episodeName": "Talk", "showName": "Show", "episodeUri": "x"}}
    playlists = [
        {"name": "My: 50%", "items": [item, local, episode], "description": None},
        {"name": "Twice", "items": [item]},
        {"name": "Twice", "items": [local, {"track": {"trackName": "Lonely"}}]},
    ]
    (tmp_path / "renamed.json").write_text(json.dumps({"playlists": playlists}), encoding="utf-8")
    report = crawled(spotrec, tmp_path / "renamed.json", code=3)
    with FeatureStore(home / "data" / "spotrec.db", create=False) as store:
        titles = {known.id.split(":")[1]: known.collection.title for known in store.collections.get()}
        assert titles == {"My%3A%2050%25": "My: 50%", "Twice": "Twice", "Twice%20%282%29": "Twice"}
        rebel = store.tracks.get(URI)
        assert rebel is not None
        assert (rebel.title, rebel.artists, rebel.album) == ("Rebel", ("Bowie",), "Dogs")
    mine = collections(home)["My: 50%"]
    assert names(mine) == ["Bowie – Rebel", "Tyler, The Creator – My Song"]
    assert mine[1].duration_ms == 215_000
    assert report["seen"] == 6
    assert [(entry["name"], entry["reason"][:17]) for entry in report["skipped"]] == [
        ("Talk", "a podcast episode"),
        ("Lonely", "it names no track"),
    ]
    assert spotrec("sync", "My: 50%", code=3)


def test_spotifys_library_gives_the_liked_songs_and_tells_what_is_left_out(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    value = {
        "tracks": [{"artist": "Bowie", "album": "Dogs", "track": "Rebel", "uri": URI}],
        "albums": [{"artist": "x", "album": "y", "uri": "z"}], "shows": [], "episodes": [{"name": "Talk"}],
        "bannedTracks": [{"artist": "No", "album": "No", "track": "No", "uri": OTHER_URI}],
    }  # fmt: skip
    (tmp_path / "YourLibrary.json").write_text(json.dumps(value), encoding="utf-8-sig")
    report = crawled(spotrec, tmp_path / "YourLibrary.json", code=3)
    assert names(collections(home)["Liked songs"]) == ["Bowie – Rebel"]
    assert report["notices"] == ["left out of YourLibrary.json: saved albums (1), podcast episodes (1)"]


@pytest.mark.parametrize("damage", [None, {}, {"track": None}, {"track": {"trackName": None}}, "?", 1])
def test_one_damaged_entry_of_spotifys_export_costs_only_itself(tmp_path: Path, damage: Any) -> None:
    good = {"track": {"trackName": "Rebel Rebel", "artistName": "David Bowie"}}
    named: list[Any] = [{"name": None, "items": [good]}, {"name": "B", "items": [damage, good]}, {"name": "C"}]
    (tmp_path / "Playlist1.json").write_text(json.dumps({"playlists": named}))
    lists = read_list_file(tmp_path / "Playlist1.json").lists
    assert [(one.title, [entry.title for entry in one.entries]) for one in lists] == [
        ("untitled", ["Rebel Rebel"]),
        ("B", ["", "Rebel Rebel"]),
        ("C", []),
    ]
    liked = {"tracks": [damage, {"track": None, "artist": "X"}, {"track": "Rebel Rebel", "artist": "David Bowie"}]}
    (tmp_path / "YourLibrary.json").write_text(json.dumps(liked))
    (one,) = read_list_file(tmp_path / "YourLibrary.json").lists
    assert [entry.title for entry in one.entries][1:] == ["", "Rebel Rebel"]
    played = [damage, {"trackName": "Rebel Rebel", "artistName": "David Bowie", "msPlayed": 1}]
    (tmp_path / "StreamingHistory0.json").write_text(json.dumps(played))
    (one,) = read_list_file(tmp_path / "StreamingHistory0.json").lists
    assert [entry.title for entry in one.entries][-1] == "Rebel Rebel"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("after", ["", "\n\0\0"])
def test_spotifys_export_may_have_been_saved_in_another_encoding(tmp_path: Path, encoding: str, after: str) -> None:
    text = '{"tracks": [{"artist": "Zaz", "album": "Ö", "track": "Déjà", "uri": ""}]}' + after
    (tmp_path / "YourLibrary.json").write_bytes(text.encode(encoding))
    assert [entry.name for entry in read_list_file(tmp_path / "YourLibrary.json").lists[0].entries] == ["Zaz – Déjà"]


def test_a_streaming_history_has_each_track_once_the_most_played_first(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    def play(title: str, ms: int) -> dict[str, Any]:
        return {"endTime": "2024-01-01 10:00", "artistName": "A", "trackName": title, "msPlayed": ms}

    plays = [play("Skipped", 900), play("Twice", 40_000), play("Once", 300_000), play("Twice", 40_000)]
    (tmp_path / "StreamingHistory_music_0.json").write_text(json.dumps(plays), encoding="utf-8")
    report = crawled(spotrec, tmp_path / "StreamingHistory_music_0.json", code=3)
    assert names(collections(home)["StreamingHistory_music_0"]) == ["A – Twice", "A – Once", "A – Skipped"]
    assert report["seen"] == 3


def test_the_extended_history_is_read_by_its_links_and_counts_podcasts(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    def play(title: str | None, uri: str | None, **more: Any) -> dict[str, Any]:
        return {
            "ts": "2024-01-01T00:00:00Z", "ms_played": 200_000, "conn_country": "DE", "ip_addr": "192.0.2.1",
            "master_metadata_track_name": title, "master_metadata_album_artist_name": title and "A",
            "master_metadata_album_album_name": title and "LP", "spotify_track_uri": uri,
            "episode_name": None, "episode_show_name": None, "spotify_episode_uri": None, **more,
        }  # fmt: skip

    plays = [
        play("One", URI),
        play("Two", OTHER_URI),
        play("Two", OTHER_URI),
        play(None, None, episode_name="Talk", spotify_episode_uri="spotify:episode:1"),
        play(None, None, audiobook_title="Book"),
        play(None, None),
    ]
    path = tmp_path / "Streaming_History_Audio_2023-2024_0.json"
    path.write_text(json.dumps(plays), encoding="utf-8")
    report = crawled(spotrec, path, code=3)
    tracks = collections(home)[path.stem]
    assert [track.id for track in tracks] == [OTHER_URI, URI]
    assert tracks[0].album == "LP"
    assert report["notices"] == [
        f"left out of {path.name}: plays of podcasts (1), plays of audiobooks (1), plays without a name (1)"
    ]


def test_a_history_of_podcasts_alone_says_so(spotrec: Run, tmp_path: Path) -> None:
    plays = [{"endTime": "2024-01-01 10:00", "podcastName": "Show", "episodeName": "Talk", "msPlayed": 1}]
    (tmp_path / "StreamingHistory_podcast_0.json").write_text(json.dumps(plays))
    said = spotrec("crawl", tmp_path / "StreamingHistory_podcast_0.json", code=5).stderr
    assert "names no tracks" in said
    assert "plays of podcasts (1)" in said


def test_tracks_of_an_export_get_their_previews_by_name(
    spotrec: Run, deezer: FakeDeezer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_PROVIDERS", "deezer")
    deezer.previews["1"] = encoded(tune(1))
    deezer.hits.append({"id": 1, "title": "Rebel", "artist": {"name": "Bowie"}, "duration": 5,
                        "preview": f"{deezer.url}/preview/1.mp3"})  # fmt: skip
    plays = [{"endTime": "2024-01-01 10:00", "artistName": "Bowie", "trackName": "Rebel", "msPlayed": 1}]
    (tmp_path / "x.json").write_text(json.dumps(plays))
    assert crawled(spotrec, tmp_path / "x.json", code=0)["fetched"] == 1


# -- tables of services --------------------------------------------------------------------------------------------


def test_youtubes_library_is_read_with_every_artist(spotrec: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "music-library-songs.csv").write_text(
        "Video ID,Song Title,Album Title,Artist Name 1,Artist Name 2\n"
        'dQw4w9WgXcQ,See You Again,Flower Boy,"Tyler, The Creator",Kali Uchis\nabc,Halo,I Am,Beyoncé,\n'
    )
    crawled(spotrec, tmp_path / "music-library-songs.csv")
    see, halo = collections(home)["music-library-songs"]
    assert (see.artists, see.album) == (("Tyler, The Creator", "Kali Uchis"), "Flower Boy")
    assert halo.artists == ("Beyoncé",)


def test_youtubes_playlist_of_video_numbers_tells_what_to_crawl_instead(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "Evening-videos.csv").write_text(
        "Video ID,Playlist Video Creation Timestamp\ndQw4w9WgXcQ,2024-01-01T00:00:00+00:00\n"
    )
    assert "music-library-songs.csv" in spotrec("crawl", tmp_path / "Evening-videos.csv", code=2).stderr


def test_apples_play_history_has_each_track_once_the_most_played_first(
    spotrec: Run, tmp_path: Path, home: Path
) -> None:
    (tmp_path / "Apple Music - Play History Daily Tracks.csv").write_text(
        "Country,Track Identifier,Media type,Date Played,Hours,Play Duration Milliseconds,End Reason Type,"
        "Source Type,Play Count,Skip Count,Ignore For Recommendations,Track Reference,Track Description\n"
        "DE,1,AUDIO,20240101,10,200000,NATURAL,IPHONE,1,0,,1,Beyoncé - Halo\n"
        "DE,2,AUDIO,20240101,10,200000,NATURAL,IPHONE,1,0,,2,Zaz - Je veux - Live\n"
        "DE,2,AUDIO,20240102,10,200000,NATURAL,IPHONE,2,0,,2,Zaz - Je veux - Live\n"
    )
    report = crawled(spotrec, tmp_path / "Apple Music - Play History Daily Tracks.csv")
    (tracks,) = collections(home).values()
    assert [(track.artists, track.title) for track in tracks] == [(("Zaz",), "Je veux - Live"), (("Beyoncé",), "Halo")]
    assert report["seen"] == 2


def test_a_table_of_artist_and_title_in_one_column_is_read(spotrec: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "Apple Music - Track Play History.csv").write_text(
        "Track Name,Last Played Date,Is User Initiated\nBeyoncé - Halo,1700000000000,true\n"
    )
    crawled(spotrec, tmp_path / "Apple Music - Track Play History.csv")
    assert names(collections(home)["Apple Music - Track Play History"]) == ["Beyoncé – Halo"]


def test_shazams_export_is_read(spotrec: Run, tmp_path: Path, home: Path) -> None:
    (tmp_path / "shazamlibrary.csv").write_text(
        "Shazam Library\nIndex,TagTime,Title,Artist,URL,TrackKey\n"
        '1,2024-01-01,"Halo","Beyoncé",https://www.shazam.com/track/1/halo,1\n'
        '2,2024-01-02,"Je veux","Zaz",https://www.shazam.com/track/2/je-veux,2\n'
    )
    crawled(spotrec, tmp_path / "shazamlibrary.csv")
    assert names(collections(home)["shazamlibrary"]) == ["Beyoncé – Halo", "Zaz – Je veux"]


# -- what is none of these -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.xlsx", "PK\x03\x04", "is a spreadsheet"),
        ("x.xml", "<rss version='2.0'/>", "is a podcast feed"),
        ("x.xml", "<recipe/>", "is XML of another kind (“recipe”)"),
        ("x.xml", "<playlist><track", "is not XML that can be read"),
        ("x.xml", plistlib.dumps({"a": 1}).decode(), "is a property list, but no library of iTunes or Music"),
        ("x.plist", "bplist00rest", "is a binary property list"),
        ("my_spotify_data.zip", "PK\x03\x04rest", "is a ZIP archive: unpack it"),
        ("x.json", '[{"platform": "x", "searchQuery": "halo"}]', "is your searches on Spotify"),
        ("x.json", '[{"header": "YouTube", "titleUrl": "x", "time": "y"}]', "is a watch history of YouTube"),
        ("x.json", '{"username": "me", "email": "x"}', "with the fields “username, email”"),
        ("x.json", "[1, 2]", "is JSON without names of tracks"),
        ("x.json", "{}", "is empty JSON"),
        ("x.json", "", "is not JSON that can be read"),
        ("x.json", "[" * 100_000, "is nested too deeply"),
        ("x.json", "[" + "{}," * 6_000_000 + "{}]", "contains too many values"),
        ("x.xml", "<playlist><track>" + "<a/>" * 20_000, "has too many elements"),
        ("x.xml", "<playlist>" * 1000, "nests them too deeply"),
    ],
)
def test_another_file_is_named_with_what_spotrec_reads(
    spotrec: Run, tmp_path: Path, name: str, content: str, said: str
) -> None:
    (tmp_path / name).write_text(content)
    result = spotrec("crawl", tmp_path / name, code=2)
    assert said in result.stderr
    assert "hint:" in result.stderr


@pytest.mark.parametrize("root", ["playlist", "plist", "DJ_PLAYLISTS"])
@pytest.mark.parametrize(
    "entity",
    ['<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">', '<!ENTITY b SYSTEM "file:///etc/hostname">', "<!ENTITY % p 'x'>"],
)
def test_entities_are_refused_before_they_are_expanded(spotrec: Run, tmp_path: Path, root: str, entity: str) -> None:
    (tmp_path / "bomb.xml").write_text(
        f'<?xml version="1.0"?><!DOCTYPE {root} [{entity}]><{root}><title>&b;</title></{root}>'
    )
    assert "declares XML entities" in spotrec("crawl", tmp_path / "bomb.xml", code=2).stderr


def test_a_file_that_is_too_large_is_refused_unread(spotrec: Run, tmp_path: Path) -> None:
    for name in ("x.json", "x.xml"):
        (tmp_path / name).touch()
        os.truncate(tmp_path / name, 10**12)
        assert "too large to be a list of tracks" in spotrec("crawl", tmp_path / name, code=2).stderr


@pytest.mark.parametrize(
    ("content", "kind"),
    [('{"playlists": []}', "JSON"), ("[{}]", "JSON"), ("<?xml version='1.0'?><a/>", "XML"), ("[playlist]\n", "a PLS")],
)
def test_text_that_is_such_a_file_is_named(spotrec: Run, tmp_path: Path, content: str, kind: str) -> None:
    (tmp_path / "x.txt").write_text(content)
    assert f"is {kind}" in spotrec("crawl", tmp_path / "x.txt", code=2).stderr
    assert f"standard input is {kind}" in spotrec("crawl", "-", stdin=content, code=2).stderr


def test_the_lists_of_a_file_are_found_by_its_path(spotrec: Run, tmp_path: Path) -> None:
    item = {"track": {"trackName": "Rebel", "artistName": "Bowie", "trackUri": URI}}
    path = tmp_path / "Playlist1.json"
    path.write_text(json.dumps({"playlists": [{"name": name, "items": [item]} for name in ("One", "Two")]}))
    crawled(spotrec, path)
    said = spotrec("sync", path, code=2).stderr
    assert f"playlist:One:{path}" in said
    assert f"playlist:Two:{path}" in said


def test_a_file_with_a_list_may_stand_in_a_list(spotrec: Run, my_library: Path, home: Path) -> None:
    (my_library.parent / "all.txt").write_text("Library.xml\n")
    report = crawled(spotrec, my_library.parent / "all.txt", code=3)
    assert report["seen"] == 3
    assert names(collections(home)["all"]) == ["A – One", "B – Two", "Beyoncé – Halo"]


def test_a_library_of_many_playlists_is_read_once_for_a_sync(
    spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = [{"Name": f"P{i}", "Playlist Persistent ID": f"{i}", "Playlist Items": [1]} for i in range(30)]
    path = library(tmp_path / "L.xml", [{"Name": "One", "Artist": "A"}], lists)
    crawled(spotrec, path)
    reads = []
    load = plistlib.load

    def counted(*args: Any, **options: Any) -> Any:
        reads.append(args)
        return load(*args, **options)

    monkeypatch.setattr(plistlib, "load", counted)
    spotrec("sync", code=None)
    assert len(reads) == 1


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just(URI),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["playlists", "tracks", "name", "items", "track", "trackName", "artistName", "trackUri", "msPlayed", "uri",
             "ms_played", "master_metadata_track_name", "spotify_track_uri", "episode", "localTrack", "albumName"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=20,
)  # fmt: skip


@given(value=_VALUES)
def test_any_json_is_a_list_or_an_error_of_ours(value: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps(value))
    try:
        lists = read_list_file(path).lists
    except SpotrecError as error:
        assert error.message
    else:
        assert all(isinstance(entry.name, str) for one in lists for entry in one.entries)


_PLIST_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats() | st.text("ab/:%é", max_size=10),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["Tracks", "Playlists", "Playlist Items", "Track ID", "Name", "Artist", "Location", "Year",
                         "BPM", "Master", "Folder", "Music Folder", "Total Time", "Genre", "1"]),
        inner,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip


@given(tracks=_PLIST_VALUES, playlists=_PLIST_VALUES, cut=st.integers(0, 400))
def test_any_property_list_is_a_library_or_an_error_of_ours(
    tracks: Any, playlists: Any, cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.xml"
    content = plistlib.dumps({"Tracks": {"1": tracks}, "Playlists": [playlists], "Music Folder": "a"})
    for part in (content, content[: len(content) - cut]):
        path.write_bytes(part)
        try:
            lists = read_list_file(path).lists
        except SpotrecError as error:
            assert error.message
        else:
            assert all(isinstance(entry.name, str) for one in lists for entry in one.entries)


@pytest.mark.parametrize(
    ("name", "code"),
    [("a.pls", 0), ("a.xspf", 0), ("Library.xml", 2), ("Playlist1.json", 3), ("YourLibrary.json", 3),
     ("StreamingHistory_music_0.json", 3)],
)  # fmt: skip
def test_the_cases_from_the_field_are_read(
    spotrec: Run, shared: Path, tmp_path: Path, home: Path, name: str, code: int
) -> None:
    cases = shared / "cases" / "lists"
    if not cases.is_dir():
        pytest.skip("../shared/cases is not here")
    write_tagged(tmp_path / "Café Genève.mp3", tune(1), title="One")
    shutil.copy(cases / name, tmp_path)
    result = spotrec("crawl", tmp_path / name, code=code)
    if name == "Library.xml":
        assert "is a library of iTunes or Music that cannot be read" in result.stderr
    elif name.endswith(".json"):
        ((track,),) = collections(home).values()
        assert track.name == "David Bowie – Rebel Rebel"
