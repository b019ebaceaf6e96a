"""A cluster on this machine: one process runs the scheduler, starts workers, and ends with its parent."""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from tempfile import mkdtemp

from spotrec.errors import SpotrecError, UsageError
from spotrec.s3.client import check_own_server
from spotrec.settings import Settings, as_environment
from spotrec.system.child_python import python_command, python_environment
from spotrec.system.installation import install_command

_START_TIMEOUT_S = 60.0
_RUN = "from spotrec.extract.executors.own_cluster import main; main()"
_SECRETS = ("tls_ca_file", "tls_client_cert", "tls_client_key", "tls_scheduler_cert", "tls_scheduler_key",
            "tls_worker_cert", "tls_worker_key")  # fmt: skip


class OwnCluster:
    """Workers with these settings. TLS with keys of its own keeps others out: any client of a scheduler can run code.

    Dask does not start it in this process, because its workers run the caller's main module again: a script without a
    `__main__` guard would start itself for ever.

    Raises:
        UsageError: a package is missing, or credentials would go to a server that is not trusted.
        SpotrecError: the cluster does not start.
    """

    def __init__(self, settings: Settings) -> None:
        from distributed import Security

        check_own_server(settings)  # for its workers, all settings come from the environment
        try:
            self.security = Security.temporary()
        except ImportError as exc:
            raise UsageError("a cluster on this machine needs cryptography", install_command("dask")) from exc
        self._folder = mkdtemp(prefix="spotrec-cluster-")
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            python_command(_RUN, self._folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=python_environment(**as_environment(settings)),
            start_new_session=True,  # Ctrl-C is for the parent
        )
        self.address = self._address()

    def close(self) -> None:
        """End all its processes at once: they have nothing to save."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with self._process:  # waits
            shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self) -> str:
        assert self._process.stdin
        assert self._process.stdout
        try:
            print(json.dumps([getattr(self.security, name) for name in _SECRETS]), file=self._process.stdin, flush=True)
            ready, _, _ = select.select([self._process.stdout], [], [], _START_TIMEOUT_S)
            address = self._process.stdout.readline().strip() if ready else ""
        except BrokenPipeError:
            address = ""
        except BaseException:
            self.close()
            raise
        if not address:
            self.close()
            raise SpotrecError("no cluster can be started on this machine", "`spotrec extract` without `cluster` works")
        return address


def main() -> None:
    """Run the cluster: print the scheduler's address, and end when stdin ends."""
    from distributed import LocalCluster, Security

    secrets = dict(zip(_SECRETS, json.loads(sys.stdin.readline()), strict=True))
    cores = os.cpu_count() or 1
    n_workers = max(2, cores // 8)
    with LocalCluster(
        n_workers=n_workers,
        threads_per_worker=max(1, cores // n_workers),
        memory_limit=None,
        dashboard_address=None,
        security=Security(require_encryption=True, **secrets),
        local_directory=sys.argv[1],
    ) as cluster:
        print(cluster.scheduler_address, flush=True)  # noqa: T201 - to the parent
        sys.stdin.read()
    shutil.rmtree(sys.argv[1], ignore_errors=True)
