"""Tags as bytes: in every format, as programs write them, and as bombs."""

import io
import struct
import uuid

from mutagen.ogg import OggPage

from support.music import encoded, tune
from support.poison import box, by_ffmpeg, id3, id3_frame, m4a, mp3, wav

Texts = list[tuple[str, str]]

_ATTRIBUTES = uuid.UUID("D2D0A440-E307-11D2-97F0-00A0C95EA850").bytes_le


def ape(texts: Texts, n_items: int | None = None, *, padding: bytes = b"") -> bytes:
    """An APEv2 tag with a footer only."""
    items = b"".join(
        struct.pack("<II", len(text.encode()), 0) + key.encode() + b"\0" + text.encode() for key, text in texts
    )
    items += padding
    count = len(texts) if n_items is None else n_items
    return items + b"APETAGEX" + struct.pack("<IIII", 2000, len(items) + 32, count, 0) + bytes(8)


def id3v1(title: str, artist: str, album: str, year: str, genre: int) -> bytes:
    fields = b"".join(text.encode("cp1252")[:30].ljust(30, b"\0") for text in (title, artist, album))
    return b"TAG" + fields + year.encode().ljust(4, b"\0") + bytes(30) + bytes([genre])


def text_frame(name: str, *texts: str) -> bytes:
    return id3_frame(name.encode(), b"\3" + "\0".join(texts).encode())


def old_frame(name: str, text: str) -> bytes:
    """A frame of version 2.3, and with a plain size."""
    return name.encode() + struct.pack(">IH", len(text) + 1, 0) + b"\0" + text.encode("cp1252")


def chunk(name: bytes, content: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(content)) + content + bytes(len(content) % 2)


def info_wav(texts: Texts, encoding: str = "utf-8") -> bytes:
    chunks = b"".join(chunk(key.encode(), text.encode(encoding) + b"\0") for key, text in texts)
    return wav(tune(1).tobytes(), bits=32, tag=3, extra=chunk(b"LIST", b"INFO" + chunks))


def caf(texts: Texts) -> bytes:
    strings = b"".join(key.encode() + b"\0" + text.encode() + b"\0" for key, text in texts)
    content = struct.pack(">I", len(texts)) + strings
    return encoded(tune(1, seconds=3), "CAF") + b"info" + struct.pack(">q", len(content)) + content


def element(id_: int, *contents: bytes) -> bytes:
    content = b"".join(contents)
    return id_.to_bytes((id_.bit_length() + 7) // 8, "big") + (len(content) | 1 << 56).to_bytes(8, "big") + content


def simple_tag(key: str, text: str) -> bytes:
    return element(0x67C8, element(0x45A3, key.encode()), element(0x4487, text.encode()))


def matroska(*segment: bytes) -> bytes:
    """Matroska with these elements in its segment, and no audio."""
    return b"\x1a\x45\xdf\xa3\x80" + element(0x18538067, *segment)


def ogg_with_comments(comments: bytes, n: int) -> bytes:
    """Ogg Vorbis whose packet of comments has these bytes, which claim to be `n`."""
    file, pages = io.BytesIO(encoded(tune(1), "OGG")), []
    while file.tell() < len(file.getvalue()):
        pages.append(OggPage(file))
    n_headers = next(i for i in range(2, len(pages)) if sum(len(page.packets) for page in pages[1:i]) > 1)
    packets = OggPage.to_packets(pages[1:n_headers])
    packets[0] = b"\x03vorbis" + struct.pack("<II", 0, n) + comments + b"\1"
    headers = OggPage.from_packets(packets, sequence=1, default_size=60_000)
    written = [pages[0], *headers, *pages[n_headers:]]
    for number, page in enumerate(written):
        page.sequence, page.serial = number, pages[0].serial
    return b"".join(page.write() for page in written)


def comment(text: str) -> bytes:
    return struct.pack("<I", len(text.encode())) + text.encode()


N_ITEMS = 1_000_000
_TINY_TAG = simple_tag("A", "b")
BOMBS = {
    "an_ogg_of_tiny_comments": lambda: ogg_with_comments(b"\1\0\0\0=" * N_ITEMS, N_ITEMS),
    "a_flac_of_tiny_comments": lambda: b"".join((
        *(b"fLaC", b"\0\0\0\x22" + encoded(tune(1), "FLAC")[8:42]),
        *(b"\x84\xff\xff\xff", struct.pack("<II", 0, N_ITEMS), b"\1\0\0\0=" * N_ITEMS),
    )),
    "a_wavpack_of_tiny_items": lambda: by_ffmpeg("wv", "wavpack") + _tiny_items(),
    "an_mp3_of_tiny_items": lambda: mp3() + _tiny_items(),
    "an_mp3_of_tiny_frames": lambda: id3(text_frame("TPE1", "a", "b") * 300_000) + mp3(),
    "an_mp3_of_slashes": lambda: id3(old_frame("TPE1", "abcd/" * 3_000) * 1_000, 3) + mp3(),
    "an_m4a_of_tiny_atoms": lambda: m4a() + box(b"moov", box(b"udta", box(b"meta", bytes(4) + box(b"ilst",
        box(b"----", box(b"data", b"\0\0\0\1\0\0\0\0x") * N_ITEMS))))),
    "a_matroska_of_tiny_tags": lambda: matroska(element(0x1254C367, element(0x7373, _TINY_TAG * N_ITEMS))),
    "a_wma_of_tiny_attributes": lambda: _wma_of_tiny_attributes(),
    "a_wav_of_tiny_texts": lambda: info_wav([("INAM", "a")] * 300_000),
    "a_caf_of_tiny_strings": lambda: caf([("a", "b")] * N_ITEMS),
}  # fmt: skip
"""Files of ten to forty megabytes that are nothing but tags."""


def _tiny_items() -> bytes:
    return ape([], N_ITEMS, padding=(bytes(8) + b"ab\0") * N_ITEMS)


def _wma_of_tiny_attributes() -> bytes:
    attributes = struct.pack("<H", 65_535) + struct.pack("<H2sHH2s", 2, b"a\0", 0, 2, b"b\0") * 65_535
    objects = (_ATTRIBUTES + struct.pack("<Q", 24 + len(attributes)) + attributes) * 20
    header = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
    return header + struct.pack("<QI2s", 30 + len(objects), 20, b"\1\2") + objects
