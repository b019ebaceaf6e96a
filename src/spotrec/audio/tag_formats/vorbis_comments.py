"""Vorbis comments, in FLAC and in Ogg (Vorbis, Opus, Speex, FLAC)."""

from collections.abc import Iterator

from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_COMMENT_BLOCK, _LAST_BLOCK = 4, 0x80
_PAGE_HEADER_BYTES = 27
_BEGINS = 2
_MOST_PACKET_BYTES = 1 << 26  # with pictures
_STREAMS = {b"\x01vorbis": 7, b"OpusHead": 8, b"Speex   ": 0, b"\x7fFLAC": 4}
"""How the first packet of a stream begins, and how many bytes stand before the comments in its second packet."""


def read_flac(stream: bytes) -> TagTexts:
    """Return the comments of a FLAC file that begins with `fLaC`."""
    texts, at = TagTexts(), 4
    for _ in texts.steps():
        header = stream[at : at + 4]
        if len(header) < 4:
            break
        size = int.from_bytes(header[1:], "big")
        at += 4
        if header[0] & ~_LAST_BLOCK == _COMMENT_BLOCK:
            _read_comments(stream, at, min(len(stream), at + size), texts)
            break
        if header[0] & _LAST_BLOCK:
            break
        at += size
    return texts


def read_ogg(stream: bytes) -> TagTexts:
    """Return the comments of the first stream of audio in an Ogg file."""
    texts, serial, skipped = TagTexts(), b"", 0
    packet = bytearray()
    n_ended = 0  # packets
    for page_serial, flags, sizes, at in _pages(stream, texts):
        if not serial and flags & _BEGINS:
            skipped = next((n for begin, n in _STREAMS.items() if stream.startswith(begin, at)), -1)
            serial = page_serial if skipped >= 0 else b""
        if page_serial != serial:
            continue
        for size in sizes:
            if n_ended == 1:
                packet += stream[at : at + size]
            at += size
            n_ended += size < 255
            if n_ended > 1 or len(packet) > _MOST_PACKET_BYTES:
                _read_comments(bytes(packet), skipped, len(packet), texts)
                return texts
    return texts


def _pages(stream: bytes, texts: TagTexts) -> Iterator[tuple[bytes, int, bytes, int]]:
    """Yield serial number, flags, sizes of the segments, and the position of the first segment, of each page."""
    at = 0
    for _ in texts.steps():
        header = stream[at : at + _PAGE_HEADER_BYTES]
        if len(header) < _PAGE_HEADER_BYTES or header[:4] != b"OggS":
            return
        at += _PAGE_HEADER_BYTES
        sizes = stream[at : at + header[26]]
        at += header[26]
        yield header[14:18], header[5], sizes, at
        at += sum(sizes)


def _read_comments(data: bytes, at: int, end: int, texts: TagTexts) -> None:
    at += 4 + _number(data, at)  # who wrote them
    n, at = _number(data, at), at + 4
    for _ in zip(range(n), texts.steps(), strict=False):
        size, at = _number(data, at), at + 4
        if at + size > end:
            break
        if size <= LONGEST_BYTES:
            key, _, text = decode(data[at : at + size]).partition("=")
            texts.add(key, text)
        at += size


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")
