"""JSON, XML and property lists from files that anybody may have made: size, depth and number of values are bounded."""

import codecs
import json
import os
import plistlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import Element, ParseError

from spotrec.crawl.sources.text import not_in
from spotrec.crawl.sources.unreadable_files import unreadable
from spotrec.errors import UsageError, first_line
from spotrec.system.encodings import codec_of
from spotrec.system.files import open_regular
from spotrec.system.text import DecodedText, decode, mixed_text

MAX_BYTES = 200_000_000
MAX_JSON_BYTES = 64_000_000
_MOST_VALUES = 5_000_000
_MOST_ELEMENTS = 10_000_000
_MOST_WITHIN = 10_000
_DEEPEST = 100
_START = 1024
JSON_LINES = (".jsonl", ".ndjson")
_CHUNK = 1_000_000
_MOST_LETTERS = 200_000
"""Lines with letters that are not ASCII, in bytes: enough to tell the encoding of a file."""
_CONTROL = bytes(set(range(32)) - set(b"\t\n\r"))
_DECLARED = re.compile(
    rb"((?:\xef\xbb\xbf)?\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"'])([\w.-]+)([\"'])", re.IGNORECASE
)
_SAID_OF_UTF_8 = (b"utf-8", b"utf8", b"utf-16", b"utf16", b"unicode", b"us-ascii", b"ascii")
"""Encodings that files declare that are in UTF-8: some programs make text in UTF-16 and save it as UTF-8."""


def first_bytes(path: Path) -> bytes:
    """Return the first kilobyte of a file.

    Raises:
        SpotrecError: it cannot be read.
    """
    with _opened(path, MAX_BYTES) as file:
        return file.read(_START)


def read_bytes(path: Path, max_bytes: int) -> bytes:
    """Return the content of a file.

    Raises:
        UsageError: it is too large.
        SpotrecError: it cannot be read.
    """
    with _opened(path, max_bytes) as file:
        return file.read(max_bytes)


def read_json(path: Path, encoding: str = "") -> tuple[Any, DecodedText]:
    """Return the value in a JSON file, and how its text was read; of a file with a value on each line, all of them.

    Args:
        encoding: the codec of text that is not Unicode; "" to guess it.

    Raises:
        UsageError: it is too large, not JSON, or not in that encoding.
        SpotrecError: it cannot be read.
    """
    with _opened(path, MAX_JSON_BYTES) as file:
        content = file.read(MAX_JSON_BYTES + 1)
    if sum(map(content.count, (b"{", b"[", b","))) > _MOST_VALUES:
        raise UsageError(f"{path} contains too many values to be a list of tracks", "give a smaller file")
    try:
        return _json_value(content, encoding, loads=_lines if path.suffix.lower() in JSON_LINES else json.loads)
    except RecursionError as exc:
        raise UsageError(f"{path} is nested too deeply to be a list of tracks", "export it again") from exc
    except ValueError as exc:  # of the text's encoding too
        raise UsageError(f"{path} is not JSON that can be read: {first_line(exc)}", "export it again") from exc


def _lines(content: str | bytes) -> list[Any]:
    """Return the values of a text that has one on each line."""
    text = content.decode() if isinstance(content, bytes) else content
    return [json.loads(line) for line in text.removeprefix("\ufeff").split("\n") if line.strip()]


def _json_value(
    content: bytes, encoding: str, loads: Callable[[str | bytes], Any] = json.loads
) -> tuple[Any, DecodedText]:
    try:
        return loads(content), DecodedText("", "utf-8")
    except ValueError:
        found = decode(content, encoding)  # in another encoding, or with null bytes
        if found is None or found.text.encode(errors="replace") == content.removeprefix(codecs.BOM_UTF8):
            raise
        return loads(found.text), found


def xml_text(path: Path, encoding: str = "") -> DecodedText:
    """Return how an XML file is to be read that declares no encoding, or declares UTF-8 and is not; without its text.

    Args:
        encoding: the codec of a file that is not Unicode; "" to guess it.

    Raises:
        UsageError: it is not in that encoding.
        SpotrecError: it cannot be read.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    letters = bytearray()
    is_utf_8 = True
    with _opened(path, MAX_BYTES) as file:
        start = file.read(_START)
        file.seek(0)
        if _declared(start) != "utf-8":
            return DecodedText("", "utf-8")
        while content := file.read(_CHUNK):
            if len(letters) < _MOST_LETTERS:
                letters += b"\n".join(line for line in content.split(b"\n") if not line.isascii())
            try:
                decoder.decode(content)
            except UnicodeDecodeError:
                is_utf_8 = False
            if not is_utf_8 and len(letters) >= _MOST_LETTERS:
                break
    if is_utf_8:
        return DecodedText("", "utf-8")
    try:
        return decode(bytes(letters), encoding) or DecodedText("", "utf-8")
    except UnicodeDecodeError as exc:
        raise not_in(str(path), encoding, exc) from exc


def xml_events(
    path: Path, whole: frozenset[str] = frozenset(), encoding: str = "utf-8"
) -> Iterator[tuple[str, str, Element]]:
    """Yield `start` and `end` of each element of an XML file, with its name without namespace.

    At its start an element has its attributes, at its end its text.

    Args:
        whole: elements with these names have their children at their end; other elements have none.
        encoding: see `xml_text`.

    Raises:
        UsageError: the file is too large, has too many or too deeply nested elements, declares entities, or is no XML.
        SpotrecError: it cannot be read.
    """
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import iterparse

    parents: list[Element] = []
    n_whole = n_within = n_elements = 0
    with _opened(path, MAX_BYTES) as file:
        try:
            for event, element in iterparse(_Cleaned(file, encoding), events=("start", "end"), forbid_dtd=False):
                name = element.tag.rpartition("}")[2]
                if event == "start":
                    n_elements += 1
                    parents.append(element)
                    n_whole += name in whole
                    n_within = n_within + 1 if n_whole else 0
                    if len(parents) > _DEEPEST or n_elements > _MOST_ELEMENTS or n_within > _MOST_WITHIN:
                        raise UsageError(
                            f"{path} has too many elements, or nests them too deeply, to be a list of tracks",
                            "give a smaller file",
                        )
                    yield event, name, element
                    continue
                yield event, name, element
                parents.pop()
                n_whole -= name in whole
                n_within = n_within if n_whole else 0
                if parents and not n_whole:
                    parents[-1].remove(element)
        except DefusedXmlException as exc:
            raise UsageError(
                f"{path} declares XML entities, which no playlist needs and which can exhaust the memory",
                "export it again from its program",
            ) from exc
        except (ParseError, ValueError, LookupError) as exc:  # a damaged file, or an unknown encoding
            raise UsageError(f"{path} is not XML that can be read: {first_line(exc)}", "export it again") from exc


def read_plist(path: Path, kind: str, encoding: str = "utf-8") -> Any:
    """Return the value in a property list in XML.

    Args:
        kind: what the file should be, in messages: “a library”.
        encoding: see `xml_text`.

    Raises:
        UsageError: as `xml_events`, or it is not a property list.
        SpotrecError: it cannot be read.
    """
    for _ in xml_events(path):  # checks the bounds: plistlib has none
        pass
    with _opened(path, MAX_BYTES) as file:
        try:
            return plistlib.load(_Cleaned(file, encoding), fmt=plistlib.FMT_XML)  # type: ignore[arg-type] # it only reads
        except (ValueError, AttributeError, TypeError, IndexError, OverflowError) as exc:  # whatever plistlib raises
            raise UsageError(f"{path} is {kind} that cannot be read: {first_line(exc)}", "export it again") from exc


class _Cleaned:
    """An XML file as UTF-8, without what keeps parsers from reading what programs wrote.

    That is control characters, which iTunes writes when a tag has them; blanks before the XML declaration; bytes that
    are not in the encoding of the file, read as Windows-1252; and a declaration of UTF-16 in a file that is not.

    Args:
        encoding: of a file that does not declare another one; see `xml_text`.
    """

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        declared = _declared(file.read(_START))
        file.seek(0)
        self._is_wide = declared.startswith("utf-16")
        codec = encoding if declared == "utf-8" else declared
        self._decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
        self._at_start = True

    def read(self, n: int = -1) -> bytes:
        while content := self._file.read(n):
            if self._is_wide:
                return content
            if cleaned := self._clean(content):  # an empty answer would mean the end
                return cleaned
        return b"" if self._is_wide else self._decoded(b"", is_last=True)

    def _clean(self, content: bytes) -> bytes:
        content = content.translate(None, _CONTROL)
        if self._at_start:
            content = content.removeprefix(codecs.BOM_UTF8).lstrip()
            self._at_start = not content
            content = _DECLARED.sub(rb"\1utf-8\3", content, count=1)
        return self._decoded(content)

    def _decoded(self, content: bytes, *, is_last: bool = False) -> bytes:
        text = self._decoder.decode(content, is_last)
        try:
            return text.encode()
        except UnicodeEncodeError:
            return mixed_text(text).encode(errors="replace")


def _declared(start: bytes) -> str:
    """Return the codec of an XML file, as it begins: UTF-16, what it declares, else UTF-8.

    Raises:
        ValueError: it declares an encoding that does not exist.
    """
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in start[:4]:
        return "utf-16-le"
    found = _DECLARED.match(start)
    is_utf_8 = found is None or found[2].lower() in _SAID_OF_UTF_8
    return "utf-8" if found is None or is_utf_8 else codec_of(found[2].decode())


@contextmanager
def _opened(path: Path, max_bytes: int) -> Iterator[IO[bytes]]:
    try:
        with open_regular(path) as file:
            if os.fstat(file.fileno()).st_size > max_bytes:
                raise UsageError(
                    f"{path} is too large to be a list of tracks", f"give a file of at most {max_bytes // 1_000_000} MB"
                )
            yield file
    except OSError as exc:
        raise unreadable(path, exc) from exc
