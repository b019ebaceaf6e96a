"""The text of a list as it stands in its file, so that what is not changed is written back byte by byte."""

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

from spotrec.crawl.sources.entries import proven_by_files
from spotrec.crawl.sources.text import MAX_BYTES, encoding_notice, read_text
from spotrec.errors import UsageError, quoted
from spotrec.system.files import read_regular

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_WIDE = ("utf-16", "utf-32")
_MARKS = (
    *(codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),  # the first begins like UTF-16
    *(codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF8),
)


@dataclass(frozen=True, slots=True)
class ListText:
    """The lines of a file.

    Attributes:
        content: the bytes of the file.
        lines: its lines as they are to be read, without their ends.
        raw: the same lines with their ends; bytes that are no UTF-8 are halves of surrogate pairs.
        encoding: how `raw` is written.
        read_as: the codec in which the text was read.
        notice: what the user is told of an encoding that was guessed.
    """

    path: Path
    content: bytes
    lines: list[str]
    raw: list[str]
    mark: bytes
    encoding: str
    read_as: str
    notice: str

    @property
    def line_end(self) -> str:
        """How its lines end."""
        first = self.raw[0] if self.raw else "\n"
        return "\r\n" if first.endswith("\r\n") else "\r" if first.endswith("\r") else "\n"

    def can_hold(self, line: str) -> bool:
        """Whether a new line can be written in the encoding of the file."""
        try:
            line.encode(self.read_as)
        except UnicodeEncodeError:
            return False
        return True

    def as_raw(self, line: str) -> str:
        """Return a new line as it stands among `raw`, with its end."""
        if self.encoding != self.read_as:
            line = line.encode(self.read_as, "replace").decode(self.encoding, _errors(self.encoding))
        return line + self.line_end

    def bytes_of(self, raw: str) -> bytes:
        """Return the bytes of a file with this text."""
        return self.mark + raw.encode(self.encoding, _errors(self.encoding))


def read_list_text(path: Path, what: str, encoding: str = "") -> ListText:
    """Read a text file that may be written again.

    Args:
        what: what the file should be, for error messages: "a playlist".
        encoding: the codec of text that is not Unicode; "" to guess it.

    Raises:
        UsageError: it is too large, not text, or not in that encoding.
        SpotrecError: it cannot be read.
    """
    found = proven_by_files(
        read_text(path, what, encoding),
        path.parent,
        lambda text: ((line,) for line in text.splitlines() if not line.lstrip().startswith("#")),
    )
    content = read_regular(path, MAX_BYTES)
    mark = next((mark for mark in _MARKS if content.startswith(mark)), b"")
    written = found.encoding if found.encoding.startswith(_WIDE) else "utf-8"
    try:
        whole = content.removeprefix(mark).decode(written, _errors(written))
    except UnicodeDecodeError:
        whole = ""
    raw = _LINE.findall(whole)
    lines = [line.rstrip("\r\n") for line in _LINE.findall(found.text)]
    lines += [""] * (len(raw) - len(lines))  # an end of file of DOS is no text
    told = encoding_notice(path.name, found)
    text = ListText(path, content, lines, raw, mark, written, found.encoding, told)
    if text.bytes_of("".join(raw)) != content or len(lines) != len(raw):
        raise UsageError(f"{quoted(str(path))} has text in an encoding that spotrec cannot write", "save it as UTF-8")
    return text


def _errors(encoding: str) -> str:
    return "surrogateescape" if encoding == "utf-8" else "surrogatepass"
