"""`spotrec serve` as a process: how it starts, ends, and shares its work."""

import logging.config
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from spotrec.serve.server import LOGS
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, scattered, song
from support.music import encoded, tune
from support.service import served
from support.waiting import wait_until

Run = Callable[..., Any]


@contextmanager
def started(folder: Path, *options: str, **environment: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """A process of `spotrec serve`, and its address."""
    command = [sys.executable, "-m", "spotrec", "serve", "--port", "0", "--no-fetch", "--model", str(CHOI), *options]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "SPOTREC_DATA_DIR": str(folder), **environment},
    )
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "listening at" in line, line + process.stderr.read()
        url = line.split("listening at ")[1].split()[0]
        wait_until(lambda: answers(url), every_s=0.05)
        yield process, url
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def test_it_ends_on_sigterm_after_the_answers_under_way(catalogue: Path) -> None:
    statuses: list[int] = []
    with started(catalogue, "--rate", "0") as (process, url), httpx.Client(base_url=url) as http:
        asking = threading.Event()

        def ask() -> None:
            for n in range(10_000):
                try:
                    statuses.append(http.get(f"/v1/journey?start={song(1).id}&end={song(n % 50 + 5).id}").status_code)
                except (httpx.ConnectError, httpx.RemoteProtocolError):  # it listens no more
                    return
                asking.set()

        thread = threading.Thread(target=ask)
        thread.start()
        asking.wait(10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        thread.join(10)
        assert set(statuses) == {200}
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_answers_that_do_not_end_in_time_leave_no_trace(
    catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(catalogue, tmp_path / "data"))
    (folder / "long.wav").write_bytes(encoded(tune(1, 1.5), "WAV") + bytes(30_000_000))
    long = song(600, path=str(folder / "long.wav"))
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, [long], scattered(1, seed=3))
    monkeypatch.setattr("spotrec.serve.server._DRAIN_S", 1)  # the same wait, shorter
    with ExitStack() as sockets:
        with served(folder) as service:
            address = urlsplit(service.url)

            def sent(request: str) -> socket.socket:
                opened = socket.create_connection((address.hostname, address.port), 20)
                sockets.enter_context(opened).sendall(f"{request}\r\nHost: 127.0.0.1\r\n".encode())
                return opened

            listener, uploader = sent(f"GET /v1/tracks/{long.id}/preview HTTP/1.1"), sent("POST /v1/hear HTTP/1.1")
            listener.sendall(b"\r\n")
            uploader.sendall(b"Content-Length: 900000\r\n\r\nx")
            assert listener.recv(100).startswith(b"HTTP/1.1 200")  # and it reads no further, as a player that is paused
        assert uploader.recv(100).startswith(b"HTTP/1.1 503")
    assert not [record for record in caplog.records if record.exc_info]


def test_a_log_names_an_error_without_its_trace() -> None:
    form = logging.config.DictConfigurator(LOGS).configure_formatter(LOGS["formatters"]["line"])
    try:
        raise ValueError("/home/me/secret")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "it failed", None, sys.exc_info())
    assert form.format(record).endswith("ERROR it failed\nValueError")


def test_several_processes_share_one_address(catalogue: Path) -> None:
    with started(catalogue, "--workers", "2", "--rate", "0") as (process, url):
        pids = _children(process.pid)
        for _ in range(30):
            assert httpx.get(f"{url}/v1/recommendations?track={song(1).id}").status_code == 200
        counted = 'spotrec_requests_total{method="GET",route="/v1/recommendations",status="200"} 30.0'
        assert counted in httpx.get(f"{url}/metrics").text
        os.kill(pids[-1], signal.SIGKILL)  # another one takes its place
        wait_until(lambda: len(_children(process.pid)) >= 2 and answers(url), every_s=0.05)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def _children(pid: int) -> list[int]:
    """The processes that a process has started for its work."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    if not children.exists():
        pytest.skip("this system does not list the children of a process in /proc")
    found = children.read_text().split()
    return [int(one) for one in found if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_an_address_in_use_is_said(spotrec_process: Run) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"127.0.0.1:{port} cannot be used" in spotrec_process("serve", "--port", port, code=1).stderr


def test_another_address_needs_a_token(spotrec_process: Run) -> None:
    refused = spotrec_process("serve", "--host", "0.0.0.0", "--port", "0", code=2).stderr
    assert "clients need a token" in refused
    assert "--no-auth" in refused


def test_the_token_is_taken_from_the_settings_and_logged_nowhere(catalogue: Path) -> None:
    with started(catalogue, SPOTREC_SERVER_TOKEN="planted-token") as (process, url):
        assert httpx.get(f"{url}/v1/collections").status_code == 401
        with_token = {"Authorization": "Bearer planted-token"}
        assert httpx.get(f"{url}/v1/collections", headers=with_token).status_code == 200
        assert httpx.get(f"{url}/v1/collections?token=planted-token").status_code == 401
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert "planted-token" not in process.stderr.read()


def test_a_store_that_is_made_later_is_found(home: Path, catalogue: Path, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    command = [sys.executable, "-m", "spotrec", "serve", "--port", "0", "--no-fetch", "--model", str(CHOI)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ, "SPOTREC_DATA_DIR": str(folder)}
    )
    try:
        assert process.stderr is not None
        url = process.stderr.readline().split("listening at ")[1].split()[0]
        wait_until(lambda: _status(f"{url}/readyz") == 503, every_s=0.05)
        assert _status(f"{url}/metrics") == 200
        assert _status(f"{url}/v1/collections") == 503
        assert _status(f"{url}/healthz") == 200
        shutil.copytree(catalogue, folder, dirs_exist_ok=True)
        wait_until(lambda: _status(f"{url}/readyz") == 200, every_s=0.05, within_s=10)
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def _status(url: str) -> int:
    try:
        return httpx.get(url).status_code
    except httpx.TransportError:
        time.sleep(0.02)
        return 0
