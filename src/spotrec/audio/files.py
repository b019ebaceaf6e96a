"""Audio of a track, read from a user's own file or from the audio cache."""

from pathlib import Path

from spotrec.audio.cache.protocol import AudioSource, too_large
from spotrec.errors import Reason, TrackError
from spotrec.system.digests import sha256
from spotrec.system.files import read_regular
from spotrec.track import StoredAudio


def read_file(path: Path, max_bytes: int) -> bytes:
    """Read a user's own file.

    Raises:
        TrackError: the file is gone, cannot be read, or has more than `max_bytes`.
    """
    try:
        audio = read_regular(path, max_bytes)
    except FileNotFoundError as exc:
        raise TrackError(Reason.AUDIO_GONE, f"{path} no longer exists", "crawl its folder again") from exc
    except OSError as exc:
        raise TrackError(
            Reason.UNREADABLE, f"{path} cannot be read: {exc.strerror or exc}", exc.strerror or ""
        ) from exc
    if len(audio) > max_bytes:
        raise too_large(str(path), max_bytes)
    return audio


def load_audio(stored: StoredAudio, cached: AudioSource, max_bytes: int) -> bytes:
    """Read a track's audio and check that it is what was crawled.

    Raises:
        TrackError: the audio is gone, or has changed since (AUDIO_GONE: crawl again to get it back).
        CacheError: the cache cannot be read.
    """
    audio = cached.get(stored.address) if stored.owned else read_file(Path(stored.address), max_bytes)
    return check_content(stored, audio)


def check_content(stored: StoredAudio, audio: bytes | None) -> bytes:
    """Return the audio found at a track's address, if it is what was crawled.

    Raises:
        TrackError: the audio is gone, or has changed since (AUDIO_GONE: crawl again to get it back).
    """
    if audio is None:
        raise TrackError(Reason.AUDIO_GONE, f"{stored.address} no longer exists", "crawl its source again")
    if sha256(audio) != stored.sha256:
        raise TrackError(
            Reason.AUDIO_GONE, f"{stored.address} has changed since it was crawled", "crawl its source again"
        )
    return audio
