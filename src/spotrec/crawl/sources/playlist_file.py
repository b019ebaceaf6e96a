"""Playlists and libraries in the files of players and services. The content, not the name, decides."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.cue import read_cue
from spotrec.crawl.sources.documents import first_bytes, read_json, xml_events, xml_text
from spotrec.crawl.sources.entries import EntryFinder, track_read_earlier
from spotrec.crawl.sources.itunes_library import read_itunes_library
from spotrec.crawl.sources.jellyfin import read_jellyfin
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile
from spotrec.crawl.sources.listenbrainz import read_listenbrainz
from spotrec.crawl.sources.named_tracks import track_link
from spotrec.crawl.sources.pls import read_pls
from spotrec.crawl.sources.rekordbox import read_rekordbox
from spotrec.crawl.sources.serato import BEGIN, read_serato
from spotrec.crawl.sources.spotify_data import read_spotify_data
from spotrec.crawl.sources.text import encoding_notice
from spotrec.crawl.sources.traktor import read_traktor
from spotrec.crawl.sources.unreadable_files import unreadable
from spotrec.crawl.sources.virtualdj import read_virtualdj
from spotrec.crawl.sources.windows_media import read_windows_media
from spotrec.crawl.sources.xspf import read_xspf
from spotrec.errors import NotFound, SignInNeeded, SpotrecError, TrackError, UsageError, quoted
from spotrec.links import (
    AUDIO_SUFFIXES,
    FileReference,
    M3UReference,
    PathReference,
    PlaylistFileReference,
    Reference,
)
from spotrec.names.titles import one_line
from spotrec.track import Collection, Track

_PIECE = 100
_FORMATS = (
    "spotrec reads PLS, XSPF, JSPF, WPL, ASX, cue sheets, Library.xml of iTunes or Music, collections of rekordbox, "
    "Traktor and VirtualDJ, crates of Serato, playlists of Jellyfin, listens of ListenBrainz, and Playlist1.json, "
    "YourLibrary.json and streaming histories from Spotify's data export"
)
_XML_READERS: dict[str, Callable[[Path, str], ListFile]] = {
    "playlist": read_xspf,
    "plist": read_itunes_library,
    "DJ_PLAYLISTS": read_rekordbox,
    "smil": read_windows_media,
    "asx": read_windows_media,
    "ASX": read_windows_media,
    "Asx": read_windows_media,
    "NML": read_traktor,
    "VirtualDJ_Database": read_virtualdj,
    "Item": read_jellyfin,
}
_OTHER_XML = {
    "rss": "a podcast feed",
    "opml": "a list of feeds",
    "html": "a web page",
    "MPD": "a DASH stream",
}
_OTHER_FILES = {
    b"bplist": "a binary property list: export the library as XML",
    b"PK\x03\x04": "a ZIP archive: unpack it",
    b"\x1f\x8b": "compressed: unpack it",
}
_OTHER_JSON = {
    frozenset({"titleUrl", "time"}): "a watch history of YouTube, which does not tell artists and titles apart",
    frozenset({"searchQuery"}): "your searches on Spotify, which are no tracks",
    frozenset({"Track Identifier", "Title"}): "a library from Apple's data export as JSON",
    frozenset({"entities", "format_version"}): "a search history",
    frozenset({"tracks", "name", "uri"}): "a playlist from Spotify's Web API",
}
_FIELDS_SHOWN = 5
_SPREADSHEETS = (".ods", ".xls", ".xlsx")
_PLS = re.compile(rb"(?:\xef\xbb\xbf)?\s*\[playlist\]", re.IGNORECASE)
_M3U = re.compile(rb"(?:\xef\xbb\xbf)?\s*#EXTM3U\b|(?:\xff\xfe)?#\0E\0X\0T\0M\0003\0U\0", re.IGNORECASE)
_XML = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*<")


class PlaylistFileSource:
    """The lists of a file, one after the other, each as a collection.

    An entry with a link is that link's track. An entry with a file is that file; if it is not here, the track that was
    read from it earlier, or else the track with its title and artist.

    Args:
        look_up: reads or looks up the single track that an entry refers to.
        stored_at: returns the track that was read earlier from a path, or None.
        read: returns the lists in the file.

    Raises:
        NotFound: the file names no tracks, or no longer has the list.
        UsageError, SpotrecError: it cannot be read, or is something else.
    """

    def __init__(
        self,
        reference: PlaylistFileReference,
        look_up: Callable[[Reference], ListedTrack],
        stored_at: Callable[[str], Track | None],
        read: Callable[[Path], ListFile],
    ) -> None:
        self._path = reference.path.resolve()
        self._key = reference.playlist
        self._finder = EntryFinder(self._path.parent)
        self._look_up = look_up
        self._stored_at = stored_at
        self._read_file = read
        self._n_by_name = 0

    def listings(self) -> Iterator[Listing]:
        file = self._read_file(self._path)
        self._finder = EntryFinder(self._path.parent, file.encoding)
        lists = [one for one in file.lists if self._key in (None, one.key)]
        if not lists and self._key:
            raise NotFound(f"{self._path} has no playlist {quoted(self._key)} any more", "crawl the file again")
        if not self._key and not any(one.entries for one in lists):
            raise NotFound(f"{self._path} is {file.kind}, but names no tracks", file.notice)
        total = sum(len(one.entries) for one in lists if self._key is not None or not one.repeats)
        listed: dict[int, ListedTrack | None] = {}
        for one in lists:
            yield from self._list(one, total, listed)
        notices = [] if self._key else list(filter(None, (file.encoding_notice, file.notice)))
        if self._n_by_name:
            notices.append(
                f"entries of {self._path.name} whose file is not here: {self._n_by_name:,}; "
                "they are known by title and artist"
            )
        for notice in notices:
            yield Listing([], total=total, notice=notice)

    def _list(self, one: EntryList, total: int, listed: dict[int, ListedTrack | None]) -> Iterator[Listing]:
        """Yield the entries of a list. Entries of the first list are not read again."""
        id_ = f"playlist:{quote(one.key, safe='')}:{self._path}" if one.key else f"list:{self._path}"
        collection = Collection(id_, one.kind, one.title)
        repeats = one.repeats and self._key is None
        for start in range(0, max(1, len(one.entries)), _PIECE):
            tracks, skipped = [], []
            for entry in one.entries[start : start + _PIECE]:
                if id(entry) not in listed:
                    try:
                        track = self._read(entry)
                    except (TrackError, NotFound, UsageError, SignInNeeded) as error:
                        reason = error.reason if isinstance(error, TrackError) else error.message
                        hint = error.hint if isinstance(error, TrackError) else ""
                        skipped.append(SkippedEntry(entry.name, reason, hint))
                        listed[id(entry)] = None
                        continue
                    tracks.append(track)
                    listed[id(entry)] = ListedTrack(track.track)
                elif known := listed[id(entry)]:
                    tracks.append(known)
            yield Listing(tracks, skipped, collection, total, repeats=repeats)

    def _read(self, entry: Entry) -> ListedTrack:
        if entry.refusal:
            raise UsageError(entry.refusal)
        fault: NotFound | UsageError | None = None
        for place in entry.places:
            if link := track_link(place):
                return ListedTrack(entry.track(link)) if entry.title else self._look_up(link)
            try:
                return self._look_up(self._finder.find(place))
            except (NotFound, UsageError) as error:
                fault = fault or error
        for place in entry.places:
            if stored := track_read_earlier(place, self._path.parent, self._stored_at):
                return ListedTrack(stored)
        if fault and not (entry.title and entry.artists):
            raise fault
        track = entry.track()
        self._n_by_name += isinstance(fault, NotFound)
        return ListedTrack(track)


def by_content(reference: FileReference | M3UReference) -> PathReference:
    """Return what a file is whose name does not tell it, or tells something else: a playlist begins as one.

    A file that cannot be read stays what it is.
    """
    if isinstance(reference, FileReference) and reference.path.suffix.lower() in AUDIO_SUFFIXES:
        return reference
    try:
        start = first_bytes(reference.path)
    except SpotrecError:
        return reference
    if _PLS.match(start) or (isinstance(reference, FileReference) and _XML.match(start)):
        return PlaylistFileReference(reference.path)
    return M3UReference(reference.path) if _M3U.match(start) else reference


class ListFiles:
    """Reads files with lists. Each is read once while it does not change: `sync` asks for each of its playlists.

    Args:
        encoding: the codec of texts that are not Unicode; "" to guess it.
    """

    def __init__(self, encoding: str = "") -> None:
        self._encoding = encoding
        self._read: dict[Path, tuple[int, int, ListFile]] = {}

    def read(self, path: Path) -> ListFile:
        """See `read_list_file`."""
        try:
            stat = path.stat()
        except OSError as exc:
            raise unreadable(path, exc) from exc
        n_bytes, mtime_ns, file = self._read.get(path, (-1, -1, None))
        if file is None or (n_bytes, mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            file = read_list_file(path, self._encoding)
            self._read[path] = stat.st_size, stat.st_mtime_ns, file
        return file


def read_list_file(path: Path, encoding: str = "") -> ListFile:
    """Return the lists in a file, by its content.

    Raises:
        UsageError: it is not a file of a kind that spotrec reads.
        SpotrecError: it cannot be read.
    """
    start = first_bytes(path)
    if path.suffix.lower() == ".cue":
        return read_cue(path, encoding)
    if start.startswith(BEGIN):
        return read_serato(path)
    if path.suffix.lower() in _SPREADSHEETS:
        raise UsageError(f"{path} is a spreadsheet", "save it as CSV, and crawl that")
    if path.suffix.lower() == ".pls" or _PLS.match(start):
        return read_pls(path, encoding)
    if _XML.match(start):
        _, root, _ = next(xml_events(path))
        if reader := _XML_READERS.get(root):
            found = xml_text(path, encoding)
            file = reader(path, found.encoding)
            return replace(file, encoding=found.encoding, encoding_notice=encoding_notice(path.name, found))
        kind = _OTHER_XML.get(root) or f"XML of another kind ({quoted(one_line(root))})"
        raise UsageError(f"{path} is {kind}", _FORMATS)
    if other := next((kind for mark, kind in _OTHER_FILES.items() if start.startswith(mark)), ""):
        raise UsageError(f"{path} is {other}", _FORMATS)
    value, found = read_json(path, encoding)
    if lists := read_spotify_data(value, path) or read_listenbrainz(value, path):
        return replace(lists, encoding=found.encoding, encoding_notice=encoding_notice(path.name, found))
    raise UsageError(f"{path} is {_json_kind(value)}", _FORMATS)


def _json_kind(value: Any) -> str:
    """Return what JSON that is no list of tracks seems to be."""
    row = value[0] if isinstance(value, list) and value else value
    if value in ([], {}):
        return "empty JSON"
    if not isinstance(row, dict):
        return "JSON without names of tracks"
    for marks, kind in _OTHER_JSON.items():
        if marks <= row.keys():
            return kind
    fields = ", ".join(one_line(field) for field in islice(row, _FIELDS_SHOWN))
    return f"JSON of another kind, with the fields {quoted(fields)}"
