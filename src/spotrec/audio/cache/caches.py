"""The caches in which a store's audio lies: the one that the settings name, and those of earlier crawls."""

import re
import threading
from pathlib import Path

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.cache.protocol import AudioCache
from spotrec.errors import UsageError
from spotrec.settings import Settings
from spotrec.track import TrackId


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
                    from spotrec.audio.cache.s3 import S3AudioCache

                    self._opened[address] = S3AudioCache(address, self._settings)
                else:
                    self._opened[address] = DiskAudioCache(Path(address))
            return self._opened[address]
