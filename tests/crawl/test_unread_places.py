"""What could not be read is not gone: a sync keeps it, names the place, and ends with exit code 3."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.music import tune, write_tagged
from support.permissions import run_bound
from support.servers import Answer, FakeSpotify

Run = Callable[..., Any]


@pytest.fixture
def folder(spotrec: Run, tmp_path: Path) -> Path:
    """Three folders of two files each, which were crawled."""
    for n in range(6):
        write_tagged(tmp_path / "m" / "abc"[n // 2] / f"{n}.flac", tune(n), title=f"Song {n}")
    spotrec("crawl", tmp_path / "m")
    return tmp_path / "m"


def catalogue(spotrec: Run) -> list[str]:
    return sorted(row["title"] for row in json.loads(spotrec("tracks", "--json").stdout))


def members(spotrec: Run, folder: Path) -> list[str]:
    return sorted(row["title"] for row in json.loads(spotrec("tracks", "--collection", folder, "--json").stdout))


def songs(*numbers: int) -> list[str]:
    return [f"Song {n}" for n in numbers]


def named(report: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: one["reason"] for one in report["skipped"]}


def test_a_folder_without_permission_loses_nothing(spotrec: Run, folder: Path) -> None:
    (folder / "b").chmod(0)
    (folder / "c" / "5.flac").unlink()
    try:
        report = json.loads(run_bound("sync", "--json", code=3).stdout)
    finally:
        (folder / "b").chmod(0o755)
    assert named(report) == {str(folder / "b"): "Permission denied"}
    assert catalogue(spotrec) == songs(0, 1, 2, 3, 4), "the file that is gone is followed"
    assert members(spotrec, folder) == songs(0, 1, 2, 3, 4)
    spotrec("sync")
    assert catalogue(spotrec) == songs(0, 1, 2, 3, 4)


def test_a_file_without_permission_loses_nothing(spotrec: Run, folder: Path) -> None:
    (folder / "b" / "2.flac").chmod(0)
    os.utime(folder / "b" / "2.flac")
    report = json.loads(run_bound("sync", "--json", code=3).stdout)
    assert named(report) == {str(folder / "b" / "2.flac"): "unreadable"}
    assert catalogue(spotrec) == songs(*range(6))


def test_a_crawl_and_a_later_sync_lose_nothing_either(spotrec: Run, folder: Path) -> None:
    (folder / "b").chmod(0)
    for command in ("crawl", "sync", "sync"):
        run_bound(command, folder, code=3)
    (folder / "b").chmod(0o755)
    assert members(spotrec, folder) == songs(*range(6))


def test_a_folder_that_cannot_be_read_at_all_loses_nothing(spotrec: Run, folder: Path) -> None:
    folder.chmod(0)
    done = run_bound("sync", code=5)
    folder.chmod(0o755)
    assert "Permission denied" in done.stderr
    assert catalogue(spotrec) == songs(*range(6))


def test_a_folder_that_is_suddenly_empty_loses_nothing(spotrec: Run, folder: Path, tmp_path: Path) -> None:
    for path in (folder / "b").iterdir():
        path.unlink()
    report = json.loads(spotrec("sync", "--json", code=3).stdout)
    assert named(report) == {str(folder / "b"): "suddenly empty; if this is right, delete the folder"}
    assert catalogue(spotrec) == songs(*range(6))
    (folder / "b").rmdir()
    spotrec("sync")
    assert catalogue(spotrec) == songs(0, 1, 4, 5)


@pytest.mark.parametrize("target", ["/nowhere/b", "b"])
def test_a_folder_that_is_a_link_to_nothing_now_loses_nothing(spotrec: Run, folder: Path, target: str) -> None:
    shutil.rmtree(folder / "b")
    (folder / "b").symlink_to(target)
    report = json.loads(spotrec("sync", "--json", code=3).stdout)
    assert str(folder / "b") in named(report)
    assert catalogue(spotrec) == songs(*range(6))


def test_a_folder_that_moved_to_another_disk_behind_a_link_loses_nothing(
    spotrec: Run, folder: Path, tmp_path: Path
) -> None:
    shutil.move(folder / "b", tmp_path / "elsewhere")
    (folder / "b").symlink_to(tmp_path / "elsewhere")
    report = json.loads(spotrec("sync", "--json", code=3).stdout)
    assert str(folder / "b") in named(report)
    assert any("links to folders, which are not followed: 1 (b)" in notice for notice in report["notices"])
    assert catalogue(spotrec) == songs(*range(6))
    spotrec("crawl", tmp_path / "elsewhere")
    spotrec("sync", code=None)
    assert catalogue(spotrec) == songs(*range(6))


@pytest.mark.parametrize("target", ["", "linked.flac"])
def test_a_link_that_leads_nowhere_now_loses_nothing(spotrec: Run, folder: Path, tmp_path: Path, target: str) -> None:
    """Its disk is not there, or it leads to itself."""
    path = write_tagged(tmp_path / "disk" / "9.flac", tune(9), title="Song 9")
    (folder / "linked.flac").symlink_to(path)
    spotrec("crawl", folder)
    (tmp_path / "disk").rename(tmp_path / "unmounted")
    if target:
        (folder / "linked.flac").unlink()
        (folder / "linked.flac").symlink_to(target)
    report = json.loads(spotrec("sync", "--json", code=3).stdout)
    assert str(folder / "linked.flac") in named(report)
    assert catalogue(spotrec) == songs(*range(6), 9)
    (folder / "linked.flac").unlink()
    spotrec("sync")
    assert catalogue(spotrec) == songs(*range(6)), "who deletes the link means it"


@pytest.mark.parametrize("is_folder_gone", [False, True])
def test_a_disk_that_is_not_mounted_loses_nothing(tmp_path: Path, is_folder_gone: bool) -> None:
    """As with removable disks, other files may be where it was mounted, or its folder may be gone."""
    for n in range(3):
        write_tagged(tmp_path / "m" / "x" / f"{n}.flac", tune(n), title=f"Song {n}")
    disk = tmp_path / "m" / "disk"
    disk.mkdir()
    spotrec = f"{sys.executable} -m spotrec"
    script = f"""
        set -e
        mount -t tmpfs none {disk}
        cp {tmp_path}/m/x/0.flac {disk}/0.flac; rm {tmp_path}/m/x/0.flac
        {spotrec} crawl {tmp_path}/m >&2
        umount {disk}
        {f"rmdir {disk}" if is_folder_gone else f"cp {tmp_path}/m/x/1.flac {disk}/other.flac"}
        {spotrec} sync --json && exit 99 || test $? = 3
        {spotrec} tracks --json
    """
    if subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no disk can be mounted here")
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    decoder = json.JSONDecoder()
    report, end = decoder.raw_decode(done.stdout)
    assert named(report) == {str(disk): "no disk is mounted here now"}
    assert sorted(row["title"] for row in decoder.decode(done.stdout[end:])) == songs(0, 1, 2)


def test_an_extraction_while_the_disk_was_away_loses_nothing_either(
    spotrec: Run, folder: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPOTREC_WEIGHTS", str(weights))
    for path in (folder / "b").iterdir():
        path.rename(folder.parent / path.name)
    spotrec("extract", code=3)
    spotrec("sync", code=3)
    assert catalogue(spotrec) == songs(*range(6))
    for n in (2, 3):
        (folder.parent / f"{n}.flac").rename(folder / "b" / f"{n}.flac")
    spotrec("sync")
    assert catalogue(spotrec) == songs(*range(6))
    spotrec("extract")
    assert {row["state"] for row in json.loads(spotrec("tracks", "--json").stdout)} == {"heard"}


@pytest.mark.parametrize("seconds", [2**34, 2**33, -1, -3_000_000_000])
def test_a_file_from_another_century_is_crawled_like_the_others(spotrec: Run, folder: Path, seconds: int) -> None:
    path = write_tagged(folder / "odd.flac", tune(9), title="Song 9")
    try:
        os.utime(path, (0, seconds))
    except OSError:
        pytest.skip("this disk knows no such time")
    for _ in range(2):
        spotrec("crawl", folder)
    assert catalogue(spotrec) == songs(*range(6), 9)


def test_a_link_to_itself_is_one_skipped_file_everywhere(spotrec: Run, folder: Path, tmp_path: Path) -> None:
    loop = folder / "loop.flac"
    loop.symlink_to("loop.flac")
    report = json.loads(spotrec("crawl", folder, "--json", code=3).stdout)
    assert (report["seen"], named(report)) == (7, {str(loop): "unreadable"})
    (tmp_path / "list.m3u8").write_text("m/loop.flac\nm/a/0.flac\n")
    report = json.loads(spotrec("crawl", tmp_path / "list.m3u8", "--json", code=3).stdout)
    assert list(named(report)) == ["m/loop.flac"]
    assert "leads to itself" in spotrec("crawl", loop, "--dry-run", code=5).stderr


def test_what_a_folder_leaves_out_is_counted(spotrec: Run, folder: Path) -> None:
    for name in ("a/cover.jpg", "b/cover.JPG", "notes.txt", "README", ".hidden"):
        (folder / name).write_text("x")
    os.mkfifo(folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)
        server.bind("socket")
    (folder / "up").symlink_to("..")
    (folder / "lost").symlink_to("nowhere")
    report = json.loads(spotrec("crawl", folder, "--json").stdout)
    (notice,) = report["notices"]
    assert "files of other kinds: 4 (.jpg 2, no suffix 1, .txt 1)" in notice
    assert "links to folders, which are not followed: 1 (up)" in notice
    assert "links that lead nowhere: 1 (lost)" in notice
    assert "pipes and other special files: 2 (pipe, socket)" in notice
    assert report["skipped"] == []


def test_a_folder_whose_name_is_not_utf_8_is_told(spotrec: Run, folder: Path, tmp_path: Path) -> None:
    odd = os.fsencode(tmp_path) + b"/caf\xe9"
    os.rename(folder, odd)  # noqa: PTH104 - a name that is not UTF-8
    report = json.loads(spotrec("crawl", tmp_path, "--json", code=3).stdout)
    assert (report["seen"], set(named(report).values())) == (6, {"unreadable"})
    assert "error:" in spotrec("crawl", os.fsdecode(odd), code=2).stderr


def test_a_path_that_is_too_long_is_named(spotrec: Run, folder: Path) -> None:
    os.chdir(folder)
    for _ in range(17):
        os.mkdir("d" * 250)  # noqa: PTH102 - the whole path is longer than the system allows
        os.chdir("d" * 250)
    report = json.loads(spotrec("crawl", folder, "--json", code=3).stdout)
    assert set(named(report).values()) == {"File name too long"}
    assert catalogue(spotrec) == songs(*range(6))


class TestLists:
    def test_an_artist_whose_album_cannot_be_read_loses_nothing(self, spotrec: Run, spotify: FakeSpotify) -> None:
        tracks = [spotify.add_track(n) for n in range(4)]
        albums = [spotify.add_album(7000 + n, [tracks[2 * n], tracks[2 * n + 1]]) for n in range(2)]
        artist = spotify.add_artist(8000, {"album": albums})
        spotrec("crawl", f"spotify:artist:{artist}", code=None)
        before = catalogue(spotrec)
        spotify.faults[f"/v1/albums/{albums[0]}/tracks"] = [Answer({"error": {"status": 404, "message": "gone"}}, 404)]
        spotrec("sync", code=3)
        assert catalogue(spotrec) == before

    def test_a_list_that_ends_before_its_total_loses_nothing(self, spotrec: Run, spotify: FakeSpotify) -> None:
        tracks = [spotify.add_track(n) for n in range(60)]
        playlist = spotify.add_playlist(5000, tracks)
        spotrec("crawl", f"spotify:playlist:{playlist}", code=None)
        before = catalogue(spotrec)
        rows = [{"item": spotify.tracks[id_]} for id_ in tracks[:50]]
        spotify.faults[f"/v1/playlists/{playlist}/items"] = [Answer({"items": rows, "total": 60, "next": None})]
        report = json.loads(spotrec("sync", "--json", code=None).stdout)
        assert any("ended after 50 of 60 entries" in notice for notice in report["notices"])
        assert catalogue(spotrec) == before
