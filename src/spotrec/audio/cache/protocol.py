"""Protocols for an audio cache (audio by key) and for any source of audio (audio by address)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from spotrec.errors import CacheError, Reason, TrackError
from spotrec.track import TrackId


@dataclass(frozen=True, slots=True)
class CachedObject:
    """One object in a cache; `stored_at` is in seconds since the epoch."""

    key: str
    n_bytes: int
    stored_at: float


class AudioCache(Protocol):
    """Audio by key. Keys come from `key_for`, never from titles."""

    address: str

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> None:
        """Store `audio` under `key`, all of it or nothing; replace what was there.

        Raises:
            CacheError, DiskFull: the audio could not be stored.
        """

    def get(self, key: str, max_bytes: int | None = None) -> bytes | None:
        """Return the audio of `key`, or None if it is not stored.

        Raises:
            CacheError: the cache cannot be read.
            TrackError: the audio has more than `max_bytes`; it is not read.
        """

    def sha256(self, key: str) -> str | None:
        """Return the sha256 of the audio of `key`, or None if no audio or no sha256 is stored."""

    def delete(self, key: str) -> None:
        """Delete `key`. A missing key is not an error."""

    def objects(self) -> Iterator[CachedObject]:
        """Yield all objects in order of key, page by page, other programs' files included."""

    def check(self) -> None:
        """Store, read and delete a small object.

        Raises:
            CacheError, DiskFull: one of these steps fails; the hint says how to fix it.
        """


class AudioSource(Protocol):
    """Audio by address, wherever it is stored."""

    def get(self, address: str) -> bytes | None:
        """Return the audio at an address, or None if it is gone.

        Raises:
            CacheError: its cache cannot be read.
            TrackError: the audio is larger than the setting `max_audio_mb`.
        """

    def delete(self, address: str) -> None:
        """Delete the audio at an address.

        Raises:
            CacheError: the audio cannot be deleted.
        """


def too_large(address: str, max_bytes: int) -> TrackError:
    """Return the error that `get` raises for audio above `max_bytes`."""
    return TrackError(
        Reason.TOO_LARGE,
        f"{address} has more than {max_bytes / 1e6:.0f} MB",
        "raise the setting `max_audio_mb` to use it",
    )


def check_round_trip(cache: AudioCache) -> None:
    """Store, read and delete a small object: the `check` of every cache."""
    key, probe = "spotrec-doctor-probe", b"spotrec"
    cache.put(key, probe, content_type="application/octet-stream", sha256="", track_id=TrackId(key))
    if cache.get(key) != probe:
        raise CacheError(f"the cache {cache.address} does not return what was stored", "choose another with `cache`")
    cache.delete(key)
