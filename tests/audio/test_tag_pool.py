"""Real processes that read tags: files come back in order, and one that breaks its process costs itself only."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotrec.audio.tag_pool import ReadFile, TagPool
from spotrec.audio.tags import AudioTags
from spotrec.errors import Reason, SpotrecError, TrackError
from spotrec.system.digests import sha256
from support.music import tune, write_tagged
from support.shared_processes import own_processes
from support.tag_files import BOMBS
from support.waiting import wait_until


@pytest.fixture
def pool() -> Iterator[TagPool]:
    with own_processes():
        pool = TagPool(50_000_000, timeout_s=10)
        yield pool
        pool.close()


def pids(pool: TagPool) -> list[int]:
    return [worker._process.pid for worker in pool._processes._workers if worker._process]


def songs(folder: Path, n: int) -> list[Path]:
    return [write_tagged(folder / f"{i:03}.flac", tune(i, 3.0), title=f"Song {i}") for i in range(n)]


def test_files_come_back_in_order_with_what_is_not_a_path_in_its_place(pool: TagPool, tmp_path: Path) -> None:
    paths = songs(tmp_path, 30)
    mixed: list[Path | str] = [*paths[:5], "known", *paths[5:], "known, too"]
    found = list(pool.read_files(mixed))
    assert [other for other in found if isinstance(other, str)] == ["known", "known, too"]
    files = [file for file in found if isinstance(file, ReadFile)]
    assert [file.tags.title for file in files] == [f"Song {i}" for i in range(30)]
    assert [file.path for file in files] == paths
    assert files[7].sha256 == sha256(paths[7].read_bytes())
    assert 0 < len(pids(pool)) <= (os.cpu_count() or 1)


def test_what_cannot_be_read_is_told_in_its_place(pool: TagPool, tmp_path: Path) -> None:
    (song,) = songs(tmp_path, 1)
    (tmp_path / "text.mp3").write_text("no music")
    (tmp_path / "large.flac").write_bytes(b"fLaC" + bytes(50_000_000))
    os.mkfifo(tmp_path / "pipe.mp3")
    names = ("text.mp3", "large.flac", "pipe.mp3", "gone.mp3", "000.flac")
    found = list(pool.read_files([tmp_path / name for name in names]))
    reasons = [error.reason for error in found if isinstance(error, TrackError)]
    assert reasons == [Reason.NOT_AUDIO, Reason.TOO_LARGE, Reason.UNREADABLE, Reason.AUDIO_GONE]
    assert isinstance(found[-1], ReadFile)
    assert found[-1].path == song


def test_no_process_starts_before_a_file_is_read(pool: TagPool) -> None:
    assert list(pool.read_files([])) == []
    assert list(pool.read_files(["known"] * 100)) == ["known"] * 100
    assert not pids(pool)


def test_bombs_cost_moments_and_the_files_between_them_are_read(pool: TagPool, tmp_path: Path) -> None:
    paths = songs(tmp_path, 3)
    for i, name in enumerate(("an_ogg_of_tiny_comments", "a_wavpack_of_tiny_items", "an_mp3_of_slashes")):
        (tmp_path / f"bomb-{i}").write_bytes(BOMBS[name]())
    found = list(pool.read_files([path for i in range(3) for path in (tmp_path / f"bomb-{i}", paths[i])]))
    titles = [file.tags.title for file in found if isinstance(file, ReadFile)]
    assert titles == [None, "Song 0", None, "Song 1", None, "Song 2"]


def test_a_killed_process_is_replaced_and_no_file_is_blamed(pool: TagPool, tmp_path: Path) -> None:
    paths = songs(tmp_path, 40)
    files = pool.read_files(paths)
    first = next(files)
    for pid in pids(pool):
        os.kill(pid, signal.SIGKILL)
    found = [first, *files]
    assert [file.path for file in found if isinstance(file, ReadFile)] == paths


def test_a_file_that_hangs_is_told_by_name_and_the_others_are_read(tmp_path: Path) -> None:
    """The process that reads it is stopped, as by a server of files that answers no more."""
    pool = TagPool(50_000_000, timeout_s=1)
    paths = songs(tmp_path, 3)
    assert isinstance(next(pool.read_files(paths[:1])), ReadFile)
    (pid,) = pids(pool)
    os.kill(pid, signal.SIGSTOP)
    found = list(pool.read_files(paths))
    assert [file.path for file in found if isinstance(file, ReadFile)] == paths, (
        "each was tried alone, in a new process"
    )
    (pid,) = pids(pool)
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises(TrackError, match="song was not read within 1 s"):
        pool.read_content(paths[0].read_bytes(), "song")
    pool.close()


def test_content_in_memory_is_read_in_a_process_too(pool: TagPool, tmp_path: Path) -> None:
    (song,) = songs(tmp_path, 1)
    tags = pool.read_content(song.read_bytes(), "an upload")
    assert isinstance(tags, AudioTags)
    assert tags.title == "Song 0"
    assert len(pids(pool)) == 1
    with pytest.raises(TrackError, match="an upload is not an audio file"):
        pool.read_content(b"no music", "an upload")


def test_a_closed_pool_says_so_and_leaves_no_process(pool: TagPool, tmp_path: Path) -> None:
    paths = songs(tmp_path, 3)
    list(pool.read_files(paths))
    before = pids(pool)
    pool.close()
    with pytest.raises(SpotrecError, match="reading tags was closed"):
        list(pool.read_files(paths))
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in before))
