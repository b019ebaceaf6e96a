"""Objects that users upload to S3 (boto3): fetched once, and deleted only if unchanged since."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile, gettempdir
from typing import TYPE_CHECKING, Any

from spotrec.audio.cache import AudioCaches, key_for, track_of
from spotrec.audio.cache.protocol import too_large
from spotrec.audio.file_track import file_track
from spotrec.audio.tag_pool import TagPool
from spotrec.audio.tags import AudioTags
from spotrec.errors import DiskFull, Reason, TrackError, UsageError, quoted
from spotrec.extract.uploads.notifications import Upload
from spotrec.s3.client import longest_s, s3_client
from spotrec.s3.errors import MISSING, translated
from spotrec.s3.place import body_of
from spotrec.settings import Settings
from spotrec.system.digests import sha256
from spotrec.system.installation import install_command
from spotrec.system.workers import call_within
from spotrec.track import StoredAudio, Track, TrackId

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

PROVIDER = "upload"
_IN_MEMORY_BYTES = 8_000_000
_CHANGED = frozenset({"412", "PreconditionFailed", "ConditionalRequestConflict"})
_NOT_THE_OBJECTS_FAULT = frozenset(
    {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken", "RequestTimeTooSkewed", "SignatureDoesNotMatch"}
    | {"SlowDown", "TokenRefreshRequired", "TooManyRequests"}
)


@dataclass(frozen=True, slots=True)
class UploadedAudio:
    """A fetched object: its track, its audio, and `fault` if its content is not audio."""

    track: Track
    audio: StoredAudio
    fault: TrackError | None = None


@dataclass(frozen=True, slots=True)
class _Fetched:
    etag: str
    content: "SpooledTemporaryFile[bytes]"


class UploadedObjects:
    """An `AudioSource` of objects under the allowed addresses and of the audio caches.

    Fetched objects are kept until `release`: `get` returns them without another request, and `delete` deletes an object
    only if nothing else was uploaded to its address since.

    Raises (any method):
        CacheRefused: there are no credentials, or they are wrong.
        CacheError: the server is broken or out of reach.
    """

    def __init__(self, settings: Settings, tag_pool: TagPool) -> None:
        self._tag_pool = tag_pool
        self._caches = AudioCaches(settings)
        self._max_bytes = settings.max_audio_mb * 1_000_000
        self._longest_s = longest_s(settings)
        self._allowed = _allowed(settings)
        self._fetched: dict[str, _Fetched] = {}
        try:
            import boto3  # noqa: F401 - whether it is installed
        except ImportError as exc:
            raise UsageError("uploads need boto3", install_command("s3")) from exc
        with translated(f"s3://{self._allowed[0][0]}"):
            self._client = s3_client(settings)

    def refusal(self, upload: Upload) -> str | None:
        """Return why this object may not be used, whatever the message says, or None if it may."""
        if any(upload.bucket == bucket and upload.key.startswith(prefix) for bucket, prefix in self._allowed):
            return None
        return f"{quoted(upload.address)} is outside the addresses that the setting `uploads` allows"

    def fetch(self, upload: Upload) -> UploadedAudio | None:
        """Fetch the object as it is now and keep it until `release`; return None if it does not exist.

        Raises:
            TrackError: the object is too large, or S3 refuses to return it.
        """
        with translated(upload.address):
            found = call_within(self._longest_s, lambda: self._fetch(upload))
        if found is None:
            return None
        content, etag, stated_id = found
        self._fetched[upload.address] = _Fetched(etag, _spool(content))
        return self._describe(upload, content, stated_id)

    def get(self, address: str) -> bytes | None:
        if fetched := self._fetched.get(address):
            fetched.content.seek(0)
            return fetched.content.read()
        return self._caches.get(address)

    def delete(self, address: str) -> None:
        if not (fetched := self._fetched.get(address)):
            self._caches.delete(address)
            return
        bucket, _, key = address.removeprefix("s3://").partition("/")
        with translated(address):
            call_within(self._longest_s, lambda: self._delete_unchanged(bucket, key, fetched.etag))
        self._fetched.pop(address).content.close()

    def holds(self, address: str) -> bool:
        """Return whether an object was fetched from this address and not deleted yet."""
        return address in self._fetched

    def release(self) -> None:
        """Free all fetched objects."""
        for fetched in self._fetched.values():
            fetched.content.close()
        self._fetched.clear()

    def _fetch(self, upload: Upload) -> tuple[bytes, str, str] | None:
        """Return an object's content, ETag and stated track id; None if it does not exist."""
        try:
            found = self._client.get_object(Bucket=upload.bucket, Key=upload.key)
        except _client_error() as exc:
            if _code(exc) in MISSING:
                return None
            _raise_object_fault(exc, upload)
            raise
        return self._read(found, upload), found["ETag"], found["Metadata"].get("track-id", "")

    def _delete_unchanged(self, bucket: str, key: str, etag: str) -> None:
        try:
            # some servers ignore IfMatch for deletions
            if self._client.head_object(Bucket=bucket, Key=key)["ETag"] == etag:
                self._client.delete_object(Bucket=bucket, Key=key, IfMatch=etag)
        except _client_error() as exc:
            if _code(exc) not in MISSING | _CHANGED:
                raise

    def _read(self, found: "GetObjectOutputTypeDef", upload: Upload) -> bytes:
        from botocore.exceptions import IncompleteReadError, ReadTimeoutError, ResponseStreamingError

        if found["ContentLength"] > self._max_bytes:
            found["Body"].close()
            raise too_large(upload.address, self._max_bytes)
        try:
            return body_of(found)
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError) as exc:
            raise TrackError(Reason.UNREADABLE, f"S3 did not return all of {upload.address}") from exc

    def _describe(self, upload: Upload, content: bytes, stated_id: str) -> UploadedAudio:
        digest, fault = sha256(content), None
        try:
            tags = self._tag_pool.read_content(content, upload.address)
        except TrackError as error:
            tags, fault = AudioTags("application/octet-stream"), error
        track = file_track(PurePosixPath(upload.key), digest, tags)
        if sound_id := track_of(key_for(TrackId(stated_id))):
            track = replace(track, id=sound_id)
        return UploadedAudio(track, StoredAudio(track.id, upload.address, True, digest, len(content), PROVIDER), fault)


def _spool(content: bytes) -> "SpooledTemporaryFile[bytes]":
    file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed by `release`
    try:
        file.write(content)
    except OSError as exc:
        file.close()
        raise DiskFull(f"no room for uploads in {gettempdir()}", "free some space, or set TMPDIR") from exc
    return file


def _allowed(settings: Settings) -> Sequence[tuple[str, str]]:
    """Return bucket and prefix of each address where uploads are allowed."""
    addresses = settings.uploads or ((settings.cache_address,) if settings.cache_address.startswith("s3://") else ())
    if not addresses:
        raise UsageError(
            "no address for uploads is set", "give `uploads` s3://bucket/prefix, or `cache` s3://bucket/prefix"
        )
    allowed = []
    for address in addresses:
        bucket, _, prefix = address.removeprefix("s3://").partition("/")
        if not address.startswith("s3://") or not bucket:
            raise UsageError(f"{quoted(address)} is not an S3 address", "it looks like s3://bucket/prefix")
        allowed.append((bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""))
    return allowed


def _raise_object_fault(exc: Any, upload: Upload) -> None:
    """Raise TrackError for an object that S3 does not return (encrypted, archived, …), so that the others go on."""
    code, status = _code(exc), exc.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
    if status < 500 and code not in _NOT_THE_OBJECTS_FAULT:
        raise TrackError(Reason.UNREADABLE, f"S3 does not return {upload.address}: {code}") from exc


def _code(exc: Any) -> str:
    return str(exc.response.get("Error", {}).get("Code", ""))


def _client_error() -> type[Exception]:
    from botocore.exceptions import ClientError

    return ClientError
