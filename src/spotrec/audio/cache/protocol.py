"""What an audio cache is: audio by key. What any source of audio is: audio by address."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from spotrec.errors import CacheError, Reason, TrackError
from spotrec.track import TrackId


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
            CacheError, DiskFull: one of these cannot be done; the hint says how to fix it.
        """


class AudioSource(Protocol):
    """Audio by address, wherever it lies."""

    def get(self, address: str) -> bytes | None:
        """The audio at an address, or None where it no longer is.

        Raises:
            CacheError: where it lies cannot be asked.
            TrackError: it is larger than the setting `max_audio_mb`.
        """

    def delete(self, address: str) -> None:
        """Forget the audio at an address.

        Raises:
            CacheError: it cannot be deleted.
        """


def too_large(address: str, max_bytes: int) -> TrackError:
    """What `get` raises."""
    return TrackError(
        Reason.TOO_LARGE,
        f"{address} has more than {max_bytes / 1e6:.0f} MB",
        "raise the setting max_audio_mb to hear it",
    )


def check_round_trip(cache: AudioCache) -> None:
    """Put, get and delete a probe: the `check` of every cache."""
    key, probe = "spotrec-doctor-probe", b"spotrec"
    cache.put(key, probe, content_type="application/octet-stream", sha256="", track_id=TrackId(key))
    if cache.get(key) != probe:
        raise CacheError(f"the cache {cache.address} does not give back what was stored", "choose another with `cache`")
    cache.delete(key)
