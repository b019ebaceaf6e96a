"""A place in an S3 bucket: its address, and requests to it that end in limited time."""

import logging
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from spotrec.errors import UsageError
from spotrec.s3.client import ATTEMPTS, longest_s, s3_client
from spotrec.s3.errors import MISSING, translated
from spotrec.settings import Settings
from spotrec.system.installation import install_command
from spotrec.system.workers import begin

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

_ADDRESS = re.compile(
    r"s3://(?!\d+\.\d+\.\d+\.\d+(?:/|$))(?P<bucket>[a-z0-9](?:[a-z0-9\-]|\.(?!\.)){1,61}[a-z0-9])"
    r"(?:/(?P<prefix>(?!\.\.?(?:/|$)|[\w.\-/]*/\.\.?(?:/|$))[\w.\-/]*))?"
)

_T = TypeVar("_T")

logging.getLogger("stamina").addHandler(logging.NullHandler())  # no retries on stderr, which is for people


class S3Place:
    """The objects below `s3://bucket/prefix`. Threads may share it.

    Credentials, region and endpoint come from boto3's own chain. `aws_*` settings in files and flags take precedence.

    Args:
        what: what needs boto3, for the message if it is not installed.

    Raises (any method):
        UsageError: the address is not valid, or boto3 is not installed.
        CacheRefused: there are no credentials, or they are refused.
        CacheError: the bucket is missing, or the server fails, is too slow, or cannot be reached.
    """

    def __init__(self, address: str, settings: Settings, what: str) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(f"“{address}” is not an S3 address", "write it like s3://bucket/prefix")
        self.bucket = match["bucket"]
        prefix = (match["prefix"] or "").strip("/")
        self.prefix = f"{prefix}/" if prefix else ""
        self.address = f"s3://{self.bucket}/{prefix}".rstrip("/")
        self.storage_options = _storage_options(settings)
        self.longest_s = longest_s(settings)
        try:
            import boto3  # noqa: F401 - whether it is installed
        except ImportError as exc:
            raise UsageError(f"{what} needs boto3", install_command("s3")) from exc
        with translated(self.address):
            self.client = s3_client(settings)

    def head(self, key: str) -> tuple[int, dict[str, str]]:
        """Return the size of an object in bytes and its metadata. Call it within `ask`."""
        from botocore.exceptions import ClientError

        try:
            found = self.client.head_object(Bucket=self.bucket, Key=self.prefix + key)
            return found["ContentLength"], found["Metadata"]
        except ClientError as exc:
            if code_of(exc) in MISSING:
                raise
        # a refused HEAD gives only a number as the reason
        answer = self.client.get_object(Bucket=self.bucket, Key=self.prefix + key)
        answer["Body"].close()
        return answer["ContentLength"], answer["Metadata"]

    def none_if_missing(self, read: Callable[[], _T]) -> _T | None:
        """Return the result of `read`; None if the object does not exist."""
        from botocore.exceptions import ClientError

        try:
            return read()
        except ClientError as exc:
            if code_of(exc) in MISSING:
                return None
            raise

    def ask(self, request: Callable[[], _T]) -> _T:
        """Return the result of `request` in limited time, with its errors translated."""
        return self.begin(request)()

    def begin(self, request: Callable[[], _T]) -> Callable[[], _T]:
        """Start a request. The returned function waits for its result.

        The request has its own thread: boto3's timeouts limit each silence, not the time of a slow answer.
        """
        answer = begin(request, "s3")

        def wait() -> _T:
            with translated(self.address):
                return answer.result(self.longest_s)

        return wait


def body_of(answer: "GetObjectOutputTypeDef") -> bytes:
    """Return the body of an answer, of the length that the answer states. Call it within `ask`.

    Raises:
        IncompleteReadError: it is shorter.
        ValueError: it is longer, so the server does not speak S3; the rest, of any length, is not read.
    """
    from botocore.exceptions import IncompleteReadError

    n_bytes = answer["ContentLength"]
    content = answer["Body"].read(n_bytes + 1)
    if len(content) == n_bytes:
        return content
    answer["Body"].close()
    if len(content) > n_bytes:
        raise ValueError("the body is longer than stated")
    raise IncompleteReadError(actual_bytes=len(content), expected_bytes=n_bytes)


def retry_if_cut(read: Callable[[], bytes]) -> bytes:
    """Return the result of `read`, and repeat it if the body breaks off. Call it within `ask`."""
    import stamina
    from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

    for attempt in stamina.retry_context(on=ResponseStreamingError, attempts=ATTEMPTS, wait_initial=0.2):
        with attempt:
            try:
                return read()
            except (IncompleteReadError, ReadTimeoutError) as exc:
                raise ResponseStreamingError(error=exc) from exc
    raise AssertionError  # the last attempt returned or raised


def code_of(exc: Any) -> str:
    """Return the code of an error."""
    return str(exc.response.get("Error", {}).get("Code", ""))


def _storage_options(settings: Settings) -> dict[str, Any]:
    """Return encryption and storage class as arguments for `put_object`.

    Raises:
        UsageError: a KMS key is set without aws:kms encryption.
    """
    if settings.s3_kms_key and settings.s3_encryption != "aws:kms":
        raise UsageError("the setting s3_kms_key needs s3_encryption = aws:kms", "set both, or neither")
    asked = {
        "StorageClass": settings.s3_storage_class,
        "ServerSideEncryption": settings.s3_encryption,
        "SSEKMSKeyId": settings.s3_kms_key,
    }
    return {name: value for name, value in asked.items() if value}
