"""Where fetched audio lies until its features are stored: one protocol, a folder or an S3 bucket."""

import errno
import hashlib
import os
import re
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spotrec.errors import CacheError, DiskFull, Reason, TrackError, UsageError
from spotrec.settings import Settings
from spotrec.track import TrackId

_PART_PREFIX = ".part-"
_STALE_PART_S = 3600.0
_KEY = re.compile(
    r"(?:spotify-track-[0-9A-Za-z]{22}|deezer-track-[0-9]{1,20}|isrc-[0-9A-Z]{12}|(?:file|name)-[0-9a-f]{32})", re.ASCII
)


@dataclass(frozen=True, slots=True)
class CachedObject:
    """What a cache holds under a key; `stored_at` in seconds since the epoch."""

    key: str
    n_bytes: int
    stored_at: float


class AudioCache(Protocol):
    """Audio by key. Keys come from `key_for`; whatever a title holds never reaches them."""

    address: str

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        """Store `audio` under `key`, all of it or nothing; what was there is replaced.

        Raises:
            CacheError, DiskFull: it could not be stored.
        """

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        """The audio of `key`, or None where there is none.

        Raises:
            CacheError: the cache cannot be asked.
            TrackError: there are more than `max_bytes`, which are not read.
        """

    def sha256(self, key: str) -> str | None:
        """The sha256 of what lies under `key`, or None where nothing does or none was noted."""

    def delete(self, key: str) -> None:
        """Forget `key`; that it is not there is no error."""

    def objects(self) -> Iterator[CachedObject]:
        """All that lies there, in order of key, read piece by piece; other programs' files too."""

    def check(self) -> None:
        """Store, read and delete a small object.

        Raises:
            CacheError, DiskFull: one of these cannot be done; the hint says how to mend it.
        """


def key_for(track_id: TrackId) -> str:
    """A track's key: its id, letters, digits and colons only, in characters that every file system takes."""
    return track_id.replace(":", "-")


def track_of(key: str) -> TrackId | None:
    """The track whose key this is, or None where `key_for` never made it: then it is somebody else's."""
    if not _KEY.fullmatch(key):
        return None
    return TrackId(key.replace("-", ":"))


def too_large(address: str, max_bytes: int) -> TrackError:
    """What `get` raises."""
    return TrackError(
        Reason.TOO_LARGE,
        f"{address} has more than {max_bytes / 1e6:.0f} MB",
        "raise the setting max_audio_mb to hear it",
    )


class AudioCaches:
    """The cache that the settings name, and every other in which earlier crawls left audio.

    Each is opened when it is first needed, so that extraction finds audio wherever it was crawled to.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, AudioCache] = {}
        self._turn = threading.Lock()

    def open_default(self) -> AudioCache:
        """Where new audio goes; raises as `open`."""
        return self.open(self._settings.cache_address)

    def open(self, where: str) -> AudioCache:
        """The cache that a person names: a folder, or `s3://bucket/prefix`.

        Raises:
            UsageError: it is no address, or an S3 cache without boto3.
        """
        if where.startswith("s3://"):
            return self._open(where)
        if re.match(r"\w+://", where):
            raise UsageError(f"“{where}” is no audio cache", "give a folder, or s3://bucket/prefix")
        return self._open(str(Path(where).expanduser().absolute()))

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> str:
        """Store audio in the default cache; returns the address that it has from now on."""
        cache = self.open_default()
        cache.put(key, audio, content_type=content_type, sha256=sha256, track_id=track_id)
        return f"{cache.address}/{key}"

    def get(self, address: str) -> bytes | None:
        """The audio at an address that `put` returned, or None where it no longer is.

        Raises:
            CacheError: its cache cannot be asked.
            TrackError: it is larger than the setting `max_audio_mb`.
        """
        cache, _, key = address.rpartition("/")
        return self._open(cache).get(key, self._settings.max_audio_mb * 1_000_000)

    def delete(self, address: str) -> None:
        """Forget the audio at an address that `put` returned."""
        cache, _, key = address.rpartition("/")
        self._open(cache).delete(key)

    def _open(self, address: str) -> AudioCache:
        with self._turn:
            if address not in self._opened:
                if address.startswith("s3://"):
                    from spotrec.audio.s3_cache import S3AudioCache

                    self._opened[address] = S3AudioCache(address, self._settings)
                else:
                    self._opened[address] = DiskAudioCache(Path(address))
            return self._opened[address]


def check_round_trip(cache: AudioCache) -> None:
    """Put, get and delete a probe: the `check` of every cache."""
    key, probe = "spotrec-doctor-probe", b"spotrec"
    cache.put(key, probe, content_type="application/octet-stream", sha256="", track_id=TrackId(key))
    if cache.get(key) != probe:
        raise CacheError(f"the cache {cache.address} does not give back what was stored", "choose another with `cache`")
    cache.delete(key)


class DiskAudioCache:
    """Audio in a folder, a file a key. A file appears under its name only when it is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = str(folder)
        self._is_swept = False

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:  # noqa: ARG002 - a folder keeps no metadata
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
            if not self._is_swept:
                self._sweep()
            handle, part = tempfile.mkstemp(prefix=_PART_PREFIX, dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(audio)
                Path(part).replace(self.folder / key)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        with self._translated():
            try:
                with (self.folder / key).open("rb") as file:
                    if max_bytes is not None and os.fstat(file.fileno()).st_size > max_bytes:
                        raise too_large(file.name, max_bytes)
                    return file.read()
            except FileNotFoundError:
                return None

    def sha256(self, key: str) -> str | None:
        with self._translated():
            try:
                with (self.folder / key).open("rb") as file:
                    return hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with self._translated():
            (self.folder / key).unlink(missing_ok=True)

    def objects(self) -> Iterator[CachedObject]:
        with self._translated():
            names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        for name in names:
            if not name.startswith(_PART_PREFIX) and (found := self._object(name)):
                yield found

    def check(self) -> None:
        check_round_trip(self)

    def _object(self, name: str) -> CachedObject | None:
        with self._translated():
            try:
                found = (self.folder / name).lstat()
            except FileNotFoundError:  # deleted since the folder was listed
                return None
        return CachedObject(name, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None

    def _sweep(self) -> None:
        """Remove what killed processes left half written."""
        self._is_swept = True
        for part in self.folder.glob(f"{_PART_PREFIX}*"):
            try:
                if part.stat().st_mtime < time.time() - _STALE_PART_S:
                    part.unlink()
            except FileNotFoundError:
                continue

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise DiskFull(f"no room in the audio cache {self.folder}", "free some space, or use `cache`") from exc
            raise CacheError(
                f"the audio cache {self.folder} cannot be used: {exc.strerror or exc}",
                "choose another with `cache`",
            ) from exc
