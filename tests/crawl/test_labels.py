"""Titles, artists and genres from a table, for files whose tags lack them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mutagen.flac
import pytest

from support.music import tune, write_tagged

Run = Callable[..., Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files without tags, one with a title, and one with all of them."""
    music = tmp_path / "music"
    write_tagged(music / "a" / "01.flac", tune(1))
    write_tagged(music / "b" / "01.flac", tune(2))
    write_tagged(music / "titled.flac", tune(3), title="Its own")
    write_tagged(music / "tagged.flac", tune(4), title="Its own", artist="Its band", album="Its album", genre="Rock")
    return music


def table(folder: Path, *rows: str, header: str = "file,title,artist,album,genre,year") -> Path:
    path = folder.parent / "labels.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return path


def stored(spotrec: Run) -> dict[str, tuple[Any, ...]]:
    """By the end of its path, what is stored of a file."""
    rows = json.loads(spotrec("tracks", "--json").stdout)
    return {
        "/".join(Path(row["path"]).parts[-2:]): (row["title"], row["artists"], row["album"], row["genre"])
        for row in rows
    }


def crawl(spotrec: Run, folder: Path, *options: object) -> str:
    done = spotrec("crawl", folder, *options)
    return f"{done.stdout}\n{done.stderr}"


ROWS = (
    "a/01.flac,First,Band A,Album A,Jazz,1999",
    "titled.flac,Not this,Band T,,,",
    "tagged.flac,Not this,Nor this,Nor this,Nor this,2001",
)
LABELLED = {
    "a/01.flac": ("First", ["Band A"], "Album A", "Jazz"),
    "b/01.flac": ("01", [], None, None),
    "music/titled.flac": ("Its own", ["Band T"], None, None),
    "music/tagged.flac": ("Its own", ["Its band"], "Its album", "Rock"),
}


def test_a_table_tells_what_tags_do_not(spotrec: Run, folder: Path) -> None:
    said = crawl(spotrec, folder, "--labels", table(folder, *ROWS))
    assert "has labels for 3 of the stored files; 3 changed" in said
    assert stored(spotrec) == LABELLED
    assert spotrec("tracks", "Band A", "--json").stdout != "[]\n"
    (row,) = json.loads(spotrec("tracks", "First", "--json").stdout)
    assert row["title"] == "First"


def test_with_labels_first_the_table_wins(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder, "--labels", table(folder, *ROWS), "--labels-first")
    assert stored(spotrec)["music/tagged.flac"] == ("Not this", ["Nor this"], "Nor this", "Nor this")
    _touch(folder / "tagged.flac")
    crawl(spotrec, folder)
    assert stored(spotrec)["music/tagged.flac"][0] == "Not this"


def test_later_crawls_without_the_table_keep_its_labels(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder, "--labels", table(folder, *ROWS))
    crawl(spotrec, folder)
    assert stored(spotrec) == LABELLED
    for path in folder.rglob("*.flac"):
        _touch(path)
    crawl(spotrec, folder)
    spotrec("sync")
    assert stored(spotrec) == LABELLED
    (folder / "a" / "01.flac").rename(folder / "a" / "renamed.flac")
    spotrec("sync")
    assert stored(spotrec)["a/renamed.flac"] == LABELLED["a/01.flac"]


def test_a_label_stays_when_other_tags_of_its_file_change(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder, "--labels", table(folder, *ROWS))
    _tag(folder / "a" / "01.flac", mood="calm")
    _tag(folder / "titled.flac", title="A better one")
    crawl(spotrec, folder)
    assert stored(spotrec)["a/01.flac"] == LABELLED["a/01.flac"]
    assert stored(spotrec)["music/titled.flac"] == ("A better one", ["Band T"], None, None)


def test_an_untagged_file_that_was_renamed_has_its_new_name(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder)
    (folder / "b" / "01.flac").rename(folder / "b" / "Somebody - Something.flac")
    crawl(spotrec, folder)
    assert stored(spotrec)["b/Somebody - Something.flac"][:2] == ("Something", ["Somebody"])


def test_a_corrected_table_corrects(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder, "--labels", table(folder, *ROWS))
    said = crawl(spotrec, folder, "--labels", table(folder, "a/01.flac,Corrected,,,,"))
    assert "has labels for 1 of the stored files; 1 changed" in said
    assert stored(spotrec)["a/01.flac"] == ("Corrected", ["Band A"], "Album A", "Jazz")
    assert "; 0 changed" in crawl(spotrec, folder, "--labels", folder.parent / "labels.csv")


def test_rows_that_name_nothing_or_several_are_told(spotrec: Run, folder: Path) -> None:
    said = crawl(
        spotrec, folder, "--labels", table(folder, "01.flac,Either,,,,", "lost.flac,Nobody,,,,", ",No file,,,,")
    )
    assert "1 row of “labels.csv” names several stored files, and was not used" in said
    assert "line 2 (“01.flac”)" in said
    assert "2 rows of “labels.csv” name no stored file: line 3 (“lost.flac”), line 4 (no file)" in said
    assert {titles[0] for titles in stored(spotrec).values()} == {"01", "Its own"}


def test_paths_of_another_computer(spotrec: Run, folder: Path) -> None:
    rows = (r"D:\Musik\a\01.flac,First,,,,", f"{folder}/b/01.flac,Second,,,,")
    crawl(spotrec, folder, "--labels", table(folder, *rows))
    assert (stored(spotrec)["a/01.flac"][0], stored(spotrec)["b/01.flac"][0]) == ("First", "Second")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no column that names files"),
        (b"\x00\xff" * 500, "no column that names files"),
        (b"\x89PNG\r\n\x1a\n\0\0" + bytes(range(256)), "is not a CSV"),
        (b"file,shoe size\na/01.flac,43\n", "says nothing of its files"),
        (b"title,artist\nFirst,Band A\n", "no column that names files"),
        (b"x" * 21_000_000, "is not a CSV"),
    ],
    ids=["empty", "another encoding", "binary", "nothing known", "no files", "too large"],
)
def test_a_wrong_table_is_refused_before_anything_is_crawled(
    spotrec: Run, folder: Path, home: Path, content: bytes, complaint: str
) -> None:
    (folder.parent / "labels.csv").write_bytes(content)
    assert complaint in spotrec("crawl", folder, "--labels", folder.parent / "labels.csv", code=2).stderr
    assert not (home / "data" / "spotrec.db").exists()


def test_hostile_cells_harm_nothing(spotrec: Run, folder: Path) -> None:
    rows = (
        f"a/01.flac,{'long ' * 5000},\x1b[31mred\x07,=1+1,{'x;' * 5000},9999999",
        'b/01.flac,"an open quote',
        "../../../../etc/passwd,Away,,,,",
        "\u202emp3.flac,Backwards,,,,",
        f"{'z/' * 5000}99.flac,Deep,,,,",
    )
    said = crawl(spotrec, folder, "--labels", table(folder, *rows))
    assert "\x1b[31m" not in said
    title, artists, album, _ = stored(spotrec)["a/01.flac"]
    assert title.startswith("long long")
    assert len(title) <= 1000
    assert "\x1b" not in artists[0]
    assert album == "=1+1"


def test_labels_need_sources(spotrec: Run, folder: Path) -> None:
    crawl(spotrec, folder)
    assert "needs sources" in spotrec("crawl", "--retry", "--labels", table(folder, *ROWS), code=2).stderr
    assert spotrec("crawl", folder, "--labels", folder / "nowhere.csv", code=None).exit_code


def test_the_teams_clips_get_their_titles(spotrec: Run, shared: Path) -> None:
    said = crawl(spotrec, shared / "audio", "--labels", shared / "audio" / "clips.csv")
    assert "has labels for 82 of the stored files" in said
    names = {row["title"] for row in json.loads(spotrec("tracks", "--json").stdout)}
    assert {"Hill of Sorrows", "Red Dawn"} <= names


def _touch(path: Path) -> None:
    now = path.stat().st_mtime_ns
    os.utime(path, ns=(now, now - 5_000_000_000))


def _tag(path: Path, **tags: str) -> None:
    file = mutagen.flac.FLAC(path)
    file.update(tags)
    file.save()


def test_a_table_that_is_not_there_is_told_before_anything_is_crawled(spotrec: Run, folder: Path) -> None:
    refused = spotrec("crawl", folder, "--labels", "nowhere.csv", code=5)
    assert "there is no file" in refused.stderr
    assert "check the path of --labels" in refused.stderr
    assert "is a folder" in spotrec("crawl", folder, "--labels", folder, code=2).stderr
    assert "no store" in spotrec("tracks", code=5).stderr
