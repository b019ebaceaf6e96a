"""Lists from anywhere: what each entry means, asked of the store alone."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.errors import UsageError
from spotrec.operations.lists.contents import Contents, read_list
from spotrec.operations.lists.list_text import read_list_text
from spotrec.operations.lists.m3u_list import read_m3u_list
from spotrec.operations.lists.recognition import Recognition
from spotrec.store import FeatureStore
from support.catalogue import playlist, song
from support.servers import FakeDeezer, FakeSpotify, spotify_id

from .conftest import Library

Run = Callable[..., Any]


def read(source: str | Path | list[str], *, paths: bool = True) -> Contents:
    with Recommender() as recommender, recommender.session.view(paths=paths) as view:
        return read_list(view, source)


def numbers(contents: Contents, library: Library) -> list[int | None]:
    ids = [track.id for track in library.tracks]
    return [ids.index(entry.track.id) if entry.track else None for entry in contents.entries]


def test_a_path_is_found_as_it_is_written_in_any_program(library: Library) -> None:
    one, two, three = (Path(library.file(n)) for n in (1, 2, 3))
    path = library.folder / "lists" / "a.m3u8"
    path.parent.mkdir()
    entries = [
        str(one),
        f"../{two.relative_to(library.folder)}",
        three.as_uri(),
        f"C:\\Music\\Artist 4\\{Path(library.file(4)).name}",
    ]
    path.write_text("\r\n".join(entries))
    found = read(path)
    assert numbers(found, library) == [1, 2, 3, 4]
    assert {entry.by for entry in found.entries} == {"path"}
    assert [entry.place for entry in found.entries] == entries


def test_a_file_that_is_not_here_is_known_by_its_path_or_by_its_name(library: Library) -> None:
    Path(library.file(5)).unlink()
    track = library.tracks[6]
    path = library.folder / "a.m3u8"
    path.write_text(
        f"#EXTM3U\n{library.file(5)}\n#EXTINF:10,{track.artists[0].upper()} - {track.title}\n/phone/6.mp3\n"
        "#EXTINF:10,Nobody - Nothing\n/phone/7.mp3\n/phone/8.mp3\n"
    )
    found = read(path)
    assert numbers(found, library) == [5, 6, None, None]
    assert [entry.by for entry in found.entries] == ["path", "name", "", ""]
    assert [entry.name for entry in found.unknown] == ["Nobody - Nothing", "/phone/8.mp3"]


def test_links_ids_and_numbers_of_lines_are_kept(library: Library) -> None:
    url = f"https://open.spotify.com/track/{library.tracks[7].id.rpartition(':')[2]}?si=x"
    found = read([library.tracks[3].id, "", url, "nonsense", f" {library.tracks[4].id}\n"])
    assert numbers(found, library) == [3, 7, None, 4]
    assert [entry.number for entry in found.entries] == [1, 2, 3, 4]


def test_a_table_is_known_by_file_link_isrc_or_name(library: Library) -> None:
    tracks = library.tracks
    with Recommender() as recommender:
        recommender.session.store().tracks.add([song(1000, "With ISRC", "Somebody", isrc="GBAYE0000001")])
    path = library.folder / "a.csv"
    path.write_text(
        "title;artist;isrc;url;path\n"
        f"x;;;;{library.file(1)}\n"
        f"x;y;;{tracks[2].url or tracks[2].id};\n"
        "Other title;Other;GBAYE0000001;;\n"
        f"{tracks[4].title};{tracks[4].artists[0]};;;/nowhere.mp3\n"
        "Nothing;Nobody;;;\n"
        ";;;;\n"
        "no artist;;;;\n"
    )
    found = read(path)
    assert [entry.by for entry in found.entries] == ["link", "link", "ISRC", "name", "", ""]
    assert [entry.track.title if entry.track else None for entry in found.entries] == [
        tracks[1].title, tracks[2].title, "With ISRC", tracks[4].title, None, None,
    ]  # fmt: skip
    assert [entry.name for entry in found.unknown] == ["Nobody – Nothing", "no artist"]


def test_a_stored_collection_is_read_in_its_order_with_what_it_has_twice(library: Library, home: Path) -> None:
    wanted = [9, 3, 12, 3]
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([library.tracks[n] for n in wanted], playlist(1, "My mix"))
    for name in ("my mix", "collection:My mix", playlist(1, "").id):
        assert numbers(read(name), library) == wanted
        assert numbers(read(name, paths=False), library) == wanted


def test_the_lists_of_players_are_read(library: Library) -> None:
    xspf = library.folder / "a.xspf"
    one, two = library.file(1), library.tracks[2]
    xspf.write_text(
        '<?xml version="1.0"?><playlist xmlns="http://xspf.org/ns/0/"><title>Evening</title><trackList>'
        f"<track><location>{Path(one).as_uri()}</location></track>"
        f"<track><title>{two.title}</title><creator>{two.artists[0]}</creator></track>"
        "<track><title>X</title></track></trackList></playlist>"
    )
    found = read(xspf)
    assert (found.title, numbers(found, library)) == ("Evening", [1, 2, None])
    pls = library.folder / "a.pls"
    pls.write_text(f"[playlist]\nFile1={one}\nTitle1=x\nNumberOfEntries=1\n")
    assert numbers(read(pls), library) == [1]
    assert found.text is None


def test_a_playlist_on_spotify_is_read_without_being_stored(library: Library, spotify: FakeSpotify, home: Path) -> None:
    for n in (3, 5, 900):
        spotify.add_track(n, isrc=f"GBAYE{n:07d}")
    id_ = spotify.add_playlist(1, [spotify_id(3), spotify_id(900), spotify_id(5)], "Mixtape")
    found = read(f"https://open.spotify.com/playlist/{id_}")
    assert (found.title, found.source) == ("Mixtape", f"spotify:playlist:{id_}")
    assert [entry.track is not None for entry in found.entries] == [True, False, True]
    with FeatureStore(home / "data" / "spotrec.db") as store:
        assert store.collections.get() == []
        assert store.tracks.get(f"spotify:track:{spotify_id(900)}") is None


def test_a_playlist_on_deezer_is_read(library: Library, deezer: FakeDeezer) -> None:
    assert library.tracks
    numbers_there = [deezer.add_track(n, isrc=f"GBAYE{n:07d}") for n in (1, 2, 3)]
    deezer.add_list("/playlist/7", numbers_there)
    found = read("https://www.deezer.com/playlist/7")
    assert len(found.unknown) == 3


def test_a_service_that_does_not_answer_gives_way_to_what_was_crawled(library: Library, home: Path) -> None:
    mix = playlist(4, "Mixtape")
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add([library.tracks[n] for n in (1, 2)], mix)
    with Recommender() as recommender, recommender.session.view() as view:
        found = read_list(view, mix.url or mix.id)
        assert numbers(found, library) == [1, 2]
        assert any("as it was crawled" in note for note in view.notes)


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("no such list", 5, "no stored collection"),
        ("nowhere.m3u8", 5, "no file"),
        ("https://example.org/list", 2, "not a site"),
        ("spotify:track:4uLU6hMCjMI75M1A2tKUQC", 2, "one track"),
        ("", 2, "needs a name"),
        ("one.mp3", 2, "one audio file"),
        ("empty.m3u8", 5, "names no tracks"),
        ("comments.m3u8", 5, "names no tracks"),
        ("binary.m3u8", 2, "not a playlist"),
        ("other.csv", 2, "no column"),
        ("Library.xml", 2, "no library"),
        ("loop.m3u8", 5, "leads to itself"),
    ],
)
def test_what_is_no_list_is_told(source: str, code: int, says: str, library: Library, spotrec: Run) -> None:
    assert library.tracks
    Path("one.mp3").touch()
    Path("empty.m3u8").touch()
    Path("comments.m3u8").write_text("#EXTM3U\n# nothing\n\n")
    Path("binary.m3u8").write_bytes(bytes(range(256)) * 40)
    Path("other.csv").write_text("a,b\n1,2\n")
    Path("Library.xml").write_text("<plist><dict/></plist>")
    Path("loop.m3u8").symlink_to("loop.m3u8")
    done = spotrec("playlist", "dedupe", source, code=None)
    assert (done.exit_code, says in done.stderr) == (code, True), done.stderr


LONG = 10_001
TOO_LONG: dict[str, Callable[[Path], Any]] = {
    "m3u": lambda folder: _written(folder / "long.m3u8", "".join(f"{n}.mp3\n" for n in range(3 * LONG))),
    "table": lambda folder: _written(folder / "long.csv", "title,artist\n" + "".join(f"{n},B\n" for n in range(LONG))),
    "pls": lambda folder: _written(
        folder / "long.pls", "[playlist]\n" + "".join(f"File{n}={n}.mp3\n" for n in range(1, LONG + 1))
    ),
    "ids": lambda _: ["spotify:track:4uLU6hMCjMI75M1A2tKUQC"] * LONG,
}


def _written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("kind", TOO_LONG)
def test_a_list_that_is_too_long_is_refused_before_it_is_read_to_its_end(kind: str, library: Library) -> None:
    with pytest.raises(UsageError, match="more than 10,000 entries"):
        read(TOO_LONG[kind](library.folder))


def test_no_more_of_a_list_is_looked_up_than_shows_that_it_is_too_long(library: Library, home: Path) -> None:
    path = _written(library.folder / "long.m3u8", "".join(f"{n}.mp3\n" for n in range(3 * LONG)))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        found = read_m3u_list(read_list_text(path, "a playlist"), Recognition(store, path.parent))
    assert len(found.entries) == LONG


def test_a_file_with_several_lists_names_them(library: Library, spotrec: Run) -> None:
    assert library.tracks
    Path("Playlist1.json").write_text(
        json.dumps({"playlists": [
            {"name": name, "items": [{"track": {"trackName": "T", "artistName": "A", "albumName": "B"}}]}
            for name in ("Red", "Blue")
        ]})
    )  # fmt: skip
    done = spotrec("playlist", "dedupe", "Playlist1.json", code=2)
    assert "2 playlists" in done.stderr
    assert "“Red”" in done.stderr
