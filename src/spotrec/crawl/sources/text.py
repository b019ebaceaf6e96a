"""Text from a file or standard input, of limited size."""

import re
import sys
from pathlib import Path

from spotrec.crawl.sources.unreadable_files import unreadable
from spotrec.errors import UsageError
from spotrec.system.encodings import name_of
from spotrec.system.files import read_regular
from spotrec.system.text import DecodedText, decode

MAX_BYTES = 20_000_000
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_text(path: Path, what: str, encoding: str = "") -> DecodedText:
    """Read a text file.

    Args:
        what: what the file should be, for error messages: "a playlist".
        encoding: the codec of text that is not Unicode; "" to guess it.

    Raises:
        UsageError: the file is too large, not text, or not in that encoding.
        SpotrecError: it cannot be read.
    """
    try:
        content = read_regular(path, MAX_BYTES)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    return _decoded(content, str(path), what, encoding)


def read_stdin(encoding: str = "") -> DecodedText:
    """Read all of standard input.

    Raises:
        UsageError: standard input is a terminal, too large, not text, or not in that encoding.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("nothing is piped into spotrec", "pipe links or a CSV: spotrec crawl - < links.txt")
    return _decoded(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input", "text", encoding)


def lines(text: str) -> list[str]:
    """Return the lines that are not blank. Only CR, LF and CRLF end a line: a name may hold every other character."""
    return [line for line in _LINE_END.split(text) if line.strip()]


def encoding_notice(name: str, found: DecodedText) -> str:
    """Return what the user is told of an encoding that was guessed; "" if there was nothing to guess.

    Args:
        name: the name of the file.
    """
    if not found.is_guess:
        return ""
    if found.encoding == "utf-8":
        return f"{name} has a few bytes that are not UTF-8; they were read as Windows-1252"
    doubt = "" if found.is_sure else ", which is not certain"
    return (
        f"{name} is not Unicode; it was read as {name_of(found.encoding)}{doubt}: "
        "if names look wrong, give another `encoding`"
    )


def not_in(name: str, encoding: str, exc: UnicodeDecodeError) -> UsageError:
    """Return the error that a text is not in the encoding that was said."""
    line = len(_LINE_END.findall(exc.object[: exc.start].decode("latin-1"))) + 1
    return UsageError(
        f"{name} is not in {name_of(encoding)}: see its line {line:,}",
        "give another `encoding`, or none, and spotrec guesses it",
    )


def _decoded(content: bytes, name: str, what: str, encoding: str) -> DecodedText:
    try:
        found = decode(content, encoding) if len(content) <= MAX_BYTES else None
    except UnicodeDecodeError as exc:
        raise not_in(name, encoding, exc) from exc
    if found is None:
        raise UsageError(f"{name} is not {what}", f"give a text file of at most {MAX_BYTES // 1_000_000} MB")
    return found
