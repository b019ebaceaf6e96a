"""Crates of Serato (`_Serato_/Subcrates/*.crate`): the paths of files, from the root of their drive."""

from collections.abc import Iterator
from pathlib import Path

from spotrec.crawl.sources.documents import read_bytes
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile
from spotrec.errors import UsageError

BEGIN = b"vrsn\0\0"
"""How a crate begins: each field is four letters, the length of its value, and the value."""
_HEAD = 8
_MAX_BYTES = 64_000_000


def read_serato(path: Path) -> ListFile:
    """Return the files that a crate names.

    Raises:
        UsageError: it is damaged.
        SpotrecError: it cannot be read.
    """
    content = read_bytes(path, _MAX_BYTES)
    try:
        files = [
            value.decode("utf-16-be")
            for tag, track in _fields(content)
            if tag == b"otrk"
            for inner, value in _fields(track)
            if inner == b"ptrk"
        ]
    except ValueError as exc:  # of the text's encoding too
        raise UsageError(f"{path} is a crate of Serato that cannot be read: it is damaged", "export it again") from exc
    entries = [Entry(places=(file if file[1:2] == ":" else f"/{file.lstrip('/')}",)) for file in files if file]
    title = path.stem.replace("%%", "/")
    return ListFile([EntryList("", title, entries)], "a crate of Serato")


def _fields(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(content):
        end = at + _HEAD + int.from_bytes(content[at + 4 : at + _HEAD], "big")
        if end > len(content) or at + _HEAD > len(content):
            raise ValueError("it ends within a field")
        yield content[at : at + 4], content[at + _HEAD : end]
        at = end
