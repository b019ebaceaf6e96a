"""A queue at Amazon SQS, or at any server with its protocol (boto3)."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from spotrec.errors import NotFound, ServiceUnavailable, SignInNeeded, SpotrecError, UsageError, first_line, quoted
from spotrec.s3.client import check_own_server, longest_s, own_keys, own_setting, quiet_logs
from spotrec.settings import Settings, without_password
from spotrec.system.faults import connection_fault
from spotrec.system.installation import install_command
from spotrec.system.workers import call_within

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_T = TypeVar("_T")

MOST_AT_ONCE = 10
_LONGEST_WAIT_S = 5  # of a long poll; an idle worker may take this long to stop
_LONGEST_VISIBILITY_S = 43_200
_NAMED = re.compile(r"sqs://(?:(?P<account>\d{12})/)?(?P<name>[\w-]{1,80}(?:\.fifo)?)", re.ASCII)
_AMAZON = re.compile(r"sqs\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_MISSING = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})
_REFUSED = frozenset(
    {"403", "AccessDenied", "AccessDeniedException", "ExpiredToken", "InvalidAccessKeyId", "InvalidClientTokenId"}
    | {"InvalidToken", "SignatureDoesNotMatch", "UnrecognizedClientException"}
)


@dataclass(frozen=True, slots=True)
class Message:
    """A received message. `receipt` allows us to delete or hide it; `n_received` includes this time."""

    id: str
    receipt: str
    body: str
    n_received: int


class SqsQueue:
    """A queue: `sqs://name`, `sqs://account/name`, or its URL.

    Credentials, region and endpoint come from boto3's own chain; `aws_*` settings win. A URL
    contains its own server.

    Raises (any method):
        NotFound: there is no such queue.
        SignInNeeded: there are no credentials, or they are refused.
        ServiceUnavailable: the server is broken or out of reach.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        if settings.queue_visibility_s > _LONGEST_VISIBILITY_S:
            raise UsageError(
                f"`queue_visibility_s` must be at most {_LONGEST_VISIBILITY_S}, not {settings.queue_visibility_s}",
                "SQS cannot hide a message for longer",
            )
        self._visibility_s = settings.queue_visibility_s
        self._longest_s = longest_s(settings) + _LONGEST_WAIT_S
        url = address.removeprefix("sqs://") if "://" in address.removeprefix("sqs://") else ""
        named = _NAMED.fullmatch(address)
        if not named and not re.fullmatch(r"https?://[^/@\s]+/[^@\s]+", url):
            raise UsageError(
                f"{quoted(without_password(address))} is not a queue",
                "it looks like sqs://name, sqs://account/name or https://sqs.region.amazonaws.com/account/name",
            )
        self.address = without_password(address)
        with self._translated():
            self._client = _client(settings, url)
        self._url = url or self._look_up(named)

    def receive(self, wait_s: int = _LONGEST_WAIT_S) -> list[Message]:
        """Receive up to ten messages and hide them for `queue_visibility_s`; empty if no message comes in `wait_s`."""
        answer = self._ask(
            lambda: self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=MOST_AT_ONCE,
                WaitTimeSeconds=wait_s,
                VisibilityTimeout=self._visibility_s,
                AttributeNames=["ApproximateReceiveCount"],
            )
        )
        return [
            Message(
                found["MessageId"],
                found["ReceiptHandle"],
                found["Body"],
                int(found.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
            )
            for found in answer.get("Messages", [])
        ]

    def delete(self, messages: Sequence[Message]) -> None:
        """Delete finished messages. A message that cannot be deleted comes again, which does no harm."""
        if messages:
            entries: Any = [{"Id": str(i), "ReceiptHandle": m.receipt} for i, m in enumerate(messages)]
            self._ask(lambda: self._client.delete_message_batch(QueueUrl=self._url, Entries=entries))

    def release(self, messages: Sequence[Message]) -> None:
        """Make messages visible to other workers at once."""
        self._hide(messages, 0)

    @contextmanager
    def held(self, messages: Sequence[Message]) -> Iterator[None]:
        """Keep messages hidden while the context lasts."""
        done = threading.Event()
        thread = threading.Thread(target=self._keep_hidden, args=(messages, done), name="hold", daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()

    def _keep_hidden(self, messages: Sequence[Message], done: threading.Event) -> None:
        while not done.wait(self._visibility_s / 3):
            try:
                self._hide(messages, self._visibility_s)
            except SpotrecError:  # the next try may work; else they are delivered twice, which does no harm
                continue

    def _hide(self, messages: Sequence[Message], seconds: int) -> None:
        if messages:
            entries: Any = [
                {"Id": str(i), "ReceiptHandle": m.receipt, "VisibilityTimeout": seconds} for i, m in enumerate(messages)
            ]
            self._ask(lambda: self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries))

    def _look_up(self, named: Any) -> str:
        account = {"QueueOwnerAWSAccountId": named["account"]} if named["account"] else {}
        return self._ask(lambda: self._client.get_queue_url(QueueName=named["name"], **account)["QueueUrl"])

    def _ask(self, request: Callable[[], _T]) -> _T:
        """Return the result of a request in limited time, with its errors translated."""
        with self._translated():
            return call_within(self._longest_s, request)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError as exc:
            raise UsageError("a queue needs boto3", install_command("s3")) from exc
        try:
            yield
        except TimeoutError as exc:
            raise ServiceUnavailable(
                f"the server of {self.address} takes too long", "check the network, then run the same command again"
            ) from exc
        except (BotoCoreError, ClientError) as exc:
            raise self._translate(exc) from exc

    def _translate(self, exc: Exception) -> SpotrecError:
        from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, PartialCredentialsError

        if isinstance(exc, NoCredentialsError | PartialCredentialsError):
            return SignInNeeded(
                f"there are no credentials for {self.address}", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
            )
        if isinstance(exc, NoRegionError):
            return UsageError(f"the region of {self.address} is not known", "set AWS_DEFAULT_REGION")
        if not isinstance(exc, ClientError):
            why = connection_fault(exc, without_password(first_line(exc)))
            return ServiceUnavailable(
                f"the server of {self.address} cannot be reached: {why}",
                "check the network and AWS_ENDPOINT_URL, then run the same command again",
            )
        code = exc.response.get("Error", {}).get("Code", "")
        if code in _MISSING:
            return NotFound(f"there is no queue {self.address}", "docs/scaling.md explains how to create one")
        if code in _REFUSED:
            return SignInNeeded(
                f"SQS refuses the credentials for {self.address} ({code})",
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the key's permissions: docs/scaling.md",
            )
        return ServiceUnavailable(f"SQS could not serve {self.address}: {first_line(exc)}", "run the command again")


def _client(settings: Settings, url: str) -> "SQSClient":
    import boto3
    from botocore.config import Config

    if not url:
        check_own_server(settings)
    quiet_logs()
    parts = urlsplit(url)
    amazon = _AMAZON.fullmatch(parts.hostname or "")
    config = Config(
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s + _LONGEST_WAIT_S,
        retries={"mode": "standard", "max_attempts": 4},
    )
    try:
        return boto3.Session().client(
            "sqs",
            **own_keys(settings),
            region_name=amazon["region"] if amazon else own_setting(settings, "aws_region"),
            endpoint_url=f"{parts.scheme}://{parts.netloc}" if url else own_setting(settings, "aws_endpoint_url"),
            config=config,
        )
    except ValueError as exc:
        raise UsageError(f"the AWS settings are not valid: {first_line(exc)}", "check AWS_ENDPOINT_URL") from exc
