"""An M3U, or a text with a link, an id or a path on each line, as a list that may be written again.

What belongs to an entry are its line and the comments above it. They stay together, and they stay as they are.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from spotrec.crawl.sources.m3u import INFO
from spotrec.export import m3u
from spotrec.export.addresses import file_of
from spotrec.export.relative_paths import relative_line
from spotrec.links import M3U_SUFFIXES
from spotrec.names.titles import one_line
from spotrec.operations.lists.entries import MOST_ENTRIES, Entry
from spotrec.operations.lists.list_text import ListText
from spotrec.operations.lists.recognition import Described, Recognition
from spotrec.track import Track

_OF_A_TRACK = re.compile(r"\s*#(?:EXT(?!M3U|ENC|-X-)|KODIPROP)", re.IGNORECASE)
"""How a comment about a track begins; other comments before the first one are about the list."""
_DRIVE = re.compile(r"[A-Za-z]:[\\/]|\\\\|//")


@dataclass(frozen=True, slots=True)
class M3uList:
    """The lines of a file around its entries.

    Attributes:
        head, tail: what stands before the first entry and after the last.
        is_extended: whether it has lines that say length and name.
        is_relative: whether most of its files are named from its own folder.
    """

    text: ListText
    head: str
    entries: tuple[Entry, ...]
    tail: str
    is_extended: bool
    is_relative: bool

    def content(self, entries: "list[Entry] | tuple[Entry, ...]", file: Path, relative_to: Path | None) -> bytes:
        """Return the bytes of a file with these entries.

        Args:
            file: where it will be: in another folder, relative paths of the list are written anew.
            relative_to: the folder from which files are named.
        """
        end = self.text.line_end
        bodies = [
            self._new(entry.track, file, relative_to)
            if entry.is_new and entry.track
            else self._old(entry, file, relative_to)
            for entry in entries
        ]
        pieces = [self._head_of(file), *bodies, self.tail]
        whole = [one if one.endswith(("\r", "\n")) or not one else one + end for one in pieces[:-1]]
        return self.text.bytes_of("".join([*whole, pieces[-1]]))

    def _head_of(self, file: Path) -> str:
        """Return what stands above the first entry; another M3U begins as players, and spotrec, recognise it."""
        is_another = file != self.text.path and file.suffix.lower() in M3U_SUFFIXES
        if is_another and not any(line.strip().upper().startswith(m3u.HEADER) for line in self.text.lines[:1]):
            return self.text.as_raw(m3u.HEADER) + self.head
        return self.head

    def _new(self, track: Track, file: Path, relative_to: Path | None) -> str:
        seen_from = relative_to or (file.parent if self.is_relative else None)
        address = m3u.address_of(track, seen_from)
        if address is None:
            return self.text.as_raw(f"# {one_line(track.name)}")
        path = file_of(track)
        if path and self._has_backslashes and "://" not in address and not address.startswith("/"):
            address = address.replace("/", "\\")
        if path and not self.text.can_hold(address):
            address = Path(path).as_uri()
        lines = [m3u.extinf(track), address] if self.is_extended else [address]
        return "".join(map(self.text.as_raw, lines))

    @property
    def _has_backslashes(self) -> bool:
        """Whether most of its files are named as Windows does."""
        files = [entry.place for entry in self.entries if entry.file]
        return 2 * sum("\\" in place and "/" not in place for place in files) > len(files)

    def _old(self, entry: Entry, file: Path, relative_to: Path | None) -> str:
        """Return the lines of an entry that the list had, with another path only if it would lead nowhere."""
        if not entry.file or (relative_to is None and file.parent == self.text.path.parent):
            return entry.body
        is_absolute = entry.place.startswith("/") or "://" in entry.place or _DRIVE.match(entry.place)
        if relative_to is None:
            if is_absolute:
                return entry.body
            seen = relative_line(entry.file, file.parent)
        else:
            seen = relative_line(entry.file, relative_to)
        address = seen or entry.file
        if not self.text.can_hold(address):
            return entry.body
        comments = re.split(r"(?<=\n)|(?<=\r)(?!\n)", entry.body.rstrip("\r\n"))[:-1]
        return "".join(comments) + self.text.as_raw(address)


def read_m3u_list(text: ListText, recognition: Recognition) -> M3uList:
    """Read the entries of a list."""
    cut, is_extended = _begin(text, recognition), False
    described: list[Described] = []
    begin, info = cut, ""
    for at in range(cut, len(text.lines)):
        line = text.lines[at]
        if not line.strip():
            continue
        if not recognition.finder.is_entry(line):
            if found := INFO.match(line):
                info, is_extended = one_line(found[1]), True
            continue
        entry = replace(
            recognition.at(line), number=len(described) + 1, body="".join(text.raw[begin : at + 1]), place=line.strip()
        )
        described.append(_named(entry, info))
        begin, info = at + 1, ""
        if len(described) > MOST_ENTRIES:
            break
    entries = tuple(recognition.by_names(described))
    is_extended = is_extended or any(line.strip().upper() == m3u.HEADER for line in text.lines[:1])
    return M3uList(
        text, "".join(text.raw[:cut]), entries, "".join(text.raw[begin:]), is_extended, _is_relative(entries)
    )


def _begin(text: ListText, recognition: Recognition) -> int:
    """Return the number of lines that are about the list, not about its first entry."""
    for at, line in enumerate(text.lines):
        if line.strip() and (_OF_A_TRACK.match(line) or recognition.finder.is_entry(line)):
            return at
    return len(text.lines)


def _named(entry: Entry, info: str) -> Described:
    artist, dash, title = info.partition(" - ")
    if not info:
        return Described(entry)
    name = entry.track.name if entry.track else info
    return Described(replace(entry, name=name), title if dash else "", (artist,) if dash else ())


def _is_relative(entries: tuple[Entry, ...]) -> bool:
    files = [entry for entry in entries if entry.file]
    relative = list(_relative(files))
    return len(relative) * 2 > len(files)


def _relative(files: list[Entry]) -> Iterator[Entry]:
    return (entry for entry in files if not entry.place.startswith("/") and "://" not in entry.place)
