"""The cache of fetched audio, until its features are stored: one protocol, a folder or an S3 bucket."""

from spotrec.audio.cache.caches import AudioCaches
from spotrec.audio.cache.keys import key_for, track_of
from spotrec.audio.cache.protocol import AudioCache, AudioSource, CachedObject

__all__ = ["AudioCache", "AudioCaches", "AudioSource", "CachedObject", "key_for", "track_of"]
