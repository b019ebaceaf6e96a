"""The text of a list as it stands in its file, so that what is not changed is written back byte by byte."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from spotrec.crawl.sources.text import MAX_BYTES, read_text
from spotrec.errors import UsageError, quoted
from spotrec.system.files import read_regular
from spotrec.system.text import decode_text

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins like UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}


@dataclass(frozen=True, slots=True)
class ListText:
    """The lines of a file.

    Attributes:
        content: the bytes of the file.
        lines: its lines as they are to be read, without their ends.
        raw: the same lines with their ends; bytes that are no UTF-8 are halves of surrogate pairs.
    """

    path: Path
    content: bytes
    lines: list[str]
    raw: list[str]
    mark: bytes
    encoding: str

    @property
    def line_end(self) -> str:
        """How its lines end."""
        first = self.raw[0] if self.raw else "\n"
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    @property
    def is_windows_1252(self) -> bool:
        """Whether it has bytes that are no UTF-8."""
        return self.encoding == "utf-8" and any("\udc80" <= char <= "\udcff" for line in self.raw for char in line)

    def can_hold(self, line: str) -> bool:
        """Whether a new line can be written in the encoding of the file."""
        try:
            line.encode("cp1252" if self.is_windows_1252 else self.encoding)
        except UnicodeEncodeError:
            return False
        return True

    def as_raw(self, line: str) -> str:
        """Return a new line as it stands among `raw`, with its end."""
        if self.is_windows_1252:
            line = line.encode("cp1252", "replace").decode("utf-8", "surrogateescape")
        return line + self.line_end

    def bytes_of(self, raw: str) -> bytes:
        """Return the bytes of a file with this text."""
        return self.mark + raw.encode(self.encoding, _errors(self.encoding))


def read_list_text(path: Path, what: str) -> ListText:
    """Read a text file that may be written again.

    Args:
        what: what the file should be, for error messages: "a playlist".

    Raises:
        UsageError: it is too large, or not text.
        SpotrecError: it cannot be read.
    """
    read_text(path, what)  # raises what there is to say
    content = read_regular(path, MAX_BYTES)
    text = decode_text(content)
    mark = next((mark for mark in (*_WIDE, codecs.BOM_UTF8) if content.startswith(mark)), b"")
    encoding = _WIDE.get(mark, "utf-8")
    if not mark and content[1:2] == b"\0":
        encoding = "utf-16-le"
    try:
        whole = content.removeprefix(mark).decode(encoding, _errors(encoding))
    except UnicodeDecodeError:
        whole = ""
    raw = _LINE.findall(whole)
    lines = [line.rstrip("\r\n") for line in _LINE.findall(text or "")]
    lines += [""] * (len(raw) - len(lines))  # an end of file of DOS is no text
    found = ListText(path, content, lines, raw, mark, encoding)
    if found.bytes_of("".join(raw)) != content or len(lines) != len(raw):
        raise UsageError(f"{quoted(str(path))} has text in an encoding that spotrec cannot write", "save it as UTF-8")
    return found


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "surrogatepass"
