"""The audio cache in an S3 bucket (boto3): Amazon's or any server that speaks S3."""

import logging
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from spotrec.audio.cache import CachedObject, check_round_trip, too_large
from spotrec.audio.s3_errors import MISSING, NO_BUCKET, translated
from spotrec.errors import UsageError, first_line
from spotrec.settings import Settings
from spotrec.track import TrackId

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ADDRESS = re.compile(
    r"s3://(?!\d+\.\d+\.\d+\.\d+(?:/|$))(?P<bucket>[a-z0-9](?:[a-z0-9\-]|\.(?!\.)){1,61}[a-z0-9])"
    r"(?:/(?P<prefix>(?!\.\.?(?:/|$)|[\w.\-/]*/\.\.?(?:/|$))[\w.\-/]*))?"
)
_KEYS = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_ATTEMPTS = 4
_LONGEST, _PAUSES_S = 10, 8.0
"""No request lasts longer than so many `timeout_s` and the pauses between its attempts, whatever drips."""

_T = TypeVar("_T")

logging.getLogger("stamina").addHandler(logging.NullHandler())  # who wants to see retries can; stderr is for people


class S3AudioCache:
    """Audio as objects below `s3://bucket/prefix`. Threads may share it.

    Credentials, region and endpoint come from boto3's own chain; what files and flags set of `aws_*` wins.

    Raises (any method):
        CacheRefused: there are no credentials, or they are refused.
        CacheError: the bucket is missing, or the server is broken, too slow or out of reach.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(f"“{address}” is no S3 address", "it looks like s3://bucket/prefix")
        self._bucket = match["bucket"]
        prefix = (match["prefix"] or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self.address = f"s3://{self._bucket}/{prefix}".rstrip("/")
        self._longest_s = _LONGEST * settings.timeout_s + _PAUSES_S
        self._how_stored = _how_stored(settings)
        try:
            import boto3  # noqa: F401 - whether it is here
        except ImportError as exc:
            raise UsageError("an S3 cache needs boto3", "pip install 'spotrec[s3]'") from exc
        with translated(self.address):
            self._client = s3_client(settings)

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        self._ask(
            lambda: self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=audio,
                ContentType=content_type,
                Metadata={"sha256": sha256, "track-id": track_id},
                **self._how_stored,
            )["ETag"]  # what gives none has stored nothing
        )

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        return self._ask(lambda: self._unless_missing(lambda: self._read(key, max_bytes)))

    def sha256(self, key: str) -> str | None:
        return self._ask(lambda: self._unless_missing(lambda: self._metadata(key).get("sha256") or None))

    def delete(self, key: str) -> None:
        from botocore.exceptions import ClientError

        def delete() -> None:
            try:
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)
            except ClientError as exc:
                if _code(exc) not in MISSING | {NO_BUCKET}:
                    raise

        self._ask(delete)

    def objects(self) -> Iterator[CachedObject]:
        pages = iter(
            self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix, Delimiter="/"
            )
        )

        def page() -> list[CachedObject] | None:
            if (answer := next(pages, None)) is None:
                return None
            if "IsTruncated" not in answer:
                raise ValueError("this is no listing")
            found = [(entry["Key"].removeprefix(self._prefix), entry) for entry in answer.get("Contents", [])]
            return [CachedObject(key, one["Size"], one["LastModified"].timestamp()) for key, one in found if key]

        while (found := self._ask(page)) is not None:
            yield from found

    def check(self) -> None:
        check_round_trip(self)

    def _read(self, key: str, max_bytes: int | None) -> bytes:
        """The whole object; a body that is cut is asked for again."""
        import stamina
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        for attempt in stamina.retry_context(on=ResponseStreamingError, attempts=_ATTEMPTS, wait_initial=0.2):
            with attempt:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
                size, body = answer["ContentLength"], answer["Body"]
                if max_bytes is not None and size > max_bytes:
                    body.close()
                    raise too_large(f"{self.address}/{key}", max_bytes)
                try:
                    return body.read()
                except (IncompleteReadError, ReadTimeoutError) as exc:
                    raise ResponseStreamingError(error=exc) from exc
        raise AssertionError  # the last attempt returned or raised

    def _metadata(self, key: str) -> dict[str, str]:
        from botocore.exceptions import ClientError

        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._prefix + key)["Metadata"]
        except ClientError as exc:
            if _code(exc) in MISSING:
                raise
        # what refuses a HEAD says no more than a number
        answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
        answer["Body"].close()
        return answer["Metadata"]

    def _unless_missing(self, read: Callable[[], _T]) -> _T | None:
        from botocore.exceptions import ClientError

        try:
            return read()
        except ClientError as exc:
            if _code(exc) in MISSING:
                return None
            raise

    def _ask(self, request: Callable[[], _T]) -> _T:
        """What `request` returns, its errors translated, in bounded time.

        It is made in a thread of its own: boto3's timeouts bound each silence, not how long a server may drip.
        """
        answer: Future[_T] = Future()

        def ask() -> None:
            try:
                answer.set_result(request())
            except BaseException as exc:  # noqa: BLE001 - raised where it is waited for
                answer.set_exception(exc)

        threading.Thread(target=ask, name="s3", daemon=True).start()
        with translated(self.address):
            return answer.result(self._longest_s)


def _code(exc: Any) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))


def _how_stored(settings: Settings) -> dict[str, Any]:
    """Encryption and storage class, as `put_object` takes them.

    Raises:
        UsageError: a KMS key that nothing is encrypted with.
    """
    if settings.s3_kms_key and settings.s3_encryption != "aws:kms":
        raise UsageError("the setting s3_kms_key needs s3_encryption = aws:kms", "set both, or neither")
    asked = {
        "StorageClass": settings.s3_storage_class,
        "ServerSideEncryption": settings.s3_encryption,
        "SSEKMSKeyId": settings.s3_kms_key,
    }
    return {name: value for name, value in asked.items() if value}


def s3_client(settings: Settings) -> "S3Client":
    """A client by these settings: bounded in time, patient with a busy server, silent about keys."""
    import boto3
    from botocore.config import Config

    # at DEBUG they log authorization headers, session tokens, and keys that were had for a role
    for name in ("botocore.auth", "botocore.endpoint", "botocore.parsers"):
        logging.getLogger(name).disabled = True
    config = Config(
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s,
        retries={"mode": "standard", "max_attempts": _ATTEMPTS},
        max_pool_connections=4 * settings.connections_per_host,  # as many as a crawl has previews under way
    )
    # a session of our own: the default one remembers credentials for the whole process
    session = boto3.Session()
    try:
        return session.client(
            "s3",
            **own_keys(settings),
            region_name=own_setting(settings, "aws_region"),
            endpoint_url=own_setting(settings, "aws_endpoint_url"),
            config=config,
        )
    except ValueError as exc:
        raise UsageError(f"the S3 settings make no sense: {first_line(exc)}", "check AWS_ENDPOINT_URL") from exc


def own_setting(settings: Settings, name: str) -> str | None:
    """A setting that boto3 does not find by itself: what is in the environment, it does, and more beside it."""
    value: str | None = getattr(settings, name)
    return None if settings.origins.get(name) == "environment" else value


def own_keys(settings: Settings) -> dict[str, Any]:
    """Keys that boto3 does not find by itself. A session token of another origin than its key belongs to other keys."""
    if not any(own_setting(settings, name) for name in _KEYS[:2]):
        return {}
    keys = {name: getattr(settings, name) for name in _KEYS}
    if settings.origins.get("aws_session_token") != settings.origins.get("aws_secret_access_key"):
        del keys["aws_session_token"]
    return keys
