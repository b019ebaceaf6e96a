"""The file that an entry of a playlist means, as other programs and other systems write it."""

import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec.crawl.sources.entries import EntryFinder
from spotrec.errors import BadLink, NotFound
from spotrec.links import FileReference, SpotifyReference
from spotrec.store import FeatureStore
from support.music import encoded, tune
from support.servers import spotify_id

Run = Callable[..., Any]
SONG = encoded(tune(1))


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)


@pytest.fixture
def read(spotrec: Run, tmp_path: Path) -> Callable[..., list[str]]:
    """The names of the files that a playlist lists, in its order, and the entries that were skipped after them."""

    def read_(content: str | bytes, *names: str, playlist: str = "list.m3u8", code: int = 0) -> list[str]:
        for n, name in enumerate(names):
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(SONG + bytes([n]))
        file = tmp_path / playlist
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        report = json.loads(spotrec("crawl", file, "--json", code=code).stdout)
        with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
            rows = store.rows("select path from collection_track join track on id = track_id order by position")
            paths = [str(Path(row[0]).relative_to(tmp_path)) for row in rows]
        return paths + [entry["name"] for entry in report["skipped"]]

    return read_


Read = Callable[..., list[str]]


@pytest.mark.parametrize(
    "name",
    [
        "宇多田\u3000ヒカル.mp3",
        "no\xa0break.mp3",
        "zero\u200bwidth.mp3",
        "join\u200der\u200c.mp3",
        "Line\u2028Sep\u2029\x85.mp3",
        "trailing blank ",
        "trailing wide\u3000",
        "\u3000leading.mp3",
        "tab\tand\x07bell.mp3",
        "100%25.mp3",
        "AC\\DC.mp3",
        "Deezer: the best.mp3",
        "spotify:live.mp3",
        "~ Intro.mp3",
        "example.com",
        spotify_id(1),
    ],
)
@pytest.mark.parametrize("playlist", ["list.m3u8", "list.txt"])
def test_a_path_that_exists_is_that_path_whatever_its_name_holds(
    read: Read, spotrec: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, playlist: str
) -> None:
    assert read(f"{name}\r\nother.mp3\r\n", name, "other.mp3", playlist=playlist) == [name, "other.mp3"]
    monkeypatch.chdir(tmp_path)
    report = json.loads(spotrec("crawl", name, "--json").stdout)
    assert (report["seen"], report["skipped"]) == (1, [])


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_a_line_ends_at_cr_and_lf_in_every_combination(read: Read, line_end: str) -> None:
    assert read(line_end.join(["#EXTM3U", "a.mp3", "", "b\x0b\x0c\x1c.mp3"]), "a.mp3", "b\x0b\x0c\x1c.mp3") == [
        "a.mp3",
        "b\x0b\x0c\x1c.mp3",
    ]


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("cp1252", b""),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("utf-32-le", b"\xff\xfe\0\0"),
    ],
)
def test_a_playlist_is_read_in_the_encodings_that_programs_write(read: Read, encoding: str, mark: bytes) -> None:
    names = ["Don’t Stop….mp3", "Café Genève.mp3", "Ænima – live.mp3", "Cœur.mp3", "CAFÉ’S.mp3"]
    text = "#EXTM3U\r\n" + "".join(f"#EXTINF:4,X\r\n{name}\r\n" for name in names)
    assert read(mark + text.encode(encoding), *names) == names


def test_a_line_in_another_encoding_does_not_spoil_the_others(read: Read) -> None:
    content = "Café.mp3\n日本.mp3\nСон.mp3\n".encode() + "Don’t.mp3\n".encode("cp1252") + b"cut off \xe6\x97"
    assert read(content, "Café.mp3", "日本.mp3", "Сон.mp3", "Don’t.mp3", code=3)[:4] == [
        "Café.mp3",
        "日本.mp3",
        "Сон.mp3",
        "Don’t.mp3",
    ]


def test_bytes_that_windows_1252_does_not_use_lose_nothing(read: Read) -> None:
    assert read(b"Caf\xe9 \x81.mp3\n", "Café \x81.mp3") == ["Café \x81.mp3"]


def test_an_entry_may_begin_with_the_sign_of_comments(read: Read) -> None:
    content = "#EXTM3U\n#EXTINF:4,Garbage - #1 Crush\n#1 Crush.mp3\n# a comment\n#gone.mp3\n#EXTVLCOPT:x=1\na.mp3\n"
    assert read(content, "#1 Crush.mp3", "a.mp3") == ["#1 Crush.mp3", "a.mp3"]


def test_a_list_may_name_a_file_that_begins_with_the_sign_of_comments(read: Read) -> None:
    assert read("# mine\n#9 Dream.mp3\n#a.mp3\n", "#9 Dream.mp3", "a.mp3", playlist="l.txt") == ["#9 Dream.mp3"]


@pytest.mark.parametrize(
    ("entry", "name"),
    [
        ("Mike%20Posner%20-%20%28Remix%29.mp3", "Mike Posner - (Remix).mp3"),
        ("Caf%C3%A9%20%231%3F.mp3", "Café #1?.mp3"),
        ("Caf%E9.mp3", "Café.mp3"),
        ("sub%2Fa%25.mp3", "sub/a%.mp3"),
        ("Michèle.mp3", decomposed("Michèle.mp3")),
        (decomposed("Michèle/ガ.mp3"), "Michèle/ガ.mp3"),
        ("Mich%C3%A8le.mp3", decomposed("Michèle.mp3")),
        ("upper.mp3", "UPPER.MP3"),
        ("music/ÀLBUM/Straße.MP3", decomposed("Music/Àlbum/STRASSE.mp3")),
        (r"Sub\Dir\a.mp3", "sub/dir/a.mp3"),
        (r".\a.mp3", "a.mp3"),
        ("  a.mp3\t", "a.mp3"),
        ("\u3000a.mp3\xa0", "a.mp3"),
        ("sub/../a.mp3", "a.mp3"),
    ],
)
def test_a_file_is_found_in_another_spelling_of_its_name(read: Read, entry: str, name: str) -> None:
    assert read(f"#EXTM3U\n{entry}\n", name, "sub/x.mp3") == [name]


@pytest.mark.parametrize(
    "entry",
    [
        r"..\music\a b.mp3",
        "../music/a%20b.mp3",
        r"C:\music\a b.mp3",
        "c:/Music/A B.mp3",
        r"\music\a b.mp3",
        "/music/a b.mp3",
        r"\\nas\share\music\a b.mp3",
        "file:///C:/music/a%20b.mp3",
        "file://localhost/D:/music/a%20b.mp3",
        "file://nas/share/music/a%20b.mp3",
        "FILE:///music/a%20b.mp3",
        "file:/music/a b.mp3",
    ],
)
def test_a_playlist_of_another_system_finds_its_files_from_the_root_of_its_drive(read: Read, entry: str) -> None:
    """The drive is mounted somewhere above the playlist."""
    assert read(entry, "drive/music/a b.mp3", playlist="drive/lists/my.m3u") == ["drive/music/a b.mp3"]


@pytest.mark.parametrize(
    "entry",
    [
        r"C:\Users\me\Music\Band\Album\01.mp3",
        r"\\?\D:\Old disk\Band\ALBUM\01.mp3",
        "/Users/me/Music/Band/Album/01.mp3",
        "file:///Volumes/iPod/Band/Album/01.mp3",
    ],
)
def test_a_playlist_finds_music_that_was_moved_by_the_end_of_its_path(read: Read, entry: str) -> None:
    assert read(entry, "Sound/Band/Album/01.mp3", playlist="Sound/lists/my.m3u") == ["Sound/Band/Album/01.mp3"]


@pytest.mark.parametrize("entry", [r"C:\Band\Other\01.mp3", "/Band/Other/CD 1/01.mp3", "/Band/../Album/01.mp3"])
def test_a_file_name_alone_or_a_folder_that_many_albums_have_is_not_enough(read: Read, entry: str) -> None:
    assert read(f"{entry}\n01.mp3\n", "Album/01.mp3", "Album/CD 1/01.mp3", playlist="Album/my.m3u", code=3) == [
        "Album/01.mp3",
        entry,
    ]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("cp1251", "Кино - Группа крови.mp3"),
        ("koi8-r", "Кино - Группа крови.mp3"),
        ("cp866", "Кино - Группа крови.mp3"),
        ("cp1250", "Łódź/Dżem.mp3"),
        ("cp437", "Café Genève.mp3"),
        ("mac-roman", "Café Genève.mp3"),
        ("cp932", "宇多田ヒカル - ソナタ.mp3"),
        ("gb18030", "邓丽君 - 月亮.mp3"),
        ("big5", "鄧麗君.mp3"),
        ("cp949", "아이유.mp3"),
    ],
)
def test_a_playlist_in_another_encoding_finds_the_files_that_have_its_names(
    read: Read, encoding: str, name: str
) -> None:
    text = f"#EXTM3U\r\nC:\\Music\\{name}\r\n{name}\r\n.\\Music\\..\\{name}\r\n"
    assert read(text.encode(encoding), f"Music/{name}", name) == [f"Music/{name}", name, name]


def test_a_name_that_was_encoded_twice_finds_its_file(read: Read) -> None:
    name = "Beyoncé’s Café.mp3"
    assert read(name.encode().decode("cp1252"), name) == [name]


@pytest.mark.parametrize("quotes", ['""', "''", "<>"])
def test_quotes_around_an_entry_are_no_part_of_it(read: Read, tmp_path: Path, quotes: str) -> None:
    first, last = quotes[0], quotes[1]
    text = f"{first}a b.mp3{last}\n{first}{tmp_path}/a b.mp3{last}\n"
    assert read(text, "a b.mp3") == ["a b.mp3", "a b.mp3"]
    link = EntryFinder(tmp_path).find(f"{first}spotify:track:{spotify_id(1)}{last}")
    assert isinstance(link, SpotifyReference)


@pytest.mark.parametrize("text", ["file://{}", "file://localhost{}", "file:{}", "FILE://{}"])
@pytest.mark.parametrize("name", ["100% #1?.mp3", "100%25 #1?.mp3", "a b.mp3"])
def test_a_file_url_is_found_with_its_signs_escaped_or_not(read: Read, tmp_path: Path, text: str, name: str) -> None:
    url = (tmp_path / name).as_uri().removeprefix("file://")
    assert read(f"{text.format(url)}\n{text.format(tmp_path / name)}\n", name, "other.mp3") == [name, name]


def test_the_name_as_it_is_written_goes_first(tmp_path: Path) -> None:
    names = ["a%20b.mp3", "a b.mp3", "x\\y.mp3", "x/y.mp3", "É.mp3", decomposed("É.mp3"), "é.mp3", "B.mp3", "b.mp3"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    finder = EntryFinder(tmp_path)
    for name in names:
        assert finder.find(name) == FileReference(tmp_path / name)


def test_a_name_that_two_files_fit_is_not_guessed(tmp_path: Path) -> None:
    for name in ("Song.mp3", "SONG.mp3"):
        (tmp_path / name).touch()
    with pytest.raises(NotFound):
        EntryFinder(tmp_path).find("song.mp3")
    (tmp_path / decomposed("É.mp3")).touch()
    (tmp_path / "é.mp3").touch()
    assert EntryFinder(tmp_path).find("É.mp3") == FileReference(tmp_path / decomposed("É.mp3"))


@pytest.mark.parametrize("entry", ["gone.mp3", r"C:\gone.mp3", "/gone/gone.mp3", "..", "file:///gone.mp3", "é", "%00"])
def test_an_entry_without_a_file_is_skipped_and_named(read: Read, entry: str) -> None:
    assert read(f"{entry}\na.mp3\n", "a.mp3", code=3) == ["a.mp3", entry]


def test_links_stay_links(tmp_path: Path) -> None:
    finder = EntryFinder(tmp_path)
    assert isinstance(finder.find(f"https://open.spotify.com/track/{spotify_id(1)}?si=x"), SpotifyReference)
    assert isinstance(finder.find(f" spotify:track:{spotify_id(1)} "), SpotifyReference)
    assert isinstance(finder.find(spotify_id(1)), SpotifyReference)
    with pytest.raises(BadLink, match="not a site"):
        finder.find("http://radio.example/stream.mp3")


def test_a_file_in_a_folder_without_permission_is_told_as_that(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "shut").mkdir(mode=0)
    with pytest.raises(BadLink, match="cannot be read: Permission denied"):
        EntryFinder(tmp_path).find("shut/a.mp3")


def test_an_entry_longer_than_a_path_is_skipped_at_once(read: Read) -> None:
    assert len(read("../" * 3_000_000 + "a.mp3\na.mp3\n", "a.mp3", code=3)) == 2


def test_a_playlist_with_line_ends_in_its_name_has_a_title_of_one_line(read: Read, tmp_path: Path) -> None:
    assert read("a.mp3\n", "a.mp3", playlist="two\nlines \x1b[31m.m3u8") == ["a.mp3"]
    with FeatureStore(tmp_path / "home" / "data" / "spotrec.db", create=False) as store:
        assert [one.collection.title for one in store.collections.get()] == ["two lines [31m"]


def test_a_long_list_of_missing_files_is_read_at_once(read: Read, tmp_path: Path) -> None:
    for n in range(2000):
        (tmp_path / f"{n}.x").touch()
    entries = [f"Gone {n}%20.mp3" for n in range(3000)]
    assert read("\n".join(["a.mp3", *entries]), "a.mp3", code=3) == ["a.mp3", *entries]
