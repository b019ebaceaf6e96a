"""WebM and Matroska files without a stated duration, as browsers and pipes write them: when the last block begins."""

from collections.abc import Iterator

_CLUSTER, _TIME_SCALE = b"\x1f\x43\xb6\x75", b"\x2a\xd7\xb1"
_TIMESTAMP, _SIMPLE_BLOCK, _BLOCK_GROUP, _BLOCK, _CHECKSUM = 0xE7, 0xA3, 0xA0, 0xA1, 0xBF
_IN_CLUSTERS = (
    _TIMESTAMP,
    _SIMPLE_BLOCK,
    _BLOCK_GROUP,
    _BLOCK,
    _CHECKSUM,
    0xA7,
    0xAB,
    0xEC,
    0x9B,
    0xFB,
)  # position, size, padding; duration, reference
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
        for name, start, end in _elements(audio, at + 4 + _vint_bytes(audio, at + 4), len(audio)):
            if name == _TIMESTAMP:
                timestamp = int.from_bytes(audio[start : min(end, start + 8)], "big")
            elif name in (_SIMPLE_BLOCK, _BLOCK):
                time_at = start + _vint_bytes(audio, start)
                latest = max(latest, int.from_bytes(audio[time_at : time_at + 2], "big", signed=True))
        if timestamp is not None:
            return (timestamp + latest) * scale_ns / 1e9
    return None


def _scale_ns(audio: bytes) -> int:
    at = audio.find(_TIME_SCALE, 0, _HEADER_WITHIN)
    if at < 0:
        return _USUAL_SCALE_NS
    size = audio[at + 3 : at + 4]
    return int.from_bytes(audio[at + 4 : at + 4 + (size[0] & 7 if size else 0)], "big") or _USUAL_SCALE_NS


def _elements(audio: bytes, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Yield name, start and end of each element of a cluster, and of its groups of blocks; stop at another element."""
    for _ in range(_MOST_ELEMENTS):
        if at >= end or audio[at] not in _IN_CLUSTERS:
            return
        n_bytes = _vint_bytes(audio, at + 1)
        size = int.from_bytes(audio[at + 1 : at + 1 + n_bytes], "big") & (1 << 7 * n_bytes) - 1
        start = at + 1 + n_bytes
        yield audio[at], start, start + size
        at = start if audio[at] == _BLOCK_GROUP else start + size


def _vint_bytes(audio: bytes, at: int) -> int:
    """Return how many bytes the number at `at` takes: one more than the zeros that begin it."""
    return 9 - audio[at].bit_length() if at < len(audio) else 1
