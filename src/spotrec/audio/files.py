"""Reading audio from where it lies: a user's own file, or the audio cache."""

import hashlib
from pathlib import Path

from spotrec.audio.cache.protocol import AudioSource, too_large
from spotrec.errors import Reason, TrackError
from spotrec.track import StoredAudio


def read_file(path: Path, max_bytes: int) -> bytes:
    """A user's own file.

    Raises:
        TrackError: it is gone, cannot be read, or has more than `max_bytes`.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe would never end, or never begin
            raise TrackError(Reason.UNREADABLE, f"{path} is no ordinary file")
        with path.open("rb") as file:
            audio = file.read(max_bytes + 1)
    except FileNotFoundError as exc:
        raise TrackError(Reason.AUDIO_GONE, f"{path} is no longer there", "crawl its folder again") from exc
    except OSError as exc:
        raise TrackError(Reason.UNREADABLE, f"{path} cannot be read: {exc.strerror or exc}") from exc
    if len(audio) > max_bytes:
        raise too_large(str(path), max_bytes)
    return audio


def load_audio(stored: StoredAudio, cached: AudioSource, max_bytes: int) -> bytes:
    """A track's audio, and nothing else than what was crawled.

    Raises:
        TrackError: it is gone, or has changed since (AUDIO_GONE: crawling again brings it back).
        CacheError: the cache cannot be asked.
    """
    audio = cached.get(stored.address) if stored.owned else read_file(Path(stored.address), max_bytes)
    return checked(stored, audio)


def checked(stored: StoredAudio, audio: bytes | None) -> bytes:
    """What was found at a track's address, if it is what was crawled.

    Raises:
        TrackError: nothing was, or something else (AUDIO_GONE: crawling again brings it back).
    """
    if audio is None:
        raise TrackError(Reason.AUDIO_GONE, f"{stored.address} is no longer there", "crawl its source again")
    if sha256(audio) != stored.sha256:
        raise TrackError(
            Reason.AUDIO_GONE, f"{stored.address} has changed since it was crawled", "crawl its source again"
        )
    return audio


def sha256(audio: bytes) -> str:
    """The content's name, 64 hex digits."""
    return hashlib.sha256(audio).hexdigest()
