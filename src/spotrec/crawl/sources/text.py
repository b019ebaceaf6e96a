"""Text from a file or standard input, of limited size and in any common encoding."""

import codecs
import sys
from pathlib import Path

from spotrec.errors import SpotrecError, UsageError

MAX_BYTES = 20_000_000
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}

_UNMARKED: dict[tuple[bool, ...], str] = {
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}


def read_text(path: Path, what: str) -> str:
    """Read a text file.

    Args:
        what: what the file should be, for error messages: "a playlist".

    Raises:
        UsageError: the file is too large, or not text.
        SpotrecError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as exc:
        raise SpotrecError(f"{path} cannot be read: {exc.strerror or exc}", "check its permissions") from exc
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
    """Return the lines that are neither empty nor comments (#)."""
    stripped = (line.strip() for line in text.splitlines())
    return [line for line in stripped if line and not line.startswith("#")]


def _decoded(content: bytes, complaint: str) -> str:
    hint = f"give a text file of at most {MAX_BYTES // 1_000_000} MB"
    if len(content) > MAX_BYTES:
        raise UsageError(complaint, hint)
    try:
        text = content.decode(_encoding(content))
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # common before UTF-8, and it accepts any bytes
    if "\0" in text:
        raise UsageError(complaint, hint)
    return text


def _encoding(content: bytes) -> str:
    marked = next((name for mark, name in _BYTE_ORDER_MARKS.items() if content.startswith(mark)), None)
    if marked:
        return marked
    # UTF-16 without its mark: every second byte of the first letters is null
    return _UNMARKED.get(tuple(byte == 0 for byte in content[:4]), "utf-8")
