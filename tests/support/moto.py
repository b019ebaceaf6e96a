"""S3, SQS and SNS on loopback: moto's server, a process of its own."""

import json
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from support.waiting import wait_until

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_KEYS = {"aws_access_key_id": "test-key", "aws_secret_access_key": "test-secret", "region_name": "us-east-1"}


@dataclass(frozen=True)
class Moto:
    """Where the server is, and clients of it."""

    url: str

    @property
    def s3(self) -> "S3Client":
        return _client("s3", self.url)  # type: ignore[no-any-return] # as boto3's own types name it

    @property
    def sqs(self) -> "SQSClient":
        return _client("sqs", self.url)  # type: ignore[no-any-return] # as above

    @property
    def sns(self) -> Any:
        return self.client("sns")

    def client(self, service: str) -> Any:
        """A client of a service that has no types here."""
        return _client(service, self.url)


@cache
def _client(service: str, url: str) -> Any:
    """One for each service: it reads the service's whole description."""
    return boto3.client(service, endpoint_url=url, **_KEYS)  # type: ignore[call-overload] # all texts


@dataclass(frozen=True)
class Inbox:
    """A bucket whose uploads below `in/` a queue is told of; what fails `n_tries` times goes to a queue of the dead."""

    moto: Moto
    bucket: str
    queue: str
    dead: str

    @property
    def name(self) -> str:
        return self.queue.rpartition("/")[2]

    def put(self, key: str, content: bytes, **metadata: str) -> None:
        self.moto.s3.put_object(
            Bucket=self.bucket, Key=key, Body=content, Metadata={k.replace("_", "-"): v for k, v in metadata.items()}
        )

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in self.moto.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]

    def send(self, body: str | dict[str, Any]) -> None:
        self.moto.sqs.send_message(QueueUrl=self.queue, MessageBody=body if isinstance(body, str) else json.dumps(body))

    def counts(self) -> tuple[int, int]:
        """Messages in the queue, hidden ones too, and dead ones."""
        return _count(self.moto, self.queue), _count(self.moto, self.dead)

    def hidden(self) -> int:
        """Messages that somebody works on, or whose time to be shown again has not come."""
        found = self.moto.sqs.get_queue_attributes(
            QueueUrl=self.queue, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
        )
        return int(found["Attributes"]["ApproximateNumberOfMessagesNotVisible"])

    def bodies(self) -> list[str]:
        """What the messages say, which are hidden for a moment only."""
        found = self.moto.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]


def make_inbox(moto: Moto, n_tries: int = 3) -> Inbox:
    """A bucket and queues of a test's own."""
    name = f"inbox-{secrets.token_hex(6)}"
    moto.s3.create_bucket(Bucket=name)
    dead = moto.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    redrive = {"deadLetterTargetArn": arn(moto, dead), "maxReceiveCount": n_tries}
    queue = moto.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    inbox = Inbox(moto, name, queue, dead)
    notify(inbox, "Queue", arn(moto, queue))
    return inbox


def notify(inbox: Inbox, kind: str, target: str) -> None:
    """Let the bucket tell a `Queue` or a `Topic` of what is uploaded below `in/`."""
    rules = [{"Name": "prefix", "Value": "in/"}]
    configuration: Any = {
        f"{kind}Configurations": [
            {f"{kind}Arn": target, "Events": ["s3:ObjectCreated:*"], "Filter": {"Key": {"FilterRules": rules}}}
        ]
    }
    inbox.moto.s3.put_bucket_notification_configuration(Bucket=inbox.bucket, NotificationConfiguration=configuration)


def arn(moto: Moto, queue: str) -> str:
    return moto.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


@contextmanager
def moto_server(folder: Path) -> Iterator[Moto]:
    """A server, up and answering; it is ended at the end."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", "0"],
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONUNBUFFERED": "1"},
            cwd=folder,
            stdout=log,
            stderr=log,
        )
    try:
        yield Moto(_address(process, folder / "log"))
    finally:
        process.kill()
        process.wait()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    def named() -> re.Match[str] | None:
        return re.search(r"http://127\.0\.0\.1:\d+", log.read_text(encoding="utf-8"))

    wait_until(lambda: named() or process.poll() is not None, f"moto's server does not start: {log}")
    found = named()
    if found is None:
        raise RuntimeError(f"moto's server did not start: {log.read_text(encoding='utf-8')}")
    return found[0]


def _count(moto: Moto, queue: str) -> int:
    found = moto.sqs.get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )
    return sum(map(int, found["Attributes"].values()))
