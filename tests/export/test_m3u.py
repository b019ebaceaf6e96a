"""Playlist files: what players read, and our own crawl too."""

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spotrec import Recommender
from spotrec.crawl.sources.entries import EntryFinder
from spotrec.crawl.sources.text import read_text
from spotrec.errors import DiskFull, SpotrecError, UsageError
from spotrec.export import m3u
from spotrec.links import PathReference
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId
from support.servers import FakeSpotify

Run = Callable[..., Any]


def track(n: int, title: str = "Song", **fields: Any) -> Track:
    return Track(TrackId(f"name:{n:032x}"), title, **{"artists": ("Band",), **fields})


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_each_track_is_its_file_or_its_page(tmp_path: Path) -> None:
    spotify = Track(TrackId("spotify:track:" + "0" * 22), "By id only")
    written = m3u.write(
        tmp_path / "list.m3u8",
        [
            track(1, "Größe", path="/music/größe.flac", url="https://somewhere.else/1", duration_ms=215_499),
            track(2, url="https://open.spotify.com/track/2", artists=("A", "B")),
            spotify,
        ],
    )
    assert lines(tmp_path / "list.m3u8") == [
        "#EXTM3U",
        "#EXTINF:215,Band - Größe",
        "/music/größe.flac",
        "#EXTINF:-1,A, B - Song",
        "https://open.spotify.com/track/2",
        "#EXTINF:-1,By id only",
        f"https://open.spotify.com/track/{'0' * 22}",
    ]
    assert (written.n_tracks, written.left_out) == (3, [])


def test_tracks_that_nobody_could_find_are_left_out_and_told(tmp_path: Path) -> None:
    lost = [
        track(1),
        track(2, path="/music/nul\0.mp3"),
        track(3, path="/music/\ud800.mp3"),
        track(4, path="#EXTM3U.mp3"),
        track(7, url="javascript:alert(1)"),
        track(8, url="https://x.y/\nhttps://evil"),
    ]
    written = m3u.write(tmp_path / "list.m3u", [*lost, track(9, path="/music/9.mp3")])
    assert written.left_out == lost
    assert lines(tmp_path / "list.m3u")[1:] == ["#EXTINF:-1,Band - Song", "/music/9.mp3"]


@pytest.mark.parametrize(
    ("path", "url"),
    [
        ("/music/two\nlines.mp3", "file:///music/two%0Alines.mp3"),
        ("/music/\x85\u2028.mp3", "file:///music/%C2%85%E2%80%A8.mp3"),
        ("/music/100% #1?.mp3 ", "file:///music/100%25%20%231%3F.mp3%20"),
        ("/music/ends wide.mp3\u3000", "file:///music/ends%20wide.mp3%E3%80%80"),
        ("/music/\udcff.mp3", "file:///music/%FF.mp3"),
    ],
)
def test_a_name_that_no_line_can_hold_is_written_as_a_url(path: str, url: str, tmp_path: Path) -> None:
    assert m3u.write(tmp_path / "list.m3u", [track(1, path=path)]).left_out == []
    assert lines(tmp_path / "list.m3u")[2:] == [url]


@given(title=st.text(), artist=st.text(), path=st.text())
def test_no_name_breaks_out_of_its_line(title: str, artist: str, path: str, tmp_path_factory: Any) -> None:
    file = tmp_path_factory.mktemp("m3u") / "list.m3u8"
    written = m3u.write(file, [track(1, title, artists=(artist,), path=f"/{path}"), track(2, path="/last.mp3")])
    assert len(lines(file)) == 1 + 2 * written.n_tracks
    assert all(line.startswith("#EXTINF:-1,") for line in lines(file)[1::2])
    assert lines(file)[-1] == "/last.mp3"


@given(
    name=st.text(min_size=1, max_size=60).filter(lambda name: name not in (".", "..") and not set("/\0") & set(name))
)
@settings(max_examples=300)
def test_every_name_is_found_again_in_what_was_written(name: str, tmp_path_factory: Any) -> None:
    folder = tmp_path_factory.mktemp("m3u")
    try:
        (folder / name).touch()
    except (OSError, UnicodeEncodeError):  # longer than a name may be, or half of a surrogate pair
        assume(False)
    m3u.write(folder.parent / "list.m3u", [track(1, path=str(folder / name)), track(2, path=str(folder))])
    finder = EntryFinder(folder.parent)
    found = [finder.find(entry) for entry in finder.entries(read_text(folder.parent / "list.m3u", "a playlist").text)]
    assert [reference.path for reference in found if isinstance(reference, PathReference)] == [folder / name, folder]


def test_a_playlist_is_replaced_and_anything_else_is_not(tmp_path: Path) -> None:
    file = tmp_path / "list.m3u8"
    for _ in range(2):
        m3u.write(file, [track(1, path="/1.mp3")])
    file.write_bytes(b"\xef\xbb\xbf#EXTM3U\r\n/old.mp3\r\n")
    m3u.write(file, [track(1, path="/1.mp3")])
    assert lines(file)[-1] == "/1.mp3"
    for other in (b"my diary", b"#EXTM3UX\n", b"ID3\x04"):
        file.write_bytes(other)
        with pytest.raises(UsageError, match="not an extended M3U"):
            m3u.write(file, [])
        assert file.read_bytes() == other
    (tmp_path / "folder.m3u").mkdir()
    with pytest.raises(UsageError, match="not an extended M3U"):
        m3u.write(tmp_path / "folder.m3u", [])
    for name in ("list.txt", "list", "list.mp3"):
        with pytest.raises(UsageError, match=r"\.m3u8 or \.m3u|is not a playlist"):
            m3u.write(tmp_path / name, [])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder.m3u", "home", "list.m3u8"]


def test_a_link_to_a_playlist_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link.m3u8").symlink_to(tmp_path / "real.m3u8")
    m3u.write(tmp_path / "link.m3u8", [track(1, path="/1.mp3")])
    assert (tmp_path / "link.m3u8").is_symlink()
    assert lines(tmp_path / "real.m3u8")[-1] == "/1.mp3"


def test_a_name_may_begin_with_a_tilde(home: Path) -> None:
    with Recommender() as recommender:
        for name in ("~ mix.m3u8", "~nosuchuser.m3u8", "~/mine.m3u8"):
            recommender.write_m3u(name, [track(1, path="/1.mp3")])
    assert {path.name for path in home.iterdir()} == {"~ mix.m3u8", "~nosuchuser.m3u8", "mine.m3u8"}


def test_what_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(SpotrecError, match="cannot be written"):
        m3u.write(tmp_path / "nowhere" / "list.m3u8", [])
    file = tmp_path / "list.m3u8"
    m3u.write(file, [track(1, path="/1.mp3")])

    before = file.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
        with pytest.raises(DiskFull, match="no room"):
            m3u.write(file, [track(n, path="/long.mp3" * 100) for n in range(100)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "list.m3u8"]


def test_our_own_crawl_reads_it_again(spotrec: Run, music: Path, home: Path, spotify: FakeSpotify) -> None:
    spotrec("crawl", music)
    (home / "odd").mkdir()
    first = min(music.rglob("*.flac"))
    names = (
        *("AC\\DC – café.flac", "#1 – 日本.flac", " leading.flac", "日本\u3000ヒカル.flac", "no\xa0break.flac"),
        *("zero\u200bwidth.flac", "join\u200d\u200cers.flac", "line\u2028\u2029\x85ends.flac", "two\r\nlines.flac"),
        *(
            "100%25 #1?.flac",
            "cafe\u0301.flac",
            "C:\\Music\\x.flac",
            "bell\x07\x1b[31m.flac",
            "\u202eright to left.flac",
        ),
    )
    for name in names:
        (home / "odd" / name).write_bytes(first.read_bytes() + name.encode())
    spotrec("crawl", home / "odd", code=None)
    link = spotify.add_track(1, name="A song\nof two lines")
    spotrec("crawl", link, code=3)
    with Recommender() as recommender:
        tracks = [record.track for record in recommender.tracks()]
        assert recommender.write_m3u(home / "all.m3u8", tracks).left_out == []
    spotrec("crawl", home / "all.m3u8", "--store", home / "other.db", code=3)
    with FeatureStore(home / "other.db") as store:
        (collection,) = store.collections.get()
        assert collection.n_tracks == len(tracks) == 27
        assert {record.track.id for record in Recommender(store=home / "other.db").tracks()} == {t.id for t in tracks}
