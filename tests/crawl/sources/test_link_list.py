"""Crawling lists of links and paths, from files and standard input, and short links, through the real command."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spotrec.store import FeatureStore
from support.music import encoded, tune, write_tagged
from support.servers import Answer, FakeDeezer, FakeSpotify, LoopbackServer, serving, spotify_id

Run = Callable[..., Any]
PREVIEW = encoded(tune(1))


def isrc(n: int) -> str:
    return f"GBAYE{n:07d}"


def crawled(spotrec: Run, *arguments: object, code: int = 0, **options: Any) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(spotrec("crawl", *arguments, "--json", code=code, **options).stdout)
    return report


@pytest.fixture
def tracks(spotify: FakeSpotify, deezer: FakeDeezer) -> list[str]:
    """Ids of tracks that have previews."""
    deezer.previews = {isrc(n): PREVIEW for n in range(30)}
    return [spotify.add_track(n, isrc=isrc(n)) for n in range(30)]


def test_a_list_names_tracks_files_folders_and_playlists(
    spotrec: Run, spotify: FakeSpotify, deezer: FakeDeezer, tracks: list[str], tmp_path: Path, home: Path
) -> None:
    write_tagged(tmp_path / "m" / "one.flac", tune(1), title="One")
    write_tagged(tmp_path / "n" / "two.flac", tune(2), title="Two")
    deezer.add_track(9, isrc(9))
    playlist = spotify.add_playlist(5000, tracks[3:6])
    (tmp_path / "list.txt").write_text(
        f"# mine\n\n{tracks[0]}\nspotify:track:{tracks[1]}\nhttps://open.spotify.com/track/{tracks[2]}?si=x\n"
        f"m/one.flac\n{tmp_path / 'n'}\nspotify:playlist:{playlist}\ndeezer:track:9\n"
    )
    report = crawled(spotrec, tmp_path / "list.txt")
    assert (report["seen"], report["with_audio"]) == (9, 9)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        (row,) = store.rows("select kind, title from collection")
        assert tuple(row) == ("playlist", "list")
        rows = store.rows("select title from collection_track join track on id = track_id order by position")
    assert [r[0] for r in rows] == [f"Song {n}" for n in (0, 1, 2)] + ["One", "Two"] + [
        f"Song {n}" for n in (3, 4, 5, 9)
    ]


def test_a_list_comes_on_standard_input(spotrec: Run, tracks: list[str]) -> None:
    assert crawled(spotrec, "-", stdin="\r\n".join(tracks))["fetched"] == 30


def test_nothing_on_standard_input_is_not_found(spotrec: Run) -> None:
    assert "standard input names no tracks" in spotrec("crawl", "-", code=5, stdin="# nothing\n").stderr


def test_bytes_on_standard_input_are_refused(spotrec: Run) -> None:
    assert "standard input is not text" in spotrec("crawl", "-", code=2, stdin=b"\0\1\2\3").stderr


def test_an_entry_that_cannot_be_had_does_not_keep_the_others_from_being_crawled(
    spotrec: Run, spotify: FakeSpotify, tracks: list[str], tmp_path: Path
) -> None:
    (tmp_path / "bad.mp3").write_text("dear diary")
    (tmp_path / "other.txt").write_text("list.txt\n")
    bad = {
        "gone.mp3": "there is no file or folder",
        "bad.mp3": "not audio",
        "https://example.org/x": "not a site",
        f"spotify:track:{spotify_id(404)}": "hides it from this app",
        f"spotify:show:{spotify_id(1)}": "cannot crawl a Spotify show",
        "list.txt": "a list in a list",
        "other.txt": "a list in a list",
        "~nobody/x.mp3": "there is no file or folder",
        "-": "there is no file or folder",
        "https://deezer.page.link/abc": "short link",
    }
    (tmp_path / "list.txt").write_text("\n".join([*bad, tracks[0]]))
    report = crawled(spotrec, tmp_path / "list.txt", code=3)
    assert report["fetched"] == 1
    for entry, (name, reason) in zip(report["skipped"], bad.items(), strict=True):
        assert entry["name"].endswith(name)
        assert reason in entry["reason"]


def test_what_came_before_throttling_is_kept(
    spotrec: Run, spotify: FakeSpotify, tracks: list[str], tmp_path: Path
) -> None:
    spotify.faults[f"/v1/tracks/{tracks[3]}"] = [Answer({"error": {"status": 429}}, 429, {"Retry-After": "9999"})]
    (tmp_path / "list.txt").write_text("\n".join(tracks))
    report = crawled(spotrec, tmp_path / "list.txt", code=3)
    assert report["fetched"] == 3
    assert "wait 3 h" in report["failed_sources"][0]["error"]


def test_a_binary_file_named_txt_is_refused(spotrec: Run, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_bytes(b"\0\1\2\3")
    assert "is not a list" in spotrec("crawl", tmp_path / "x.txt", code=2).stderr


@pytest.fixture
def short_links(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackServer]:
    """What answers for every host on the web, as a proxy on loopback."""
    with serving(LoopbackServer()) as server:
        monkeypatch.setenv("HTTP_PROXY", server.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield server


def test_a_short_link_is_followed_to_what_it_stands_for(
    spotrec: Run, short_links: LoopbackServer, tracks: list[str]
) -> None:
    short_links.faults["/abc"] = [Answer("", 307, {"Location": "http://spotify.app.link/def"})]
    short_links.faults["/def"] = [
        Answer("", 302, {"Location": f"https://open.spotify.com/track/{tracks[0]}?si=1&utm=2"})
    ]
    assert crawled(spotrec, "http://spotify.link/abc")["fetched"] == 1
    assert short_links.requests == ["/abc", "/def"]


@pytest.mark.parametrize(
    ("location", "code", "said"),
    [
        ("https://evil.example/track/" + spotify_id(1), 2, "does not lead to Spotify"),
        ("https://open.spotify.com.evil.example/track/" + spotify_id(1), 2, "does not lead to Spotify"),
        ("http://127.0.0.1:9/", 2, "does not lead to Spotify"),
        ("file:///etc/passwd", 2, "does not lead to Spotify"),
        ("javascript:alert(1)", 2, "does not lead to Spotify"),
        ("http://spotify.link:99999/abc", 2, "does not lead to Spotify"),
        ("https://open.spotify.com:99999/track/" + spotify_id(1), 2, "does not lead to Spotify"),
        ("http://spotify.link:port/abc", 1, "is not a web address"),
        ("http://[::1/abc", 1, "is not a web address"),
        ("https://open.spotify.com/", 2, "names nothing on Spotify"),
        ("http://spotify.link/abc", 1, "redirects without end"),
    ],
)
def test_a_short_link_that_leads_elsewhere_is_refused(
    spotrec: Run, short_links: LoopbackServer, location: str, code: int, said: str
) -> None:
    short_links.faults["/abc"] = [Answer("", 302, {"Location": location})]
    result = spotrec("crawl", "http://spotify.link/abc", code=code)
    assert said in result.stderr
    assert "hint:" in result.stderr
    assert set(short_links.requests) == {"/abc"}


def test_a_short_link_that_leads_nowhere_is_refused(spotrec: Run, short_links: LoopbackServer) -> None:
    short_links.faults["/abc"] = [Answer("<html>app</html>")]
    assert "does not lead to Spotify" in spotrec("crawl", "http://spotify.link/abc", code=2).stderr
