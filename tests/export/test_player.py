"""Opening results, with a program on the PATH that notes what it is given."""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from spotrec.errors import NotFound, SpotrecError
from spotrec.export import player
from spotrec.track import Track, TrackId

open_in_player = partial(player.open_in_player, other_way="`m3u` FILE")

Opener = Callable[[str], Path]


@pytest.fixture
def opener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opener:
    """A desktop whose opener runs a line of shell after it has noted its arguments in the file that is returned."""
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.setattr("sys.platform", "linux")  # on any system, the desktop of one

    def install(then: str = "exit 0") -> Path:
        programs, noted = tmp_path / "bin", tmp_path / "opened"
        programs.mkdir(exist_ok=True)
        script = programs / "xdg-open"
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$#" "$@" > "{noted}"\n{then}\n')
        script.chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        return noted

    return install


def files(folder: Path, *names: str) -> list[Track]:
    tracks = []
    for n, name in enumerate(names):
        (folder / name).write_bytes(b"audio")
        tracks.append(Track(TrackId(f"file:{n:032x}"), name, path=str(folder / name)))
    return tracks


def link(n: int) -> Track:
    return Track(TrackId(f"spotify:track:{n:022d}"), "Song", url=f"https://open.spotify.com/track/{n:022d}")


def test_files_are_opened_as_a_playlist(tmp_path: Path, opener: Opener) -> None:
    noted = opener("exit 0")
    gone = Track(TrackId("file:" + "f" * 32), "Gone", path=str(tmp_path / "gone.mp3"))
    tracks = files(tmp_path, "a b.mp3", "-c;$(touch evil).mp3")
    opened = open_in_player([link(1), *tracks, gone], tmp_path / "player")
    assert (opened.n_tracks, opened.n_others) == (2, 2)
    assert noted.read_text().splitlines() == ["1", opened.address]
    playlist = Path(opened.address).read_text(encoding="utf-8").splitlines()
    assert playlist[2::2] == [track.path for track in tracks]
    assert not (tmp_path / "evil").exists()


def test_where_all_are_links_the_first_is_opened(tmp_path: Path, opener: Opener) -> None:
    noted = opener("exit 0")
    opened = open_in_player([Track(TrackId("name:1"), "No link"), link(1), link(2)], tmp_path / "player")
    assert noted.read_text().splitlines() == ["1", link(1).url]
    assert (opened.address, opened.n_tracks, opened.n_others) == (link(1).url, 1, 2)
    assert not (tmp_path / "player").exists()


@pytest.mark.parametrize("url", ["file:///etc/passwd", "-evil", "https://x.y/ z", "javascript:alert(1)"])
def test_what_is_no_web_address_is_never_opened(tmp_path: Path, opener: Opener, url: str) -> None:
    noted = opener("exit 0")
    with pytest.raises(NotFound, match="no result has a file"):
        open_in_player([Track(TrackId("name:1"), "Song", url=url)], tmp_path)
    assert not noted.exists()


def test_an_opener_that_lives_as_long_as_the_player_is_let_be(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotrec.export.player._ANSWERS_WITHIN_S", 0.2)  # the same wait, shorter
    noted = opener("sleep 5")
    assert open_in_player([link(1)], tmp_path).n_tracks == 1
    assert noted.exists()


def test_an_opener_that_finds_no_program_says_so(tmp_path: Path, opener: Opener) -> None:
    opener("exit 3")
    with pytest.raises(SpotrecError, match="no program opens https") as caught:
        open_in_player([link(1)], tmp_path)
    assert "`m3u`" in caught.value.hint


def test_without_a_desktop_or_an_opener_that_is_said(
    tmp_path: Path, opener: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = opener("exit 0")
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(SpotrecError, match="no desktop"):
        open_in_player([link(1)], tmp_path)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SpotrecError, match=r"xdg-open.* is not installed") as caught:
        open_in_player([link(1)], tmp_path)
    assert "xdg-utils" in caught.value.hint
    assert not noted.exists()
