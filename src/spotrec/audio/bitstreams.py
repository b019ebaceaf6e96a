"""Dolby Digital and DTS that were stored as if they were samples, as from a DTS CD or the digital output of a player.

Heard as samples they are noise. DTS stands there as it is, in 16 or 14 bits a sample; others in bursts (IEC 61937).
"""

import numpy as np

from spotrec.audio.chunks import Wav
from spotrec.audio.frames import dts_at
from spotrec.vectors import FloatArray

_PCM = 1
_WITHIN = 1 << 16
_BURST = b"\x72\xf8\x1f\x4e"
"""How a burst begins, the less significant byte of each word first."""
_BURST_HEADER_BYTES = 8
_MOST_BURSTS = 2_000_000
_KINDS = {1: "audio/ac3", 11: "audio/vnd.dts", 12: "audio/vnd.dts", 13: "audio/vnd.dts", 21: "audio/eac3"}
_FULL_SCALE = 32_768
_DTS_WORDS = ((0x7FFE, -0x7FFF), (0x1FFF, -0x1800))
_LONGEST_FRAME, _SHORTEST_FRAME = 4_096, 64  # samples


def bitstream_in(audio: bytes, wav: Wav) -> tuple[str, bytes] | None:
    """Return the content type and the stream of coded audio in the samples of a WAV file; None if they are samples."""
    if wav.codec != _PCM or wav.form[14:16] != b"\x10\0" or wav.form[2:4] != b"\2\0":
        return None
    end = wav.data_at + wav.n_bytes
    beginning = audio[wav.data_at : min(end, wav.data_at + 2 * _WITHIN)]
    if (at := dts_at(beginning, _WITHIN)) is not None:
        return "audio/vnd.dts", audio[wav.data_at + at : end]
    return _bursts(audio[wav.data_at : end]) if _BURST in beginning[:_WITHIN] else None


def is_dts(frames: FloatArray) -> bool:
    """Return whether decoded samples, shape (n_samples, n_channels), are frames of DTS: its sync words recur."""
    if frames.shape[1] != 2:
        return False
    for left, right in _DTS_WORDS:
        is_sync = (frames[:, 0] == np.float32(left / _FULL_SCALE)) & (frames[:, 1] == np.float32(right / _FULL_SCALE))
        places = np.flatnonzero(is_sync)
        steps = np.diff(places)
        if len(steps) > 1 and _SHORTEST_FRAME <= steps[0] <= _LONGEST_FRAME and (steps == steps[0]).mean() > 0.5:
            return True
    return False


def _bursts(data: bytes) -> tuple[str, bytes] | None:
    at = data.find(_BURST, 0, _WITHIN)
    content_type, parts = "", []
    for _ in range(_MOST_BURSTS):
        if at < 0:
            break
        kind, size = (int.from_bytes(data[at + i : at + i + 2], "little") for i in (4, 6))
        start = at + _BURST_HEADER_BYTES
        found = _KINDS.get(kind & 31, "")
        content_type = content_type or found
        if found and found == content_type:
            n_bytes = size if kind & 31 == 21 else size // 8
            words = np.frombuffer(data[start : start + n_bytes + n_bytes % 2][: (len(data) - start) & ~1], "<u2")
            parts.append(words.astype(">u2").tobytes()[:n_bytes])
            start += n_bytes
        at = data.find(_BURST, start)
    return (content_type, b"".join(parts)) if len(parts) > 1 else None
