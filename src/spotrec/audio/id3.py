"""ID3 tags reduced to safe frames: half a megabyte can unpack to gigabytes, and a million frames take a minute."""

from dataclasses import dataclass

WORDS = frozenset(b"TIT2 TPE1 TALB TSRC TDRC TYER TCON TMOO TBPM TKEY TT2 TP1 TAL TRC TYE TCO TBP TKE".split())
_HEADER_BYTES = 10
_UNSYNCHRONISED, _EXTENDED = 0x80, 0x40
_PACKED = {2: 0, 3: 0xC0, 4: 0x0C}  # compressed or encrypted, by version
_MOST_FRAMES = 2_000
_LONGEST_FRAME_BYTES = 1 << 14


@dataclass(frozen=True, slots=True)
class _Layout:
    """The layout of frames in one version of ID3."""

    version: int

    @property
    def id_bytes(self) -> int:
        return 3 if self.version == 2 else 4

    @property
    def header_bytes(self) -> int:
        return 6 if self.version == 2 else 10

    def size(self, digits: bytes) -> int:
        """Read a big-endian number, in version 4 with seven bits a byte."""
        number = 0
        for digit in digits:
            number = number << (7 if self.version == 4 else 8) | digit
        return number


def tag_bytes(audio: bytes, at: int = 0) -> int:
    """Return the size of the ID3v2 tag that begins at `at`, or 0 if there is no tag."""
    header = audio[at : at + _HEADER_BYTES]
    if len(header) < _HEADER_BYTES or header[:3] != b"ID3" or max(header[6:]) > 127:
        return 0
    footer = header[5] & 0x10
    return _Layout(4).size(header[6:]) + _HEADER_BYTES * (2 if footer else 1)


def words_only(audio: bytes, at: int = 0) -> bytes:
    """Return the ID3v2 tag that begins at `at`, with only the frames named in `WORDS` that are short and uncompressed.

    Empty if there is no tag of a known version.
    """
    size = tag_bytes(audio, at)
    if not size or audio[at + 3] not in _PACKED:
        return b""
    layout, flags = _Layout(audio[at + 3]), audio[at + 5]
    body = audio[at + _HEADER_BYTES : at + size]
    if flags & _UNSYNCHRONISED and layout.version < 4:
        body = body.replace(b"\xff\0", b"\xff")
    if flags & _EXTENDED and layout.version > 2:
        extended = layout.size(body[:4])
        body = body[extended + (4 if layout.version == 3 else 0) :]
    kept = b"".join(_plain_frames(body, layout))
    digits = bytes(len(kept) >> shift & 127 for shift in (21, 14, 7, 0))
    return b"ID3" + bytes((layout.version, 0, 0)) + digits + kept


def _plain_frames(body: bytes, layout: _Layout) -> list[bytes]:
    frames, at = [], 0
    for _ in range(_MOST_FRAMES):
        header = body[at : at + layout.header_bytes]
        if len(header) < layout.header_bytes or not header[0]:
            break
        name = header[: layout.id_bytes]
        end = at + layout.header_bytes + layout.size(header[layout.id_bytes : 2 * layout.id_bytes])
        is_short = end - at <= _LONGEST_FRAME_BYTES
        if name in WORDS and is_short and not header[-1] & _PACKED[layout.version]:
            frames.append(body[at:end])
        at = end
    return frames
