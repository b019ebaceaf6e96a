"""Files in a bucket: uploaded and downloaded in pieces, several at once, each in limited time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from spotrec.errors import CacheError, SpotrecError
from spotrec.s3.place import S3Place, body_of, retry_if_cut
from spotrec.system.files import open_regular, read_regular

PIECE_BYTES = 8_000_000
_MOST_PIECES = 9_000
_AT_ONCE = 4
_TYPE = "application/octet-stream"

_T = TypeVar("_T")


class S3Files:
    """Files by key. All methods raise the errors of S3Place."""

    def __init__(self, place: S3Place) -> None:
        self._s3 = place
        self.address = place.address

    def size_and_digest(self, key: str) -> tuple[int, str] | None:
        """Return the size of an object in bytes and the sha256 stored with it; None if it does not exist."""
        found = self._s3.ask(lambda: self._s3.none_if_missing(lambda: self._s3.head(key)))
        return (found[0], found[1].get("sha256", "")) if found else None

    def put(self, key: str, path: Path, n_bytes: int, sha256: str, on_bytes: Callable[[int], None]) -> None:
        """Store a file completely or not at all, with its sha256.

        Raises:
            OSError: the file cannot be read.
        """
        if n_bytes <= PIECE_BYTES:
            self._put(key, read_regular(path, n_bytes), sha256)
            on_bytes(n_bytes)
            return
        begun = self._s3.ask(
            lambda: self._s3.client.create_multipart_upload(
                Bucket=self._s3.bucket,
                Key=self._s3.prefix + key,
                ContentType=_TYPE,
                Metadata={"sha256": sha256},
                **self._s3.storage_options,
            )["UploadId"]
        )
        try:
            self._put_pieces(key, path, n_bytes, begun, on_bytes)
        except BaseException:
            with suppress(SpotrecError):
                self._s3.ask(
                    lambda: self._s3.client.abort_multipart_upload(
                        Bucket=self._s3.bucket, Key=self._s3.prefix + key, UploadId=begun
                    )
                )
            raise

    def put_text(self, key: str, text: str) -> None:
        """Store a small text."""
        self._put(key, text.encode())

    def read(self, key: str, max_bytes: int) -> bytes | None:
        """Return a small object; None if it does not exist.

        Raises:
            CacheError: it is larger than `max_bytes`.
        """

        def read() -> bytes:
            answer = self._s3.client.get_object(Bucket=self._s3.bucket, Key=self._s3.prefix + key)
            if answer["ContentLength"] > max_bytes:
                answer["Body"].close()
                raise CacheError(f"{self.address}/{key} is too large", f"it may have at most {max_bytes} bytes")
            return body_of(answer)

        return self._s3.ask(lambda: self._s3.none_if_missing(lambda: retry_if_cut(read)))

    def pieces(self, key: str, start: int, n_bytes: int) -> Iterator[bytes]:
        """Yield the content of an object of `n_bytes` from `start` on, in pieces.

        Raises:
            CacheError: the object does not exist, or has another size.
        """

        def piece(first: int) -> bytes:
            end = min(first + PIECE_BYTES, n_bytes)
            answer = self._s3.client.get_object(
                Bucket=self._s3.bucket, Key=self._s3.prefix + key, Range=f"bytes={first}-{end - 1}"
            )
            if answer["ContentLength"] != end - first:
                answer["Body"].close()
                raise CacheError(f"{self.address}/{key} has changed its size", "run the same command again")
            return body_of(answer)

        return self._in_order(lambda first: retry_if_cut(lambda: piece(first)), range(start, n_bytes, PIECE_BYTES))

    def _put(self, key: str, content: bytes, sha256: str = "") -> None:
        self._s3.ask(
            lambda: self._s3.client.put_object(
                Bucket=self._s3.bucket,
                Key=self._s3.prefix + key,
                Body=content,
                ContentType=_TYPE,
                Metadata={"sha256": sha256} if sha256 else {},
                **self._s3.storage_options,
            )["ETag"]  # without an ETag nothing was stored
        )

    def _put_pieces(self, key: str, path: Path, n_bytes: int, begun: str, on_bytes: Callable[[int], None]) -> None:
        size = max(PIECE_BYTES, -(-n_bytes // _MOST_PIECES))

        def put(number: int) -> tuple[str, int]:
            with open_regular(path) as file:
                file.seek((number - 1) * size)
                piece = file.read(size)
            answer = self._s3.client.upload_part(
                Bucket=self._s3.bucket, Key=self._s3.prefix + key, UploadId=begun, PartNumber=number, Body=piece
            )
            return answer["ETag"], len(piece)

        stored = []
        numbers = range(1, -(-n_bytes // size) + 1)
        for number, (tag, n) in zip(numbers, self._in_order(put, numbers), strict=True):
            stored.append({"PartNumber": number, "ETag": tag})
            on_bytes(n)
        self._s3.ask(
            lambda: self._s3.client.complete_multipart_upload(
                Bucket=self._s3.bucket,
                Key=self._s3.prefix + key,
                UploadId=begun,
                MultipartUpload={"Parts": stored},  # type: ignore[typeddict-item] # only these two fields are needed
            )["ETag"]
        )

    def _in_order(self, work: Callable[[int], _T], numbers: Iterable[int]) -> Iterator[_T]:
        """Yield the result of `work` for each number, in order; a few run at the same time."""
        under_way: deque[Callable[[], _T]] = deque()
        for number in numbers:
            under_way.append(self._s3.begin(partial(work, number)))
            if len(under_way) == _AT_ONCE:
                yield under_way.popleft()()
        while under_way:
            yield under_way.popleft()()
