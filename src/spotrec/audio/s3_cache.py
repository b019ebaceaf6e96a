"""The audio cache in an S3 bucket (boto3): Amazon's or any server that speaks S3."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from spotrec.audio.cache import check_round_trip
from spotrec.errors import CacheError, CacheRefused, SpotrecError, UsageError, first_line
from spotrec.settings import Settings
from spotrec.track import TrackId

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9])(?:/(?P<prefix>[\w.\-/]*))?")
_REFUSED = frozenset(
    {"403", "AccessDenied", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "SignatureDoesNotMatch"}
)
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


class S3AudioCache:
    """Audio as objects below `s3://bucket/prefix`.

    Credentials, region and endpoint come from boto3's own chain; the settings' `aws_*` win where they are set.

    Raises (any method):
        CacheRefused: there are no credentials, or they are refused.
        CacheError: the bucket is missing, or the server is broken or out of reach.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UsageError(f"“{address}” is no S3 address", "it looks like s3://bucket/prefix")
        self._bucket = match["bucket"]
        prefix = (match["prefix"] or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self.address = f"s3://{self._bucket}/{prefix}".rstrip("/")
        try:
            import boto3  # noqa: F401 - whether it is here
        except ImportError as exc:
            raise UsageError("an S3 cache needs boto3", "pip install 'spotrec[s3]'") from exc
        with self._translated():
            self._client = _client(settings)

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        with self._translated():
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=audio,
                ContentType=content_type,
                Metadata={"sha256": sha256, "track-id": track_id},
            )

    def get(self, key: str) -> bytes | None:
        from botocore.exceptions import ClientError

        with self._translated():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)["Body"].read()
            except ClientError as exc:
                if exc.response.get("Error", {}).get("Code") in _MISSING:
                    return None
                raise

    def delete(self, key: str) -> None:
        with self._translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._prefix + key)

    def keys(self) -> Iterator[str]:
        with self._translated():
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            for page in pages:
                for entry in page.get("Contents", []):
                    yield entry["Key"].removeprefix(self._prefix)

    def check(self) -> None:
        check_round_trip(self)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError) as exc:
            raise self._translate(exc) from exc

    def _translate(self, exc: Exception) -> SpotrecError:
        from botocore.exceptions import ClientError, NoCredentialsError, PartialCredentialsError

        if isinstance(exc, NoCredentialsError | PartialCredentialsError):
            return CacheRefused(
                f"there are no S3 credentials for {self.address}",
                "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            )
        if not isinstance(exc, ClientError):
            return CacheError(
                f"the S3 server of {self.address} cannot be reached: {first_line(exc)}",
                "check the network and AWS_ENDPOINT_URL, then run the same command again",
            )
        code = exc.response.get("Error", {}).get("Code", "")
        if code in _REFUSED:
            return CacheRefused(
                f"S3 refuses the credentials for {self.address} ({code})",
                "check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what the key may do in this bucket",
            )
        if code == "NoSuchBucket":
            return CacheError(f"there is no bucket “{self._bucket}”", f"make it first: aws s3 mb s3://{self._bucket}")
        return CacheError(f"S3 could not serve {self.address}: {first_line(exc)}", "run the same command again later")


def _client(settings: Settings) -> "S3Client":
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=settings.timeout_s,
        read_timeout=settings.timeout_s,
        retries={"mode": "standard", "max_attempts": 4},
        max_pool_connections=16,
    )
    # a session of our own: the default one remembers credentials for the whole process
    session = boto3.Session()
    try:
        return session.client(
            "s3",
            aws_access_key_id=settings.aws_access_key_id,
            aws_secret_access_key=settings.aws_secret_access_key,
            aws_session_token=settings.aws_session_token,
            region_name=settings.aws_region,
            endpoint_url=settings.aws_endpoint_url,
            config=config,
        )
    except ValueError as exc:
        raise UsageError(f"the S3 settings make no sense: {first_line(exc)}", "check AWS_ENDPOINT_URL") from exc
