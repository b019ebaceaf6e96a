"""The caches that hold a store's audio: the one that the settings name, and the caches of earlier crawls."""

import re
import threading
from pathlib import Path

from spotrec.audio.cache.disk import DiskAudioCache
from spotrec.audio.cache.protocol import AudioCache
from spotrec.errors import UsageError
from spotrec.settings import Settings
from spotrec.system.files import from_home
from spotrec.track import TrackId


class AudioCaches:
    """The cache that the settings name, and every other cache in which earlier crawls stored audio.

    Each is opened when it is first needed, so that extraction finds audio wherever it was stored.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._opened: dict[str, AudioCache] = {}
        self._turn = threading.Lock()

    def open_default(self) -> AudioCache:
        """Open the cache for new audio; raises as `open`."""
        return self.open(self._settings.cache_address)

    def open(self, where: str) -> AudioCache:
        """Open the cache at an address: a folder, or `s3://bucket/prefix`.

        Raises:
            UsageError: the address is neither, or it is in S3 and boto3 is missing.
        """
        if where.startswith("s3://"):
            return self._open(where)
        if re.match(r"\w+://", where):
            raise UsageError(f"“{where}” is not an audio cache", "give a folder, or s3://bucket/prefix")
        return self._open(str(from_home(where).absolute()))

    def put(self, key: str, audio: bytes, *, content_type: str, sha256: str, track_id: TrackId) -> str:
        """Store audio in the default cache; return its address."""
        cache = self.open_default()
        cache.put(key, audio, content_type=content_type, sha256=sha256, track_id=track_id)
        return f"{cache.address}/{key}"

    def get(self, address: str) -> bytes | None:
        """Return the audio at an address that `put` returned, or None if it is gone.

        Raises:
            CacheError: its cache cannot be read.
            TrackError: the audio is larger than the setting `max_audio_mb`.
        """
        cache, _, key = address.rpartition("/")
        return self._open(cache).get(key, self._settings.max_audio_mb * 1_000_000)

    def delete(self, address: str) -> None:
        """Delete the audio at an address that `put` returned."""
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
