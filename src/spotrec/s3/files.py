"""Files below a place in a bucket: put and fetched in pieces, several at once, each in bounded time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from spotrec.errors import CacheError, SpotrecError
from spotrec.s3.place import S3Place, retry_if_cut

PIECE_BYTES = 8_000_000
_MOST_PIECES = 9_000
_AT_ONCE = 4
_TYPE = "application/octet-stream"

_T = TypeVar("_T")


class S3Files:
    """Files by key. What raises, raises as S3Place does."""

    def __init__(self, place: S3Place) -> None:
        self._s3 = place
        self.address = place.address

    def size_and_digest(self, key: str) -> tuple[int, str] | None:
        """How long an object is, and the sha256 that was noted with it; None where there is none."""
        found = self._s3.ask(lambda: self._s3.none_if_missing(lambda: self._s3.head(key)))
        return (found[0], found[1].get("sha256", "")) if found else None

    def put(self, key: str, path: Path, n_bytes: int, sha256: str, on_bytes: Callable[[int], None]) -> None:
        """Store a file, all of it or nothing; its sha256 is noted with it.

        Raises:
            OSError: it cannot be read.
        """
        if n_bytes <= PIECE_BYTES:
            self._put(key, path.read_bytes(), sha256)
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
        """A small object; None where there is none.

        Raises:
            CacheError: it is larger than `max_bytes`.
        """

        def read() -> bytes:
            answer = self._s3.client.get_object(Bucket=self._s3.bucket, Key=self._s3.prefix + key)
            if answer["ContentLength"] > max_bytes:
                answer["Body"].close()
                raise CacheError(f"{self.address}/{key} is too large", f"it can have {max_bytes} bytes")
            return answer["Body"].read()

        return self._s3.ask(lambda: self._s3.none_if_missing(lambda: retry_if_cut(read)))

    def pieces(self, key: str, start: int, n_bytes: int) -> Iterator[bytes]:
        """What an object of `n_bytes` holds from `start` on, piece by piece.

        Raises:
            CacheError: it is not there, or holds less or more.
        """

        def piece(first: int) -> bytes:
            end = min(first + PIECE_BYTES, n_bytes)
            answer = self._s3.client.get_object(
                Bucket=self._s3.bucket, Key=self._s3.prefix + key, Range=f"bytes={first}-{end - 1}"
            )
            if answer["ContentLength"] != end - first:
                answer["Body"].close()
                raise CacheError(f"{self.address}/{key} is not as long as it was", "run the same command again")
            return answer["Body"].read()

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
            )["ETag"]  # what gives none has stored nothing
        )

    def _put_pieces(self, key: str, path: Path, n_bytes: int, begun: str, on_bytes: Callable[[int], None]) -> None:
        size = max(PIECE_BYTES, -(-n_bytes // _MOST_PIECES))

        def put(number: int) -> tuple[str, int]:
            with path.open("rb") as file:
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
                MultipartUpload={"Parts": stored},  # type: ignore[typeddict-item] # just these two
            )["ETag"]
        )

    def _in_order(self, work: Callable[[int], _T], numbers: Iterable[int]) -> Iterator[_T]:
        """What `work` makes of each number, in their order; a few are under way at once."""
        under_way: deque[Callable[[], _T]] = deque()
        for number in numbers:
            under_way.append(self._s3.begin(partial(work, number)))
            if len(under_way) == _AT_ONCE:
                yield under_way.popleft()()
        while under_way:
            yield under_way.popleft()()
