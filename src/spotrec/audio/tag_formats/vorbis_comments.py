"""Vorbis comments, in FLAC and in Ogg (Vorbis, Opus, Speex, FLAC)."""

from spotrec.audio.containers.flac import COMMENTS, blocks
from spotrec.audio.containers.ogg import BEGINS, pages
from spotrec.audio.numbers import little
from spotrec.audio.tag_formats.texts import LONGEST_BYTES, TagTexts, decode

_MOST_PACKET_BYTES = 1 << 26  # with pictures
_STREAMS = {b"\x01vorbis": 7, b"OpusHead": 8, b"Speex   ": 0, b"\x7fFLAC": 4}
"""How the first packet of a stream begins, and how many bytes stand before the comments in its second packet."""


def read_flac(stream: bytes) -> TagTexts:
    """Return the comments of a FLAC file that begins with `fLaC`."""
    texts = TagTexts()
    for kind, start, end in blocks(stream, texts.steps()):
        if kind == COMMENTS:
            _read_comments(stream, start, min(len(stream), end), texts)
            break
    return texts


def read_ogg(stream: bytes) -> TagTexts:
    """Return the comments of the first stream of audio in an Ogg file."""
    texts, serial, skipped = TagTexts(), b"", 0
    packet = bytearray()
    n_ended = 0  # packets
    for page in pages(stream, texts.steps()):
        if not serial and page.flags & BEGINS:
            skipped = next((n for begin, n in _STREAMS.items() if stream.startswith(begin, page.start)), -1)
            serial = page.serial if skipped >= 0 else b""
        if page.serial != serial:
            continue
        at = page.start
        for size in page.sizes:
            if n_ended == 1:
                packet += stream[at : at + size]
            at += size
            n_ended += size < 255
            if n_ended > 1 or len(packet) > _MOST_PACKET_BYTES:
                _read_comments(bytes(packet), skipped, len(packet), texts)
                return texts
    return texts


def _read_comments(data: bytes, at: int, end: int, texts: TagTexts) -> None:
    at += 4 + little(data, at, 4)  # who wrote them
    n, at = little(data, at, 4), at + 4
    for _ in zip(range(n), texts.steps(), strict=False):
        size, at = little(data, at, 4), at + 4
        if at + size > end:
            break
        if size <= LONGEST_BYTES:
            key, _, text = decode(data[at : at + size]).partition("=")
            texts.add(key, text)
        at += size
