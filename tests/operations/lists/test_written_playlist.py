"""Lists that are written back: nothing of them is lost, whatever they hold and whatever happens."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.errors import SpotrecError, UsageError
from spotrec.operations.lists.contents import read_list

from .conftest import Library

Run = Callable[..., Any]


def extended(source: Path | str, n: int = 2) -> Any:
    with Recommender() as recommender:
        return recommender.extend_playlist(source, n=n).playlist


def write(playlist: Any, file: Path | str | None = None, **options: Any) -> Any:
    with Recommender() as recommender:
        return recommender.write_playlist(playlist, file, **options)


def known(path: Path) -> list[str | None]:
    with Recommender() as recommender, recommender.session.view() as view:
        return [entry.track.id if entry.track else None for entry in read_list(view, path).entries]


HEADS = {
    "plain": b"",
    "extended": b"#EXTM3U\n#PLAYLIST:Evening\n# made by hand\n",
    "mark": b"\xef\xbb\xbf#EXTM3U\r\n",
    "old mac": b"#EXTM3U\r",
}


@pytest.mark.parametrize("head", HEADS)
def test_a_list_in_place_keeps_every_byte_that_it_had(head: str, library: Library) -> None:
    end = b"\r\n" if head == "mark" else b"\r" if head == "old mac" else b"\n"
    entries = [
        b"#EXTINF:10 tvg-id=\"a,b\",Some - One", b"#EXTVLCOPT:start-time=3", os.fsencode(library.file(1)),
        b"", b"# about the next", b"/phone/unknown.mp3", b"https://radio.example/stream",
        os.fsencode(Path(library.file(2)).as_uri()), b"#EXTGRP:x", os.fsencode(library.file(3)), b"# the end",
    ]  # fmt: skip
    path = library.folder / "a.m3u"
    before = HEADS[head] + end.join(entries)
    path.write_bytes(before)
    path.chmod(0o640)
    written = write(extended(path))
    after = path.read_bytes()
    added = after.removeprefix(before.removesuffix(b"# the end")).removesuffix(b"# the end")
    assert len(added) < len(after), "what was there is still there, in its order"
    assert added.count(b".flac" + end) == 2
    assert added.count(b"#EXTINF:") == (2 if head != "plain" or b"#EXTINF" in before else 0)
    assert (written.n_entries, written.is_changed, path.stat().st_mode & 0o777) == (7, True, 0o640)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8", "utf-8-sig", "utf-16-be"])
def test_a_list_keeps_its_encoding(encoding: str, library: Library) -> None:
    path = library.folder / "a.m3u"
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    text = f"#EXTM3U\n#EXTINF:1,Größe – “x”\n/nirgends/größe.mp3\n{library.file(1)}\n"
    path.write_bytes(mark + text.encode(encoding))
    write(extended(path))
    after = path.read_bytes()
    if encoding not in ("utf-16", "utf-16-be"):
        assert after.startswith(mark + text.encode(encoding))
    assert after.removeprefix(mark).decode(encoding).startswith(text)
    assert len([one for one in known(path) if one]) == 3


def test_a_name_that_the_encoding_does_not_have_is_an_address(library: Library, home: Path) -> None:
    from dataclasses import replace

    from spotrec.store import FeatureStore

    file = library.folder / "宇多田.flac"
    file.touch()
    with FeatureStore(home / "data" / "spotrec.db") as store:
        for track in library.tracks:
            store.tracks.add([replace(track, path=str(file) if track.id == library.tracks[30].id else None, url=None)])
    path = library.folder / "a.m3u"
    path.write_bytes("/nirgends/größe.mp3\n".encode("cp1252") + os.fsencode(library.tracks[1].id) + b"\n")
    write(extended(path, n=58))
    assert file.as_uri().encode() in path.read_bytes().splitlines()


def test_a_reordered_list_moves_comments_with_their_entries(library: Library) -> None:
    path = library.folder / "a.m3u8"
    blocks = [f"# before {n}\n#EXTINF:1,{n}\n{library.file(n)}\n" for n in range(12)]
    unknown = "#EXTINF:1,X - Y\n/phone/x.mp3\n"
    path.write_text("#EXTM3U\n" + "".join(blocks[:5]) + unknown + "".join(blocks[5:]))
    with Recommender() as recommender:
        found = recommender.reorder_playlist(path)
        assert recommender.write_playlist(found.playlist).is_changed
    text = path.read_text()
    assert all(block in text for block in blocks[1:])
    assert sorted(text.splitlines()) == sorted(("#EXTM3U\n" + "".join(blocks) + unknown).splitlines())
    assert known(path)[5] is None
    assert [entry.number for entry in found.playlist.entries][5] == 6


def test_a_table_keeps_its_rows_and_gets_new_ones_in_its_columns(library: Library) -> None:
    path = library.folder / "a.csv"
    rows = (
        f'Track URI;Track Name;Artist Name(s);"My note";Duration (ms)\r\n'
        f'{library.tracks[1].id};"A ""quoted"" name";One;"two\r\nlines; here";1000\r\n'
        ";Nothing;Nobody;=1+1;\r\n"
    )
    path.write_bytes(rows.encode())
    write(extended(path))
    after = path.read_bytes().decode()
    assert after.startswith(rows)
    first, second = after.removeprefix(rows).splitlines()
    assert first.count(";") == second.count(";") == 4
    assert first.split(";")[0].startswith("spotify:track:")
    assert first.split(";")[3:] == ["", ""]
    assert len([one for one in known(path) if one]) == 3


def test_what_spotrec_prints_as_csv_can_be_extended(library: Library, spotrec: Run) -> None:
    path = library.folder / "a.csv"
    path.write_text(spotrec("query", library.tracks[1].id, "-n", 5, "--csv").stdout)
    before = path.read_text()
    spotrec("playlist", "extend", path, "-n", 3, "--in-place")
    assert path.read_text().startswith(before)
    assert len(known(path)) == 8
    assert None not in known(path)


def test_a_list_in_another_folder_names_the_same_files(library: Library) -> None:
    lists = library.folder / "lists"
    lists.mkdir()
    path = lists / "a.m3u8"
    path.write_text(
        "".join(f"../{Path(library.file(n)).relative_to(library.folder)}\n" for n in (1, 2)) + "../no.mp3\n"
    )
    write(extended(path), library.folder / "b.m3u8")
    lines = (library.folder / "b.m3u8").read_text().splitlines()
    assert lines.pop(0) == "#EXTM3U", "so that it may be written again"
    assert lines[:3] == [str(Path(library.file(n)).relative_to(library.folder)) for n in (1, 2)] + ["no.mp3"]
    assert all(not line.startswith("/") for line in lines), "new ones are named like the others"
    assert len([one for one in known(library.folder / "b.m3u8") if one]) == 4


def test_paths_are_named_from_a_folder_for_phones(library: Library) -> None:
    path = library.m3u("a.m3u8", 1, 2, 3)
    path.write_text(path.read_text() + "/proc/version\nhttps://radio.example/x\n")
    target = library.folder.parent / "phone.m3u8"
    written = write(extended(path), target, relative_to=library.folder)
    lines = target.read_text().splitlines()[1:]
    assert all((library.folder / line).is_file() for line in [*lines[:3], *lines[5:]])
    assert lines[3:5] == ["/proc/version", "https://radio.example/x"]
    assert written.elsewhere == ["/proc/version"]
    write(extended(path), target)


def test_new_entries_of_a_list_from_windows_look_like_the_others(library: Library, spotrec: Run) -> None:
    path = library.folder / "a.m3u"
    names = [str(Path(library.file(n)).relative_to(library.folder)).replace("/", "\\") for n in (1, 2, 3)]
    path.write_text("".join(f"{name}\r\n" for name in names), newline="")
    spotrec("playlist", "extend", path, "-n", 2, "--in-place")
    lines = path.read_bytes().decode().split("\r\n")
    assert lines[:3] == names
    assert all("\\" in line and "/" not in line for line in lines[3:5])
    assert len([one for one in known(path) if one]) == 5


def test_a_list_for_a_phone_is_read_and_written_again_as_it_was(library: Library, spotrec: Run) -> None:
    """Its entries lead nowhere from its own folder."""
    lists = library.folder.parent / "lists"
    lists.mkdir()
    path = lists / "phone.m3u8"
    path.write_text("".join(f"{library.file(n)}\n" for n in (1, 2, 3)) + "../Music/no.mp3\n")
    options = (path, "--in-place", "--relative-to", library.folder)
    spotrec("playlist", "extend", *options, "-n", 2)
    once = path.read_text().splitlines()
    assert [(library.folder / line).is_file() for line in once] == [True, True, True, False, True, True]
    assert once[3] == "no.mp3"
    assert "is like that already" in spotrec("playlist", "dedupe", *options).stderr
    again = spotrec("playlist", "extend", *options, "-n", 2)
    assert "1 entry not in the store" in again.stderr
    lines = path.read_text().splitlines()
    assert lines[:6] == once
    assert len(set(lines)) == 8


def test_what_would_become_of_a_list_for_a_phone_is_shown_first(library: Library, spotrec: Run) -> None:
    (library.folder.parent / "lists").mkdir()
    path = library.folder.parent / "lists" / "phone.m3u8"
    path.write_text("".join(f"{Path(library.file(n)).relative_to(library.folder)}\n" for n in (1, 2, 2, 3)))
    before = path.read_bytes()
    assert "give that in --relative-to" in spotrec("playlist", "reorder", path, code=5).stderr.replace("\n", " ")
    options = (path, "--relative-to", library.folder, "--ids")
    assert spotrec("playlist", "dedupe", *options).stdout.split() == [library.tracks[n].id for n in (1, 2, 3)]
    assert len(spotrec("playlist", "extend", *options, "-n", 2).stdout.split()) == 6
    assert path.read_bytes() == before
    spotrec("playlist", "extend", "-", "--relative-to", library.folder, code=2, stdin=f"{library.tracks[1].id}\n")


@pytest.mark.parametrize("command", ["extend", "reorder", "dedupe"])
def test_a_list_that_is_not_there_is_not_said_to_be_of_another_kind(
    command: str, library: Library, spotrec: Run
) -> None:
    said = spotrec("playlist", command, library.folder / "no.m3u8", "--in-place", code=5).stderr
    assert "there is no file" in said
    assert "only playlists" not in said


@pytest.mark.parametrize("suffix", [".m3u8", ".csv"])
def test_any_list_becomes_a_file(suffix: str, library: Library) -> None:
    ids = [library.tracks[1].id, "spotify:track:zzzzzzzzzzzzzzzzzzzzzz", "nonsense", library.tracks[2].id]
    target = library.folder / f"new{suffix}"
    with Recommender() as recommender:
        written = recommender.write_playlist(recommender.extend_playlist(ids, n=2).playlist, target)
    assert [one for one in known(target) if one][:2] == [library.tracks[1].id, library.tracks[2].id]
    assert len([one for one in known(target) if one]) == 4
    assert "nonsense" in target.read_text()
    assert "zzzzzzzzzzzzzzzzzzzzzz" in target.read_text()
    assert written.n_entries == 6


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("a.txt", "must end in"),
        ("none/a.m3u8", "no folder"),
        ("other.csv", "not a table of tracks"),
        ("song.m3u8", "not an extended M3U"),
        ("folder.m3u8", "not an extended M3U"),
    ],
)
def test_nothing_else_is_overwritten(target: str, says: str, library: Library, spotrec: Run) -> None:
    path = library.m3u("list.m3u8", 1, 2)
    Path("other.csv").write_text("a,b\n1,2\n")
    Path("song.m3u8").write_bytes(b"ID3\x00")
    Path("folder.m3u8").mkdir()
    before = {one: one.read_bytes() for one in Path().iterdir() if one.is_file()}
    done = spotrec("playlist", "extend", path, "-o", target, code=2)
    assert says in done.stderr
    assert {one: one.read_bytes() for one in Path().iterdir() if one.is_file()} == before


@pytest.mark.parametrize("source", ["a.xspf", "spotify:playlist:37i9dQZF1DX0XUsuxWHRQd", "My mix", "-"])
def test_only_lists_that_can_be_written_are_written_in_place(source: str, library: Library, spotrec: Run) -> None:
    assert library.tracks
    Path("a.xspf").write_text("<playlist/>")
    done = spotrec("playlist", "extend", source, "--in-place", code=2, stdin="x\n")
    assert "in place" in done.stderr


def test_a_list_behind_a_link_is_written_where_it_is(library: Library) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    link = library.folder.parent / "link.m3u8"
    link.symlink_to(path)
    write(extended(link))
    assert link.is_symlink()
    assert len(path.read_text().splitlines()) == 4


def test_a_list_that_changed_in_the_meantime_is_left_alone(library: Library) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    found = extended(path)
    path.write_text("something else\n")
    with pytest.raises(SpotrecError, match="changed by another program"):
        write(found)
    assert path.read_text() == "something else\n"


def test_a_list_that_stays_as_it_is_is_not_written(library: Library) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    os.utime(path, (1, 1))
    with Recommender() as recommender:
        assert not recommender.write_playlist(recommender.dedupe_playlist(path).playlist).is_changed
    assert path.stat().st_mtime == 1


def test_only_files_can_be_written_without_a_name(library: Library) -> None:
    with Recommender() as recommender, pytest.raises(UsageError, match="in place"):
        recommender.write_playlist(recommender.dedupe_playlist([library.tracks[1].id]).playlist)


def test_two_at_once_lose_nothing(library: Library) -> None:
    path = library.m3u("a.m3u8", *range(10))
    before = path.read_text()
    found = [extended(path, n) for n in (1, 2, 3, 4)]
    faults: list[str] = []

    def save(one: Any) -> None:
        try:
            write(one)
        except SpotrecError as error:
            faults.append(error.message)

    threads = [threading.Thread(target=save, args=(one,)) for one in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(faults) == 3, "the first one wins, and the others are told"
    assert path.read_text().startswith(before)


def test_killed_at_any_moment_a_list_is_the_old_one_or_the_new_one(library: Library) -> None:
    path = library.m3u("a.m3u8", *range(20))
    before = path.read_bytes()
    command = [
        sys.executable,
        "-m",
        "spotrec",
        "playlist",
        "extend",
        str(path),
        "-n",
        "5",
        "--in-place",
        "--no-progress",
    ]
    start = time.monotonic()
    subprocess.run(command, check=True, capture_output=True)
    took_s, after = time.monotonic() - start, path.read_bytes()
    assert after.startswith(before)
    assert after != before
    for _ in range(6):
        path.write_bytes(before)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(took_s * random.uniform(0.4, 1.1))
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert path.read_bytes() in (before, after)
    path.write_bytes(before)
    subprocess.run(command, check=True, capture_output=True)
    assert path.read_bytes() == after
    for part in path.parent.glob(".part-*"):
        assert part.stat().st_size <= len(after)


def test_a_folder_that_cannot_be_written_leaves_the_list(library: Library, spotrec: Run) -> None:
    path = library.m3u("a.m3u8", 1, 2)
    before = path.read_bytes()
    if os.access(path, os.W_OK) and os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    library.folder.chmod(0o500)
    try:
        spotrec("playlist", "extend", path, "--in-place", code=1)
    finally:
        library.folder.chmod(0o700)
    assert path.read_bytes() == before


def test_hostile_lists_are_read_and_written_without_a_loss(library: Library, shared: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    shutil.copytree(shared / "cases" / "lists", lists)
    for path in [*lists.glob("*.m3u"), *lists.glob("*.m3u8")]:
        path.chmod(0o600)
        kept = path.read_bytes() + b"\n" + library.tracks[1].id.encode() + b"\n"
        path.write_bytes(kept)
        write(extended(path, 1))
        assert path.read_bytes().startswith(kept), path.name
        assert len(path.read_bytes()) > len(kept)
