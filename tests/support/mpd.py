"""A real MPD with a library of made-up files, and a real mpc for it."""

import shutil
import signal
import socket
import subprocess
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.waiting import wait_until

MISSING = [name for name in ("mpd", "mpc") if not shutil.which(name)]

_CONFIGURATION = """
music_directory "{music}"
db_file "{state}/database"
pid_file "{state}/pid"
playlist_directory "{state}/playlists"
log_file "{state}/log"
bind_to_address "{state}/socket"
{port}
{password}
zeroconf_enabled "no"
max_playlist_length "{longest}"
audio_output {{
    type "null"
    name "silence"
}}
"""


def wav(path: Path, seconds: float = 60) -> Path:
    """Write silence, which a null output plays as fast as the clock runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * int(8000 * seconds))
    return path


@dataclass
class Mpd:
    """A music player daemon of a test's own."""

    music: Path
    state: Path
    port: int | None = None
    password: str | None = None
    longest: int = 16_384
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def socket(self) -> Path:
        return self.state / "socket"

    def start(self) -> None:
        (self.state / "playlists").mkdir(parents=True, exist_ok=True)
        configuration = self.state / "mpd.conf"
        port = f'bind_to_address "127.0.0.1"\nport "{self.port}"' if self.port else ""
        password = f'password "{self.password}@read,add,control,admin"\ndefault_permissions ""' if self.password else ""
        configuration.write_text(
            _CONFIGURATION.format(
                music=self.music, state=self.state, port=port, password=password, longest=self.longest
            )
        )
        self._process = subprocess.Popen(["mpd", "--no-daemon", str(configuration)], stderr=subprocess.DEVNULL)
        wait_until(self._answers, "MPD did not start")
        self.mpc("update", "--wait")

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)
            self._process = None
        self.socket.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether it accepts connections; its socket is there a moment before."""
        with socket.socket(socket.AF_UNIX) as connection:
            try:
                connection.connect(str(self.socket))
            except OSError:
                return False
            return True

    def mpc(self, *arguments: str) -> list[str]:
        """Run mpc, and return the lines that it prints."""
        host = f"{self.password}@{self.socket}" if self.password else str(self.socket)
        done = subprocess.run(
            ["mpc", "--host", host, *arguments], capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout.splitlines()

    def queue(self) -> list[str]:
        """The files in the queue, in order."""
        return self.mpc("playlist", "--format", "%file%")

    def current(self) -> str:
        return "".join(self.mpc("current", "--format", "%file%"))


@contextmanager
def running(mpd: Mpd) -> Iterator[Mpd]:
    """Run MPD while the context lasts. Skips the test where it is not installed."""
    if MISSING:
        pytest.skip(f"{' and '.join(MISSING)} not installed")
    mpd.start()
    try:
        yield mpd
    finally:
        mpd.stop()
