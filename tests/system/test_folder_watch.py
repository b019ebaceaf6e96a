"""Real folders, and the system's own reports of what changes in them."""

from pathlib import Path

import pytest

from spotrec.system.folder_watch import FolderWatch
from support.waiting import wait_until


def watch(*folders: Path, settled_s: float = 0.2) -> FolderWatch:
    return FolderWatch(
        folders,
        matters=lambda path: path.suffix != ".jpg",
        note=pytest.fail,
        settled_s=settled_s,
        at_most_s=1,
    )


def wait_for(watched: FolderWatch, folder: Path) -> None:
    wait_until(lambda: folder in watched.take_settled(), every_s=0.1)


def test_a_change_is_told_once_with_its_folder(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        (folder / "below").mkdir(parents=True)
    with watch(one, other) as watched:
        told: set[Path] = set()

        def both_are_told() -> bool:
            told.update(watched.take_settled())
            return told == {one, other}

        wait_until(both_are_told, every_s=0.1)
        (other / "below" / "new.mp3").write_bytes(b"x")
        wait_for(watched, other)
        (one / "cover.jpg").write_bytes(b"x")
        (other / "below" / "new.mp3").unlink()
        wait_for(watched, other)
        assert watched.take_settled() == []


def test_a_folder_that_comes_back_has_changed(tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    with watch(folder) as watched:
        wait_for(watched, folder)
        folder.rename(tmp_path / "away")
        wait_until(lambda: not watched._here())
        (tmp_path / "away").rename(folder)
        wait_for(watched, folder)
        (folder / "new.mp3").write_bytes(b"x")
        wait_for(watched, folder)


def test_a_folder_that_is_not_there_yet_is_awaited(tmp_path: Path) -> None:
    with watch(tmp_path / "later") as watched:
        assert watched.take_settled() == []
        (tmp_path / "later").mkdir()
        wait_for(watched, tmp_path / "later")


def test_what_is_to_be_looked_at_again_is_due_in_time(tmp_path: Path) -> None:
    with watch(tmp_path / "nowhere") as watched:
        watched.look_again([tmp_path / "nowhere"], after_s=0.3)
        assert watched.take_settled() == []
        wait_for(watched, tmp_path / "nowhere")
