"""WebM and Matroska files without a stated duration, as browsers and pipes write them: when the last block begins."""

from spotrec.audio.containers.ebml import elements, number_bytes

_CLUSTER, _TIME_SCALE, _DURATION = b"\x1f\x43\xb6\x75", b"\x2a\xd7\xb1", b"\x44\x89"
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _CHECKSUM = 0xE7, 0xA3, 0xA0, 0xA1, 0xBF
_IN_CLUSTERS = frozenset({_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _CHECKSUM, 0xA7, 0xAB, 0xEC, 0x9B, 0xFB})
"""The last five: position, size, padding; duration and reference of a block."""
_USUAL_SCALE_NS = 1_000_000
_HEADER_WITHIN = 1 << 16
_MOST_TRIES = 20
_MOST_ELEMENTS = 1_000_000


def clusters_end_s(audio: bytes) -> float | None:
    """Return when the last block of the last cluster begins, or None if there is no cluster."""
    at, scale_ns = len(audio), _scale_ns(audio)
    for _ in range(_MOST_TRIES):
        at = audio.rfind(_CLUSTER, 0, at)
        if at < 0:
            return None
        timestamp, latest = None, 0
        first_at = at + 4 + number_bytes(audio, at + 4)
        for name, start, end in elements(audio, range(_MOST_ELEMENTS), first_at, into={_BLOCK_GROUP}):
            if name not in _IN_CLUSTERS:
                break
            if name == _TIMESTAMP:
                timestamp = int.from_bytes(audio[start : min(end, start + 8)], "big")
            elif name in (_SIMPLE_BLOCK, _BLOCK):
                time_at = start + number_bytes(audio, start)
                latest = max(latest, int.from_bytes(audio[time_at : time_at + 2], "big", signed=True))
        if timestamp is not None:
            return (timestamp + latest) * scale_ns / 1e9
    return None


def states_duration(audio: bytes) -> bool:
    """Return whether a duration stands before the first cluster: if not, decoders guess it from the bit rate."""
    return audio.find(_DURATION, 0, max(0, audio.find(_CLUSTER))) >= 0


def _scale_ns(audio: bytes) -> int:
    at = audio.find(_TIME_SCALE, 0, _HEADER_WITHIN)
    if at < 0:
        return _USUAL_SCALE_NS
    size = audio[at + 3 : at + 4]
    return int.from_bytes(audio[at + 4 : at + 4 + (size[0] & 7 if size else 0)], "big") or _USUAL_SCALE_NS
