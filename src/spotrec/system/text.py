"""Text in the encodings that programs write: Unicode, else the encoding that is said, or the most likely one."""

import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from spotrec.system.encodings import ENCODINGS, guess_encoding

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
_UNICODE = ("utf-8", *_UNMARKED.values(), "utf-32-le", "utf-32-be")
_ODD_IN_TEXT = frozenset({"Cc", "Cn", "Co", "Cs"})
_PLAIN_IN_TEXT = re.compile(r"[ -~\r\n\t]")
_RARELY_PLAIN = 60
_WITHOUT_CONTROLS = dict.fromkeys(set(range(0x20)) - set(map(ord, "\t\n\v\f\r\x1a\x1b")))
_CONTROLS_IN_TEXT = 2
"""A damaged text has a few control characters, a file of another kind has many."""
_MARK_IN_TEXT = re.compile("(?<=[\r\n])\ufeff+")
"""The byte order mark of a file that was appended."""
_BYTES = {char: byte for byte, char in _WINDOWS_1252.items()}
_WESTERN = "cp1252"
_ESCAPED = re.compile("[\udc80-\udcff]")
"""Bytes that are in no encoding, as halves of surrogate pairs."""


@dataclass(frozen=True, slots=True)
class DecodedText:
    """The text in a file, without byte order marks and null bytes.

    Attributes:
        encoding: the name of Python's codec.
        is_guess: whether the encoding is only the most likely one; a text of Unicode is never a guess.
        is_sure: whether no other encoding is nearly as likely.
    """

    text: str
    encoding: str
    is_guess: bool = False
    is_sure: bool = True


def decode(content: bytes, encoding: str = "") -> DecodedText | None:
    """Return the text in a file's content; None if it is not text.

    It is UTF-8, or UTF-16 or UTF-32 with a byte order mark or recognisable as such, else in the encoding that is said,
    else in the most likely one. Null bytes end its lines if nothing else does.

    Args:
        encoding: the codec of text that is not Unicode; "" to guess it.

    Raises:
        UnicodeDecodeError: it is not in that encoding.
    """
    mark = next((mark for mark in _BYTE_ORDER_MARKS if content.startswith(mark)), b"")
    unmarked = _UNMARKED.get(tuple(byte == 0 for byte in content[:4]), "utf-8")
    codec = _BYTE_ORDER_MARKS.get(mark) or (encoding if encoding in _UNICODE else unmarked)
    content = content.removeprefix(mark)
    if codec != "utf-8":
        return _cleaned(DecodedText(content.decode(codec, "replace"), codec))
    found = _cleaned(_decoded(content, encoding))
    if (found is None or (b"\0" in content and found.is_guess)) and (wide := _wide(content)):
        return wide
    return found


def decode_text(content: bytes) -> str | None:
    """Return the text in a file's content, as `decode` guesses it; None if it is not text."""
    found = decode(content)
    return found.text if found else None


def mixed_text(text: str) -> str:
    """Return text in which what is not UTF-8, escaped as halves of surrogate pairs, is read as Windows-1252."""
    return text.translate(_ESCAPED_WINDOWS_1252)


def other_readings(text: str, encoding: str) -> Iterator[tuple[str, str]]:
    """Yield what text says in other encodings than the one in which it was read, with their codecs.

    The first is what a system has whose names of files are such bytes. Unicode may be what another program took for
    Windows-1252. Plain ASCII has no other reading.
    """
    if text.isascii():
        return
    try:
        content = _bytes_of(text, _WESTERN if encoding in _UNICODE else encoding)
    except UnicodeEncodeError:  # it was not read in this encoding
        return
    yield content.decode("utf-8", "surrogateescape"), "utf-8"
    for other in (*ENCODINGS, "cp437"):
        try:
            yield content.decode(other), other
        except UnicodeDecodeError:
            continue


def _bytes_of(text: str, encoding: str) -> bytes:
    """Return the bytes of a text that `decode` read in an encoding."""
    pieces = []
    for char in text:
        try:
            pieces.append(char.encode(encoding))
        except UnicodeEncodeError:
            if char not in _BYTES:
                raise
            pieces.append(bytes([_BYTES[char]]))
    return b"".join(pieces)


def _cleaned(found: DecodedText) -> DecodedText | None:
    """Return a text without what is no text; None if there is too much of that."""
    text = found.text
    n_controls = len(text) - len(text.translate(_WITHOUT_CONTROLS))
    is_padded = n_controls == text.count("\0")  # a text with null bytes, and no other control characters
    if n_controls > max(_CONTROLS_IN_TEXT, len(text) // (3 if is_padded else 20)):
        return None
    end = "" if "\n" in text or "\r" in text else "\n"
    text = _MARK_IN_TEXT.sub("", text.rstrip("\x1a").replace("\0", end))  # DOS programs end a text with 1A
    return replace(found, text=text)


def _decoded(content: bytes, encoding: str) -> DecodedText:
    """Decode bytes as UTF-8, else in a legacy encoding; a text that is mostly UTF-8 with a few other bytes is both."""
    try:
        return DecodedText(content.decode(), "utf-8")
    except UnicodeDecodeError:
        if encoding == "utf-8":
            raise
    if encoding:
        return DecodedText(content.decode(encoding), encoding)
    mixed = content.decode(errors="surrogateescape")
    n_wrong = len(_ESCAPED.findall(mixed))
    n_right = len(mixed) - len(mixed.encode("ascii", "ignore")) - n_wrong
    if n_right > n_wrong:
        return DecodedText(mixed_text(mixed), "utf-8", is_guess=True)
    guess = guess_encoding(content)
    if guess.encoding == _WESTERN:
        text = content.decode("latin-1").translate(_WINDOWS_1252)
        return DecodedText(text, _WESTERN, is_guess=True, is_sure=guess.is_sure)
    text = content.decode(guess.encoding, "surrogateescape")
    is_sure = guess.is_sure and not _ESCAPED.search(text)
    return DecodedText(mixed_text(text), guess.encoding, is_guess=True, is_sure=is_sure)


def _wide(content: bytes) -> DecodedText | None:
    """Return the text in UTF-16 without a byte order mark whose first letters are not Latin; None if it is not that."""
    if len(content) % 2:
        return None
    found: list[tuple[int, DecodedText]] = []
    for encoding in _UNMARKED.values():
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        kinds = {unicodedata.category(char) for char in set(text) - set("\t\r\n")}
        n_plain = len(_PLAIN_IN_TEXT.findall(text))
        if not kinds & _ODD_IN_TEXT and n_plain * _RARELY_PLAIN > len(text):
            found.append((n_plain, DecodedText(text, encoding)))
    return max(found, key=lambda one: one[0])[1] if found else None
