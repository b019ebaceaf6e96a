"""Streams of frames without an index, as DVDs and broadcasts have them: how long they play, counted by their headers.

AC-3 and E-AC-3 (ATSC A/52), DTS (ETSI TS 102 114), MLP and TrueHD, AMR (RFC 4867), AAC in LOAS.
"""

from collections.abc import Callable

_MOST_FRAMES = 5_000_000
_FRAMES_IN_A_ROW = 3
AC3_SYNC = b"\x0b\x77"
_AC3_RATES_HZ = (48_000, 44_100, 32_000)
_AC3_KBIT_S = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_BLOCK_SAMPLES = 256
_DEPENDENT = 1
DTS_SYNCS = (b"\x7f\xfe\x80\x01", b"\xfe\x7f\x01\x80", b"\x1f\xff\xe8\x00", b"\xff\x1f\x00\xe8")
"""Of 16 bits a word and of 14, each with the more and with the less significant byte first."""
_DTS_RATES_HZ = (0, 8_000, 16_000, 32_000, 0, 0, 11_025, 22_050, 44_100, 0, 0, 12_000, 24_000, 48_000, 96_000, 192_000)
_DTS_LONGEST_FRAME_BYTES, _DTS_SHORTEST_FRAME_BYTES = 1 << 15, 96
_DTS_BLOCK_SAMPLES = 32
_AMR_MAGICS = {
    b"#!AMR\n": (13, 14, 16, 18, 20, 21, 27, 32, 6, 6, 6, 6, 1, 1, 1, 1),
    b"#!AMR-WB\n": (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 1, 1, 1, 1, 1, 1),
}
"""The bytes of a frame by its type."""
_AMR_FRAME_S = 0.02
_LOAS_SYNC = 0x2B7  # 11 bits; then 13 bits with the size of the frame
_LOAS_HEADER_BYTES = 3


def ac3_frame(stream: bytes, at: int) -> tuple[int, float]:
    """Return the bytes and the duration in seconds of the AC-3 or E-AC-3 frame at `at`; 0 bytes if there is none.

    The frame of a further program, or of further channels, lasts 0 s.
    """
    header = stream[at : at + 6]
    if len(header) < 6 or header[:2] != AC3_SYNC:
        return 0, 0.0
    rate_code, version = header[4] >> 6, header[5] >> 3
    if version > 10:
        n_bytes = 2 * ((header[2] & 7) << 8 | header[3]) + 2
        half = header[4] >> 4 & 3
        if version > 16 or rate_code == half == 3:
            return 0, 0.0
        rate_hz = _AC3_RATES_HZ[half] / 2 if rate_code == 3 else _AC3_RATES_HZ[rate_code]
        n_blocks = 6 if rate_code == 3 else (1, 2, 3, 6)[half]
        is_further = header[2] >> 6 == _DEPENDENT or header[2] >> 3 & 7
        return n_bytes, 0.0 if is_further else n_blocks * _BLOCK_SAMPLES / rate_hz
    size_code = header[4] & 63
    if rate_code == 3 or size_code >= 2 * len(_AC3_KBIT_S):
        return 0, 0.0
    rate_hz, kbit_s = _AC3_RATES_HZ[rate_code], _AC3_KBIT_S[size_code // 2]
    n_words = kbit_s * 96_000 // rate_hz + (size_code & 1 if rate_hz == 44_100 else 0)
    return 2 * n_words, 6 * _BLOCK_SAMPLES / (rate_hz >> max(0, version - 8))


def is_e_ac3(stream: bytes) -> bool:
    """Return whether this is a stream of E-AC-3, which AC-3 decoders do not read."""
    return len(stream) > 5 and stream[:2] == AC3_SYNC and stream[5] >> 3 > 10


def is_ac3(stream: bytes) -> bool:
    """Return whether `stream` begins with frames of AC-3 or E-AC-3: two bytes alone are in many files."""
    return _are_in_a_row(stream, lambda at: ac3_frame(stream, at)[0])


def ac3_s(stream: bytes) -> float:
    """Return how long a stream of AC-3 or E-AC-3 plays, in seconds; it may have gaps."""
    at, seconds = 0, 0.0
    for _ in range(_MOST_FRAMES):
        n_bytes, frame_s = ac3_frame(stream, at)
        if not n_bytes:
            at = stream.find(AC3_SYNC, at + 1)
            if at < 0:
                break
            continue
        if at + n_bytes > len(stream):
            break
        seconds += frame_s
        at += n_bytes
    return seconds


def dts_at(stream: bytes, within: int) -> int | None:
    """Return where DTS frames begin: three of the same sync word, as far from each other; None if nowhere.

    Args:
        within: how many bytes may stand before them.
    """
    for sync in DTS_SYNCS:
        at = stream.find(sync, 0, within + len(sync))
        if at < 0:
            continue
        following = stream.find(sync, at + _DTS_SHORTEST_FRAME_BYTES, at + _DTS_LONGEST_FRAME_BYTES)
        if following > 0 and stream.find(sync, following + 1, 2 * following - at + 5) >= 2 * following - at - 4:
            return at
    return None


def is_dts(stream: bytes) -> bool:
    """Return whether `stream` begins with DTS frames."""
    return stream.startswith(DTS_SYNCS) and dts_at(stream, 0) == 0


def dts_s(stream: bytes) -> float:
    """Return how long a stream of DTS plays, in seconds, as its first frame and the number of its sync words say."""
    sync = stream[:4]
    header = stream[:16]
    if sync not in DTS_SYNCS:
        return 0.0
    if sync[0] in (0xFE, 0xFF):
        header = b"".join(bytes((header[i + 1], header[i])) for i in range(0, len(header) - 1, 2))
    bits = int.from_bytes(header, "big")
    n_bits = 8 * len(header)
    if sync in DTS_SYNCS[2:]:
        words = (int.from_bytes(header[i : i + 2], "big") & 0x3FFF for i in range(0, len(header) - 1, 2))
        bits, n_bits = 0, 7 * len(header)
        for word in words:
            bits = bits << 14 | word
    n_blocks = (bits >> (n_bits - 46) & 0x7F) + 1  # behind 32 bits of sync, 6 of the type, 1 of the checksum
    rate_hz = _DTS_RATES_HZ[bits >> (n_bits - 70) & 15]
    return stream.count(sync) * n_blocks * _DTS_BLOCK_SAMPLES / rate_hz if rate_hz else 0.0


def mlp_s(stream: bytes) -> float:
    """Return how long a stream of MLP or TrueHD plays, in seconds."""
    at = n_frames = 0
    while at + 8 <= len(stream) and n_frames < _MOST_FRAMES:
        n_bytes = 2 * (int.from_bytes(stream[at : at + 2], "big") & 0xFFF)
        if n_bytes < 4:
            break
        n_frames += 1
        at += n_bytes
    rate_code = stream[8] >> 4 if stream[7:8] == b"\xba" else stream[9] >> 4
    return n_frames * 40 / (44_100 if rate_code & 8 else 48_000)  # 40 << n samples at a rate << n


def amr_s(stream: bytes) -> float:
    """Return how long an AMR file plays, in seconds."""
    for magic, sizes in _AMR_MAGICS.items():
        if stream.startswith(magic):
            at, n_frames = len(magic), 0
            while at < len(stream) and n_frames < _MOST_FRAMES:
                at += sizes[stream[at] >> 3 & 15]
                n_frames += at <= len(stream)
            return n_frames * _AMR_FRAME_S
    return 0.0


def is_loas(stream: bytes) -> bool:
    """Return whether `stream` begins with frames of AAC in LOAS."""
    return _are_in_a_row(stream, lambda at: _loas_frame_bytes(stream, at))


def _loas_frame_bytes(stream: bytes, at: int) -> int:
    header = int.from_bytes(stream[at : at + _LOAS_HEADER_BYTES], "big")
    if len(stream) < at + _LOAS_HEADER_BYTES or header >> 13 != _LOAS_SYNC:
        return 0
    return _LOAS_HEADER_BYTES + (header & 0x1FFF)


def _are_in_a_row(stream: bytes, frame_bytes: Callable[[int], int]) -> bool:
    """Return whether three frames follow each other from the start."""
    at = 0
    for _ in range(_FRAMES_IN_A_ROW):
        n_bytes = frame_bytes(at)
        if not n_bytes:
            return False
        at += n_bytes
    return at <= len(stream)
