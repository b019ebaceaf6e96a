"""M3U and M3U8 playlists: paths, absolute or relative to the playlist, and links to tracks."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.entries import EntryFinder, proven_by_files
from spotrec.crawl.sources.named_tracks import name_id
from spotrec.crawl.sources.text import encoding_notice, lines, read_text
from spotrec.errors import NotFound, SignInNeeded, TrackError, UsageError
from spotrec.links import Reference
from spotrec.names.titles import one_line
from spotrec.track import Collection, CollectionKind, Track

INFO = re.compile(r"\s*#EXTINF:\s*-?[0-9.]*(?:\s+[\w-]+=(?:\"[^\"]*\"|[^\s,]*))*\s*,?(.*)", re.IGNORECASE)
"""The line above an entry that says its length and its name."""
_PIECE = 20


class M3USource:
    """The entries of a playlist file, in order.

    Args:
        path: the playlist.
        look_up: reads or looks up the single track that an entry refers to.
        by_name: whether an entry whose file is not here is the track that the line above it names.
        encoding: the codec of a text that is not Unicode; "" to guess it.

    Raises:
        NotFound, UsageError: the playlist cannot be read, or names no tracks.
    """

    def __init__(
        self,
        path: Path,
        look_up: Callable[[Reference], ListedTrack],
        *,
        by_name: bool = False,
        encoding: str = "",
    ) -> None:
        self._path = path.resolve()
        self._encoding = encoding
        self._look_up = look_up
        self._by_name = by_name

    def listings(self) -> Iterator[Listing]:
        found = read_text(self._path, "a playlist", self._encoding)
        found = proven_by_files(found, self._path.parent, _places)
        finder = EntryFinder(self._path.parent, found.encoding)
        entries = list(_entries(found.text, finder))
        if not entries:
            raise NotFound(f"{self._path} names no tracks", "an M3U has a path or a link on each line")
        if notice := encoding_notice(self._path.name, found):
            yield Listing([], notice=notice)
        collection = Collection(f"m3u:{self._path}", CollectionKind.PLAYLIST, one_line(self._path.stem) or "playlist")
        for start in range(0, len(entries), _PIECE):
            tracks, skipped = [], []
            for entry, info in entries[start : start + _PIECE]:
                try:
                    tracks.append(self._look_up(finder.find(entry)))
                except TrackError as error:
                    skipped.append(SkippedEntry(entry.strip(), error.reason, error.hint))
                except (NotFound, SignInNeeded, UsageError) as error:
                    if self._by_name and isinstance(error, NotFound) and (named := _named(info)):
                        tracks.append(ListedTrack(named))
                    else:
                        skipped.append(SkippedEntry(entry.strip(), error.message))
            yield Listing(tracks, skipped, collection, len(entries))


def _entries(text: str, finder: EntryFinder) -> Iterator[tuple[str, str]]:
    """Yield each entry with what the line above it says of its name."""
    info = ""
    for line in lines(text):
        if finder.is_entry(line):
            yield line, info
            info = ""
        elif found := INFO.match(line):
            info = one_line(found[1])


def _places(text: str) -> Iterator[tuple[str]]:
    return ((line,) for line in lines(text) if not line.lstrip().startswith("#"))


def _named(info: str) -> Track | None:
    """Return the track that `Artist - Title` names; None if it names none."""
    artist, dash, title = info.partition(" - ")
    try:
        return Track(name_id(None, title, (artist,)), title, (artist,)) if dash else None
    except UsageError:
        return None
