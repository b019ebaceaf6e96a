"""A real supysonic (Debian's package, on the system's Python) over a folder of music, on a free port."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "listener", "planted-password"
_STARTS_WITHIN_S = 20
_CONFIG = """
[base]
database_uri = sqlite:///{home}/supysonic.db
[webapp]
cache_dir = {home}/cache
log_file = {home}/supysonic.log
mount_webui = off
[daemon]
socket = {home}/daemon.sock
run_watcher = no
"""


# Debian's package has no server of its own to run its application
_SERVE = """
import sys
from supysonic.web import create_application
from werkzeug.serving import WSGIRequestHandler, run_simple
WSGIRequestHandler.protocol_version = "HTTP/1.1"
run_simple("127.0.0.1", int(sys.argv[1]), create_application(), threaded=True)
"""
_PYTHON = "/usr/bin/python3"


def is_installed() -> bool:
    return shutil.which("supysonic-cli") is not None


@dataclass(frozen=True)
class Supysonic:
    """A running server; its user is `USER`."""

    url: str
    home: Path
    music: Path

    def scan(self) -> None:
        """Let it find what changed in its folder."""
        _cli(self.home, "folder", "scan", "--foreground", "music")


@contextmanager
def supysonic(home: Path, music: Path) -> Iterator[Supysonic]:
    """Run a server over the files in `music`; its database is in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "supysonic.conf").write_text(_CONFIG.format(home=home), encoding="utf-8")
    _cli(home, "user", "add", USER, "--password", PASSWORD)
    _cli(home, "folder", "add", "music", str(music))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [_PYTHON, "-c", _SERVE, str(port)]
    server = subprocess.Popen(
        command, cwd=home, env=_environment(home), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(port, server)
        running = Supysonic(f"http://127.0.0.1:{port}", home, music)
        running.scan()
        yield running
    finally:
        server.terminate()
        server.wait(10)


def _cli(home: Path, *arguments: str) -> None:
    subprocess.run(
        ["supysonic-cli", *arguments], cwd=home, env=_environment(home), capture_output=True, check=True, timeout=60
    )


def _environment(home: Path) -> dict[str, str]:
    """A Python of the system, and only the settings in `home`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return {**kept, "HOME": str(home)}


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < end and server.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("supysonic did not start")
