"""Cue sheets: the files that they name. A file with several tracks is heard as one."""

import re
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.crawl.sources.entries import EntryFinder, proven_by_files
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile
from spotrec.crawl.sources.text import encoding_notice, lines, read_text
from spotrec.names.titles import one_line

_FILE = re.compile(r"\s*FILE\s+(?:\"(.*)\"|(\S.*?))(?:\s+\w+)?\s*", re.IGNORECASE)
_OTHER = re.compile(r"\s*(TRACK|TITLE|PERFORMER)\s+\"?(.*?)\"?\s*", re.IGNORECASE)
_SUFFIXES = (".flac", ".wav", ".ape", ".wv", ".m4a", ".mp3", ".ogg", ".opus", ".aiff", ".aif", ".tta", ".tak", ".mpc")
"""A file that was converted keeps its name, and its cue sheet names it as it was."""


@dataclass(slots=True)
class _Part:
    """What a cue sheet says of the disc, of a file, or of a track."""

    title: str = ""
    performer: str = ""


@dataclass(slots=True)
class _File:
    place: str
    tracks: list[_Part] = field(default_factory=list)

    @property
    def places(self) -> tuple[str, ...]:
        stem = self.place[: -len(Path(self.place).suffix)] if Path(self.place).suffix else self.place
        return tuple(dict.fromkeys([self.place, *(stem + suffix for suffix in _SUFFIXES)]))


def read_cue(path: Path, encoding: str = "") -> ListFile:
    """Return the files that a cue sheet names; of a file that is not here, its tracks, by title and artist.

    Args:
        encoding: the codec of a text that is not Unicode; "" to guess it.

    Raises:
        UsageError, SpotrecError: it cannot be read as text.
    """
    found = proven_by_files(
        read_text(path, "a cue sheet", encoding), path.parent, lambda text: [file.places for file in _parsed(text)[1]]
    )
    disc, files = _parsed(found.text)
    finder = EntryFinder(path.parent, found.encoding)
    entries: list[Entry] = []
    n_parts = 0
    for file in files:
        places, tracks = file.places, file.tracks
        if len(tracks) > 1 and any(finder.path(place) for place in places):
            n_parts += len(tracks)
            tracks = [_Part()]
        entries += (_entry(places, track, disc) for track in tracks or [_Part()])
    notice = (
        f"tracks of {path.name} that are parts of a file: {n_parts:,}; spotrec hears a file as one" if n_parts else ""
    )
    told = encoding_notice(path.name, found)
    return ListFile([EntryList("", disc.title or path.stem, entries)], "a cue sheet", notice, found.encoding, told)


def _entry(places: tuple[str, ...], track: _Part, disc: _Part) -> Entry:
    artist = track.performer or disc.performer
    return Entry(places=places, title=track.title, artists=(artist,) if artist else (), album=disc.title or None)


def _parsed(text: str) -> tuple[_Part, list[_File]]:
    disc = here = _Part()
    files: list[_File] = []
    for line in lines(text):
        if file := _FILE.fullmatch(line):
            files.append(_File((file[1] or file[2] or "").strip()))
            continue
        word, value = found.groups() if (found := _OTHER.fullmatch(line)) else ("", "")
        match word.upper():
            case "TRACK" if files:
                here = _Part()
                files[-1].tracks.append(here)
            case "TITLE":
                here.title = one_line(value)
            case "PERFORMER":
                here.performer = one_line(value)
    return disc, [file for file in files if file.place]
