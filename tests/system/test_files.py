"""Files are whole or not there, locks hold between threads and processes, and a full disk has one name."""

import errno
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from spotrec.errors import DiskFull, SpotrecError, UsageError
from spotrec.system.files import (
    PART_PREFIX,
    check_folder,
    check_replaceable,
    from_home,
    locked,
    sweep_parts,
    temporary_folder,
    translated,
    write_output,
    write_whole,
)


@pytest.mark.parametrize(
    "said",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError(errno.EFBIG, "File too large"),
        OSError("4096 requested and 512 written"),
    ],
)
def test_a_full_disk_is_told_as_one(said: OSError) -> None:
    with pytest.raises(DiskFull, match="no room here") as told, translated("no room here", SpotrecError, "make some"):
        raise said
    assert told.value.hint == "make some"


def test_anything_else_is_told_by_its_reason() -> None:
    with (
        pytest.raises(SpotrecError, match="it failed: Permission denied"),
        translated("no room", lambda why: SpotrecError(f"it failed: {why}")),
    ):
        raise PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("survives_power_cut", [True, False])
def test_a_file_that_is_not_finished_leaves_what_was_there(tmp_path: Path, survives_power_cut: bool) -> None:
    path = tmp_path / ("long" * 50)

    def half(part: Path) -> None:
        part.write_text("half")
        raise KeyboardInterrupt

    write_whole(path, lambda part: part.write_text("before"), survives_power_cut=survives_power_cut)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, half, survives_power_cut=survives_power_cut)
    assert path.read_text() == "before"
    assert set(tmp_path.iterdir()) == {path, tmp_path / "home"}


def test_a_secret_is_nobody_elses_from_its_first_byte(tmp_path: Path) -> None:
    modes = []

    def write(part: Path) -> None:
        modes.append(stat.S_IMODE(part.stat().st_mode))
        part.write_text("secret")

    write_whole(tmp_path / "token", write, mode=0o600)
    assert [*modes, stat.S_IMODE((tmp_path / "token").stat().st_mode)] == [0o600, 0o600]


def test_what_a_killed_process_left_is_swept_up_when_it_is_old_enough(tmp_path: Path) -> None:
    for name, age_s in ((f"{PART_PREFIX}old", 100), (f"{PART_PREFIX}new", 1), ("other", 100)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    sweep_parts(tmp_path, older_than_s=50)
    assert not (tmp_path / f"{PART_PREFIX}old").exists()
    sweep_parts(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"other", "home"}


def test_a_lock_is_held_against_threads_and_processes(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, pathlib; from spotrec.system.files import locked\n"
        "with locked(pathlib.Path(sys.argv[1]), wait=False): pass"
    )
    elsewhere = [sys.executable, "-c", code, str(path)]
    came: list[str] = []

    def wait() -> None:
        with locked(path):
            came.append("second")

    thread = threading.Thread(target=wait)
    with locked(path):
        with pytest.raises(BlockingIOError), locked(path, wait=False):
            pass
        assert subprocess.run(elsewhere, capture_output=True, check=False).returncode
        thread.start()
        came.append("first")
    thread.join()
    assert came == ["first", "second"]
    subprocess.run(elsewhere, check=True)


def test_a_temporary_folder_is_gone_afterwards_and_so_is_one_whose_process_was_killed(tmp_path: Path) -> None:
    code = (
        "import os, sys, pathlib, signal; from spotrec.system.files import temporary_folder\n"
        "with temporary_folder(pathlib.Path(sys.argv[1])) as folder:\n"
        "    (folder / 'half').touch()\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    parent = tmp_path / "parent"
    subprocess.run([sys.executable, "-c", code, str(parent)], check=False)
    (killed,) = parent.iterdir()
    assert (killed / "half").exists()
    with temporary_folder(parent) as first, temporary_folder(parent) as second:
        assert set(parent.iterdir()) == {first, second}, "what is in use stays"
        (first / "file").touch()
    assert list(parent.iterdir()) == []


def test_an_output_replaces_its_own_kind_only(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"

    def check() -> None:
        check_replaceable(path, "list", lambda there: there.read_text().startswith("list"))

    check()
    write_output(path, lambda part: part.write_text("list of things"))
    check()
    path.write_text("my diary")
    with pytest.raises(UsageError, match="already exists and is not a list"):
        check()
    with pytest.raises(UsageError, match="is not a list"):
        check_replaceable(tmp_path, "list", lambda _: True)
    with pytest.raises(UsageError, match="is not a path"):
        check_replaceable(Path("null\0"), "list", lambda _: True)
    with pytest.raises(UsageError, match="there is no folder"):
        check_folder(tmp_path / "nowhere" / "list.txt")
    with pytest.raises(SpotrecError, match="cannot be written"):
        write_output(tmp_path / "nowhere" / "list.txt", lambda part: part.write_text("list"))


def test_a_path_from_home_is_one_unless_a_file_has_this_name(home: Path) -> None:
    assert from_home("~/a.mp3") == home / "a.mp3"
    assert from_home(Path("~nosuchuser/a.mp3")) == Path("~nosuchuser/a.mp3")
    assert from_home("~" * 300) == Path("~" * 300)
    (home / "~root").touch()
    assert from_home("~root") == Path("~root")
