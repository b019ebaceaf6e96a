"""Paths as a phone or another machine understands them."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from spotrec import Recommender
from spotrec.crawl.sources.entries import EntryFinder
from spotrec.errors import UsageError
from spotrec.export import m3u
from spotrec.export.relative_paths import relative_line, relative_path
from spotrec.track import Track, TrackId
from support.mpd import Mpd, running, wav


def track(path: object, title: str = "Song") -> Track:
    return Track(TrackId(f"name:{hash(str(path)) % 10**9:032x}"), title, ("Band",), path=str(path))


@pytest.mark.parametrize(
    ("path", "folder", "seen"),
    [
        ("Music/A/1.mp3", "Music", "A/1.mp3"),
        ("Music/1.mp3", "Music", "1.mp3"),
        ("Other/1.mp3", "Music", "../Other/1.mp3"),
        ("1.mp3", "Music/lists/new", "../../../1.mp3"),
        ("Music/a b/ö 100%.mp3", "Music", "a b/ö 100%.mp3"),
        ("Music/#1.mp3", "Music", "./#1.mp3"),
        ("Music/ 1.mp3", "Music", "./ 1.mp3"),
        ("Music/C:/1.mp3", "Music", "./C:/1.mp3"),
        ("Music/~/1.mp3", "Music", "./~/1.mp3"),
        ("Music/1.mp3 ", "Music", "./1.mp3%20"),
        ("Music/a\nb.mp3", "Music", "./a%0Ab.mp3"),
    ],
)
def test_a_file_is_named_from_the_folder(path: str, folder: str, seen: str, tmp_path: Path) -> None:
    (tmp_path / folder).mkdir(parents=True)
    line = relative_line(str(tmp_path / path), tmp_path / folder)
    assert line == seen
    assert os.path.normpath(
        tmp_path / folder / (unquote(seen) if "%0A" in seen or seen.endswith("%20") else seen)
    ) == str(tmp_path / path)


def test_a_file_with_nothing_but_the_root_above_both_has_no_relative_path(tmp_path: Path) -> None:
    assert relative_path("/proc/version", tmp_path) is None
    assert relative_path("/nowhere/at/all.mp3", tmp_path) is None


def test_a_folder_is_the_same_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "Music").symlink_to("disk")
    assert relative_path(str(tmp_path / "disk/1.mp3"), tmp_path / "Music") == "1.mp3"
    assert relative_path(str(tmp_path / "Music/1.mp3"), tmp_path / "disk") == "1.mp3"


def test_a_playlist_says_which_files_are_elsewhere(tmp_path: Path) -> None:
    near, far = track(tmp_path / "a.mp3"), track("/nowhere/b.mp3")
    written = m3u.write(tmp_path / "list.m3u8", [near, far], tmp_path)
    lines = (tmp_path / "list.m3u8").read_text().splitlines()
    assert lines[2::2] == ["a.mp3", "/nowhere/b.mp3"]
    assert (written.n_tracks, written.elsewhere) == (2, [far])


def test_a_folder_that_is_not_there_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with Recommender() as recommender, pytest.raises(UsageError, match="no folder"):
        recommender.write_m3u(tmp_path / "list.m3u8", [track("/a.mp3")], relative_to=tmp_path / "none")
    assert not (tmp_path / "list.m3u8").exists()


NAMES = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=20)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_any_name_is_found_again_from_the_folder(names: list[str]) -> None:
    assume(not {".", ".."} & set(names))
    with TemporaryDirectory() as folder:
        found_again(Path(folder), names)


def found_again(folder: Path, names: list[str]) -> None:
    path = folder.joinpath(*names)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    m3u.write(folder / "list.m3u8", [track(path)], folder)
    text = (folder / "list.m3u8").read_bytes().decode()
    finder = EntryFinder(folder)
    (entry,) = finder.entries(text)
    found = finder.path(entry)
    assert found is not None
    assert found.samefile(path)


def test_mpd_loads_such_a_playlist(tmp_path: Path) -> None:
    music, state = tmp_path / "music", tmp_path / "mpd"
    names = ["A/one.wav", "A/two words.wav", "ö.wav", "#1.wav", "100%41.wav", "C:/drive.wav"]
    files = [wav(music / name, 1) for name in names]
    m3u.write(music / "list.m3u8", [track(file) for file in files], music)
    with running(Mpd(music, state)) as mpd:
        mpd.mpc("load", "list.m3u8")
        assert mpd.queue() == names
