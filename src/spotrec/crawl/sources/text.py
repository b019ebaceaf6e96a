"""Text from a file or standard input, of limited size."""

import re
import sys
from pathlib import Path

from spotrec.crawl.sources.unreadable_files import unreadable
from spotrec.errors import UsageError
from spotrec.system.files import read_regular
from spotrec.system.text import decode_text

MAX_BYTES = 20_000_000
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_text(path: Path, what: str) -> str:
    """Read a text file.

    Args:
        what: what the file should be, for error messages: "a playlist".

    Raises:
        UsageError: the file is too large, or not text.
        SpotrecError: it cannot be read.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    return _decoded(content, f"{path} is not {what}")


def read_stdin() -> str:
    """Read all of standard input.

    Raises:
        UsageError: standard input is a terminal, too large, or not text.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("nothing is piped into spotrec", "pipe links or a CSV: spotrec crawl - < links.txt")
    return _decoded(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input is not text")


def lines(text: str) -> list[str]:
    """Return the lines that are not blank. Only CR, LF and CRLF end a line: a name may hold every other character."""
    return [line for line in _LINE_END.split(text) if line.strip()]


def _decoded(content: bytes, complaint: str) -> str:
    text = decode_text(content) if len(content) <= MAX_BYTES else None
    if text is None:
        raise UsageError(complaint, f"give a text file of at most {MAX_BYTES // 1_000_000} MB")
    return text
