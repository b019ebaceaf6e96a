"""A Dask scheduler and workers on loopback, each a process of its own that may be killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from distributed import Client

from support.waiting import wait_until

_READY_WITHIN_S = 90
_OURS = ("SPOTREC_", "SPOTIFY_", "AWS_", "DASK_")
_IDLE = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "false",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "10s",
}
"""Processes that wait are not to look at themselves a hundred times a second."""
WITHOUT_SPOTREC = """
import site, sys, distributed
sys.modules.pop("spotrec", None)
sys.path[:] = [path for path in sys.path if not (path + "/").endswith("/src/")]
from distributed.cli.dask_worker import main
main()
"""


@dataclass
class DaskCluster:
    """Where its scheduler is, and its processes by name. A worker has settings of its own."""

    folder: Path
    environment: dict[str, str]
    address: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start_scheduler(self, *options: str, **environment: str) -> None:
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        given = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        self._start("scheduler", ["-m", "distributed.cli.dask_scheduler", *given, *options], environment)
        wait_until(lambda: file.is_file() and file.stat().st_size > 0, "no scheduler")
        self.address = json.loads(file.read_text())["address"]

    def start_worker(self, name: str, *options: str, run: str | None = None, **environment: str) -> None:
        """One process without a nanny, so that it stays dead when it is killed; it is not waited for."""
        how = ["-c", run] if run else ["-m", "distributed.cli.dask_worker"]
        given = [*how, self.address, "--name", name, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        self._start(name, [*given, "--local-directory", str(self.folder / name), *options], environment)

    def wait_for(self, n_workers: int) -> None:
        with Client(self.address, set_as_default=False, timeout=_READY_WITHIN_S) as client:
            wait_until(lambda: len(client.nthreads()) == n_workers, f"there are never {n_workers} workers")

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        process = self.processes.pop(name)
        process.send_signal(number)
        process.wait(30)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def close(self) -> None:
        for name in reversed(list(self.processes)):
            self.kill(name)

    def _start(self, name: str, arguments: list[str], environment: dict[str, str]) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env={**self.environment, **environment},
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )


@contextmanager
def dask_cluster(
    folder: Path, n_workers: int, weights: Path, *options: str, **environment: str
) -> Iterator[DaskCluster]:
    """A scheduler with workers `w0`, `w1` … of one thread each, which hear with these weights.

    Args:
        options: of the scheduler.
        environment: more for all of them.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    settings = {"SPOTREC_WEIGHTS": str(weights), "SPOTREC_DATA_DIR": str(folder / "data"), "HOME": str(folder)}
    cluster = DaskCluster(folder, {**plain, **_IDLE, **settings, **environment})
    try:
        cluster.start_scheduler(*options, DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="1")
        for i in range(n_workers):
            cluster.start_worker(f"w{i}")
        if n_workers:
            cluster.wait_for(n_workers)
        yield cluster
    finally:
        cluster.close()
