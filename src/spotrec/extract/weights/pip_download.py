"""Pip as a downloader: the pip of the Python that runs spotrec, with the user's own index settings, in bounded time.

It runs in a process group of its own: spotrec handles Ctrl-C, and ends pip with all processes that it started.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.settings import without_password
from spotrec.system.child_python import python_environment

LONGEST_SILENCE = 3
"""Pip may print nothing and download nothing for this many times the timeout of a server."""
LONGEST_DOWNLOAD = 60
"""The whole download may take this many times the timeout of a server."""
COPIES = 4
"""Pip stores a download at least twice, as a file and for its cache. More room than this means a wrong download."""
_LOOK_EVERY_S = 0.1
_LINES_KEPT = 40
_LONGEST_LINE = 2_000
_SHOWN = 240
_OPTIONS = ("--no-deps", "--only-binary", ":all:", "--no-input", "--no-color", "--disable-pip-version-check",
            "--progress-bar", "off")  # fmt: skip
_TELLING = re.compile(r"WARNING: (Retrying|\d+ Error)")
_HINT = "check the network and `pip config list`"


def pip_download(
    requirement: str, folder: Path, most_bytes: int, timeout_s: float, on_bytes: Callable[[int], object]
) -> None:
    """Have pip download the wheel of `requirement` into an empty folder. Nothing is installed, and no code of it runs.

    Args:
        most_bytes: the largest size of the wheel.
        timeout_s: how long a server may be silent.
        on_bytes: called with the number of new bytes.

    Raises:
        ServiceUnavailable: pip cannot download it; the message has pip's reason.
        NotFound: there is no pip.
    """
    command = [*_pip(), "download", *_OPTIONS, "--dest", str(folder), requirement]
    process = subprocess.Popen(  # noqa: S603 - pip with our own arguments
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # temporary files are deleted with the folder; a download is allowed outside a virtual environment
        env=python_environment(TMPDIR=str(folder), PIP_REQUIRE_VIRTUALENV="0"),
        start_new_session=True,
    )
    output = _Output(process)
    try:
        _wait(process, output, _GrowingFolder(folder, most_bytes, on_bytes), timeout_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        lines = output.finish()
    if process.returncode:
        raise ServiceUnavailable(f"pip says: {complaint(lines) or f'exit code {process.returncode}'}", _HINT)


def _pip() -> Sequence[str]:
    """Return the command for pip: a module, else the wheel that Python includes for new environments, else a program.

    Raises:
        NotFound: pip is not installed.
    """
    if find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip"]
    if wheel := _bundled_wheel():
        return [sys.executable, "-P", str(wheel / "pip")]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise NotFound(
        f"there is no pip for {sys.executable}",
        f"`{sys.executable} -m ensurepip`, or your system's package python3-pip",
    )


def _bundled_wheel() -> Path | None:
    """Return pip's wheel from the standard library or a distribution's folder; environments without pip have it too."""
    try:
        import ensurepip

        name = f"pip-{ensurepip.version()}-py3-none-any.whl"
    except (ImportError, OSError, LookupError):  # distributions remove it in different ways
        return None
    elsewhere = sysconfig.get_config_var("WHEEL_PKG_DIR")
    places = [Path(elsewhere)] if elsewhere else []
    places.append(Path(ensurepip.__file__).parent / "_bundled")
    return next((place / name for place in places if (place / name).is_file()), None)


class _Output:
    """The last lines that a process prints, read in a thread."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        self.last_at = time.monotonic()
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), name="pip", daemon=True)
        self._reader.start()

    def finish(self) -> list[str]:
        """Return the lines after the process has closed its output."""
        self._reader.join()
        return list(self._lines)

    def _read(self, stdout: IO[str]) -> None:
        with stdout:
            while line := stdout.readline(_LONGEST_LINE):
                self.last_at = time.monotonic()
                if line.strip():
                    self._lines.append(line.strip())


def complaint(lines: Sequence[str]) -> str:
    """Return pip's reason for a failure, in a few words, without passwords."""
    faults = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines
    why = [_cause(line) for line in lines if _TELLING.match(line)]
    where = [line for line in lines if line.startswith("Looking in")]
    shown = [text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in (*faults[-1:], *(why or where)[-1:])]
    return without_password(f"{shown[0]} ({shown[1]})" if len(shown) > 1 else "".join(shown))


def _cause(warning: str) -> str:
    """Return why a connection broke, or any other warning unchanged."""
    broken = re.search(r"after connection broken by '(\w+\(.*\))': /", warning)
    if not broken:
        return warning.removeprefix("WARNING: ")
    host = re.search(r"host='([^']+)'", broken[1])
    why = re.search(r"(?:\)|>): (.+)[\"']\)+$", broken[1])
    return f"{host[1]}: {why[1]}" if host and why else why[1] if why else broken[1]


class _GrowingFolder:
    """A download folder; reports new bytes as it grows."""

    def __init__(self, folder: Path, most_bytes: int, on_bytes: Callable[[int], object]) -> None:
        self.last_at = time.monotonic()
        self._folder = folder
        self._most_bytes = most_bytes
        self._on_bytes = on_bytes
        self._largest = 0

    def look(self) -> None:
        """Report new bytes; raise ServiceUnavailable if they are too many."""
        sizes = []
        for folder, _, names in os.walk(self._folder):  # pip may delete files and folders at the same time
            for name in names:
                with suppress(OSError):
                    sizes.append(Path(folder, name).lstat().st_size)
        if sum(sizes) > COPIES * self._most_bytes:
            raise ServiceUnavailable(f"pip downloads more than {self._most_bytes:,} bytes", _HINT)
        if (largest := max(sizes, default=0)) > self._largest:
            self.last_at = time.monotonic()
            self._on_bytes(largest - self._largest)
            self._largest = largest


def _wait(process: "subprocess.Popen[str]", output: _Output, folder: _GrowingFolder, timeout_s: float) -> None:
    """Wait until pip is done.

    Raises:
        ServiceUnavailable: pip is silent or busy for too long, or downloads too much.
    """
    started = time.monotonic()
    while process.poll() is None:
        folder.look()
        now = time.monotonic()
        silent_s = now - max(output.last_at, folder.last_at)
        if silent_s > LONGEST_SILENCE * timeout_s:
            raise ServiceUnavailable(f"pip has downloaded nothing for {silent_s:.0f} s", _HINT)
        if now - started > LONGEST_DOWNLOAD * timeout_s:
            raise ServiceUnavailable(f"pip is not done after {now - started:.0f} s", _HINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)
    folder.look()
