"""Pip as a downloader: the one of the Python that runs spotrec, with the user's own index settings, in bounded time.

It runs in a process group of its own: Ctrl-C is for us, and we end it with all that it started.
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

LONGEST_SILENCE = 3
"""How many times the longest silence of a server pip may neither say a word nor bring a byte."""
LONGEST_DOWNLOAD = 60
"""How many times that all of it may take."""
COPIES = 4
"""Pip holds what it downloads twice, as a file and for its cache. What takes more room is not what was asked for."""
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
    """Have pip put the wheel of `requirement` into an empty folder. Nothing is installed, none of its code is run.

    Args:
        most_bytes: how large the wheel may be.
        timeout_s: the longest silence of a server.
        on_bytes: told how many more bytes have come.

    Raises:
        ServiceUnavailable: pip cannot bring it, and says why.
        NotFound: there is no pip.
    """
    command = [*_pip(), "download", *_OPTIONS, "--dest", str(folder), requirement]
    process = subprocess.Popen(  # noqa: S603 - pip, and what we ask of it
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        # its scratch files go with the folder; to download is no installation outside a virtual environment
        env={**os.environ, "TMPDIR": str(folder), "PIP_REQUIRE_VIRTUALENV": "0"},
        start_new_session=True,
    )
    said = _Said(process)
    try:
        _wait(process, said, _Arriving(folder, most_bytes, on_bytes), timeout_s)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        lines = said.finish()
    if process.returncode:
        raise ServiceUnavailable(f"pip says: {complaint(lines) or f'exit code {process.returncode}'}", _HINT)


def _pip() -> Sequence[str]:
    """How pip is run here: as a module, else from the wheel that Python carries for new environments, else as found.

    Raises:
        NotFound: there is none.
    """
    if find_spec("pip"):
        return [sys.executable, "-P", "-m", "pip"]
    if wheel := _carried_wheel():
        return [sys.executable, "-P", str(wheel / "pip")]
    for name in ("pip3", "pip"):
        if found := shutil.which(name):
            return [found]
    raise NotFound(
        f"there is no pip for {sys.executable}",
        f"`{sys.executable} -m ensurepip`, or your system's package python3-pip",
    )


def _carried_wheel() -> Path | None:
    """Pip's wheel in the standard library, or where a distribution keeps it; environments without pip have it too."""
    try:
        import ensurepip

        name = f"pip-{ensurepip.version()}-py3-none-any.whl"
    except (ImportError, OSError, LookupError):  # distributions leave it out in their own ways
        return None
    elsewhere = sysconfig.get_config_var("WHEEL_PKG_DIR")
    places = [Path(elsewhere)] if elsewhere else []
    places.append(Path(ensurepip.__file__).parent / "_bundled")
    return next((place / name for place in places if (place / name).is_file()), None)


class _Said:
    """The last lines of what a process says, taken as they come."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout
        self.last_at = time.monotonic()
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self._reader = threading.Thread(target=self._read, args=(process.stdout,), name="pip", daemon=True)
        self._reader.start()

    def finish(self) -> list[str]:
        """The lines, when there will be no more."""
        self._reader.join()
        return list(self._lines)

    def _read(self, stdout: IO[str]) -> None:
        with stdout:
            while line := stdout.readline(_LONGEST_LINE):
                self.last_at = time.monotonic()
                if line.strip():
                    self._lines.append(line.strip())


def complaint(lines: Sequence[str]) -> str:
    """What pip says is wrong, in a few words, without passwords."""
    faults = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")] or lines
    why = [_cause(line) for line in lines if _TELLING.match(line)]
    where = [line for line in lines if line.startswith("Looking in")]
    shown = [text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…" for text in (*faults[-1:], *(why or where)[-1:])]
    return without_password(f"{shown[0]} ({shown[1]})" if len(shown) > 1 else "".join(shown))


def _cause(warning: str) -> str:
    """Of a connection that broke, why; any other warning as it is."""
    broken = re.search(r"after connection broken by '(\w+\(.*\))': /", warning)
    if not broken:
        return warning.removeprefix("WARNING: ")
    host = re.search(r"host='([^']+)'", broken[1])
    why = re.search(r"(?:\)|>): (.+)[\"']\)+$", broken[1])
    return f"{host[1]}: {why[1]}" if host and why else why[1] if why else broken[1]


class _Arriving:
    """What has come into a folder, told as it grows."""

    def __init__(self, folder: Path, most_bytes: int, on_bytes: Callable[[int], object]) -> None:
        self.last_at = time.monotonic()
        self._folder = folder
        self._most_bytes = most_bytes
        self._on_bytes = on_bytes
        self._largest = 0

    def look(self) -> None:
        """Raises ServiceUnavailable where it is too much."""
        sizes = []
        for folder, _, names in os.walk(self._folder):  # pip takes files and folders away meanwhile: it minds neither
            for name in names:
                with suppress(OSError):
                    sizes.append(Path(folder, name).lstat().st_size)
        if sum(sizes) > COPIES * self._most_bytes:
            raise ServiceUnavailable(f"pip brings more than {self._most_bytes:,} bytes", _HINT)
        if (largest := max(sizes, default=0)) > self._largest:
            self.last_at = time.monotonic()
            self._on_bytes(largest - self._largest)
            self._largest = largest


def _wait(process: "subprocess.Popen[str]", said: _Said, arriving: _Arriving, timeout_s: float) -> None:
    """Until pip is done.

    Raises:
        ServiceUnavailable: it is silent or busy for too long, or brings too much.
    """
    begun = time.monotonic()
    while process.poll() is None:
        arriving.look()
        now = time.monotonic()
        silent_s = now - max(said.last_at, arriving.last_at)
        if silent_s > LONGEST_SILENCE * timeout_s:
            raise ServiceUnavailable(f"pip has brought nothing for {silent_s:.0f} s", _HINT)
        if now - begun > LONGEST_DOWNLOAD * timeout_s:
            raise ServiceUnavailable(f"pip is not done after {now - begun:.0f} s", _HINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK_EVERY_S)
    arriving.look()
