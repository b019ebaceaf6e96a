"""The audio cache in an S3 bucket (boto3): Amazon's or any server that speaks S3."""

from collections.abc import Iterator

from spotrec.audio.cache.protocol import CachedObject, check_round_trip, too_large
from spotrec.s3.errors import MISSING, NO_BUCKET
from spotrec.s3.place import S3Place, body_of, code_of, retry_if_cut
from spotrec.settings import Settings
from spotrec.track import TrackId


class S3AudioCache:
    """Audio as objects below `s3://bucket/prefix`. Threads may share it.

    Credentials, region and endpoint come from boto3's own chain; `aws_*` settings win.

    Raises (any method):
        CacheRefused: there are no credentials, or they are refused.
        CacheError: the bucket is missing, or the server is broken, too slow or out of reach.
    """

    def __init__(self, address: str, settings: Settings) -> None:
        self._s3 = S3Place(address, settings, "an S3 cache")
        self.address = self._s3.address

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        self._s3.ask(
            lambda: self._s3.client.put_object(
                Bucket=self._s3.bucket,
                Key=self._s3.prefix + key,
                Body=audio,
                ContentType=content_type,
                Metadata={"sha256": sha256, "track-id": track_id},
                **self._s3.storage_options,
            )["ETag"]  # a server that returns no ETag has stored nothing
        )

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        return self._s3.ask(lambda: self._s3.none_if_missing(lambda: retry_if_cut(lambda: self._read(key, max_bytes))))

    def sha256(self, key: str) -> str | None:
        return self._s3.ask(lambda: self._s3.none_if_missing(lambda: self._s3.head(key)[1].get("sha256") or None))

    def delete(self, key: str) -> None:
        from botocore.exceptions import ClientError

        def delete() -> None:
            try:
                self._s3.client.delete_object(Bucket=self._s3.bucket, Key=self._s3.prefix + key)
            except ClientError as exc:
                if code_of(exc) not in MISSING | {NO_BUCKET}:
                    raise

        self._s3.ask(delete)

    def objects(self) -> Iterator[CachedObject]:
        pages = iter(
            self._s3.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._s3.bucket, Prefix=self._s3.prefix, Delimiter="/"
            )
        )

        def page() -> list[CachedObject] | None:
            if (answer := next(pages, None)) is None:
                return None
            if "IsTruncated" not in answer:
                raise ValueError("this is not a listing")
            found = [(entry["Key"].removeprefix(self._s3.prefix), entry) for entry in answer.get("Contents", [])]
            return [CachedObject(key, one["Size"], one["LastModified"].timestamp()) for key, one in found if key]

        while (found := self._s3.ask(page)) is not None:
            yield from found

    def check(self) -> None:
        check_round_trip(self)

    def _read(self, key: str, max_bytes: int | None) -> bytes:
        answer = self._s3.client.get_object(Bucket=self._s3.bucket, Key=self._s3.prefix + key)
        if max_bytes is not None and answer["ContentLength"] > max_bytes:
            answer["Body"].close()
            raise too_large(f"{self.address}/{key}", max_bytes)
        return body_of(answer)
