"""Where fetched audio lies until its features are stored: one protocol, a folder or an S3 bucket."""

import errno
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from spotrec.errors import CacheError, DiskFull
from spotrec.settings import Settings
from spotrec.track import TrackId

_PART_PREFIX = ".part-"
_STALE_PART_S = 3600.0


class AudioCache(Protocol):
    """Audio by key. Keys come from `key_for`; whatever a title holds never reaches them."""

    address: str

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        """Store `audio` under `key`, all of it or nothing; what was there is replaced.

        Raises:
            CacheError, DiskFull: it could not be stored.
        """

    def get(self, key: str) -> bytes | None:
        """The audio of `key`, or None where there is none.

        Raises:
            CacheError: the cache cannot be asked.
        """

    def delete(self, key: str) -> None:
        """Forget `key`; that it is not there is no error."""

    def keys(self) -> Iterator[str]:
        """All keys, in order."""

    def check(self) -> None:
        """Store, read and delete a small object.

        Raises:
            CacheError, DiskFull: one of these cannot be done; the hint says how to mend it.
        """


def key_for(track_id: TrackId) -> str:
    """A track's key: its id, letters, digits and colons only, in characters that every file system takes."""
    return track_id.replace(":", "-")


def open_cache(settings: Settings) -> AudioCache:
    """The cache that the settings name: a folder, or `s3://bucket/prefix`."""
    if settings.cache_address.startswith("s3://"):
        from spotrec.audio.s3_cache import S3AudioCache

        return S3AudioCache(settings)
    return DiskAudioCache(Path(settings.cache_address).expanduser())


def check_round_trip(cache: AudioCache) -> None:
    """Put, get and delete a probe: the `check` of every cache."""
    key, probe = "spotrec-doctor-probe", b"spotrec"
    cache.put(key, probe, content_type="application/octet-stream", sha256="", track_id=TrackId(key))
    if cache.get(key) != probe:
        raise CacheError(f"the cache {cache.address} does not give back what was stored", "choose another with --cache")
    cache.delete(key)


class DiskAudioCache:
    """Audio in a folder, a file a key. A file appears under its name only when it is complete."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = str(folder)

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:  # noqa: ARG002 - a folder keeps no metadata
        with self._translated():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._sweep()
            handle, part = tempfile.mkstemp(prefix=_PART_PREFIX, dir=self.folder)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(audio)
                Path(part).replace(self.folder / key)
            except BaseException:
                Path(part).unlink(missing_ok=True)
                raise

    def get(self, key: str) -> bytes | None:
        with self._translated():
            try:
                return (self.folder / key).read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, key: str) -> None:
        with self._translated():
            (self.folder / key).unlink(missing_ok=True)

    def keys(self) -> Iterator[str]:
        with self._translated():
            if self.folder.is_dir():
                names = sorted(path.name for path in self.folder.iterdir())
                yield from (name for name in names if not name.startswith(_PART_PREFIX))

    def check(self) -> None:
        check_round_trip(self)

    def _sweep(self) -> None:
        """Remove what killed processes left half written."""
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
                raise DiskFull(f"no room in the audio cache {self.folder}", "free some space, or use --cache") from exc
            raise CacheError(
                f"the audio cache {self.folder} cannot be used: {exc.strerror or exc}",
                "choose another with --cache",
            ) from exc
