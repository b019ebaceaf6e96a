"""Text in the encodings that programs write: Unicode, else Windows-1252."""

import codecs
import re
from collections.abc import Iterator

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins like UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
# UTF-16 without its mark: every second byte of the first letters is null
_UNMARKED: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_WINDOWS_1252 = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0x100)}
_ESCAPED_WINDOWS_1252 = {0xDC00 + byte: char for byte, char in _WINDOWS_1252.items()}
_WITHOUT_CONTROLS = dict.fromkeys(set(range(0x20)) - set(map(ord, "\t\n\v\f\r\x1a\x1b")))
_CONTROLS_IN_TEXT = 2
"""A damaged text has a few control characters, a file of another kind has many."""
_MARK_IN_TEXT = re.compile("(?<=[\r\n])\ufeff+")
"""The byte order mark of a file that was appended."""
_BYTES = {char: byte for byte, char in _WINDOWS_1252.items()}
_OTHER_ENCODINGS = (
    *("utf-8", "cp1251", "cp932", "gb18030", "big5", "cp949", "euc_jp", "koi8_r", "cp866", "cp1250", "mac_roman"),
    *("cp437", "cp850", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp874"),
)


def decode_text(content: bytes) -> str | None:
    """Return the text in a file's content, without byte order marks and null bytes; None if it is not text.

    It is UTF-8, or UTF-16 or UTF-32 with a byte order mark, else Windows-1252, in which any bytes are text. Null bytes
    end its lines if nothing else does.
    """
    mark = next((mark for mark in _BYTE_ORDER_MARKS if content.startswith(mark)), b"")
    encoding = _BYTE_ORDER_MARKS.get(mark) or _UNMARKED.get(tuple(byte == 0 for byte in content[:4]), "utf-8")
    content = content.removeprefix(mark)
    text = _utf8_or_windows_1252(content) if encoding == "utf-8" else content.decode(encoding, "replace")
    n_controls = len(text) - len(text.translate(_WITHOUT_CONTROLS))
    is_padded = n_controls == text.count("\0")  # a text with null bytes, and no other control characters
    if n_controls > max(_CONTROLS_IN_TEXT, len(text) // (3 if is_padded else 20)):
        return None
    end = "" if "\n" in text or "\r" in text else "\n"
    return _MARK_IN_TEXT.sub("", text.rstrip("\x1a").replace("\0", end))  # DOS programs end a text with 1A


def mixed_text(text: str) -> str:
    """Return text in which what is not UTF-8, escaped as halves of surrogate pairs, is read as Windows-1252."""
    return text.translate(_ESCAPED_WINDOWS_1252)


def other_readings(text: str) -> Iterator[str]:
    """Yield what text says that was read as Windows-1252, and may be in another encoding; nothing for plain ASCII."""
    if text.isascii():
        return
    codes = [_BYTES.get(char, ord(char)) for char in text]
    if max(codes) > 0xFF:  # it was not read as Windows-1252
        return
    content = bytes(codes)
    for encoding in _OTHER_ENCODINGS:
        try:
            yield content.decode(encoding)
        except UnicodeDecodeError:
            continue


def _utf8_or_windows_1252(content: bytes) -> str:
    """Decode bytes as UTF-8, else as Windows-1252; a text that is mostly UTF-8 with a few other bytes is both."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        pass
    mixed = content.decode(errors="surrogateescape")
    n_wrong = sum("\udc80" <= char <= "\udcff" for char in mixed)
    n_right = sum(char >= "\x80" for char in mixed) - n_wrong
    return mixed_text(mixed) if n_right > n_wrong else content.decode("latin-1").translate(_WINDOWS_1252)
