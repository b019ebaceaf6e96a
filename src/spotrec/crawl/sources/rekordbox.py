"""The collection of rekordbox as XML (File, Export Collection in xml format), with its playlists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.crawl.json_values import date, text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds, unique_keys
from spotrec.names.genres import genres, tempo
from spotrec.names.keys import normalised_key

_FOLDER = "0"
_BY_LOCATION = "1"


@dataclass(frozen=True, slots=True)
class _Playlist:
    """`path` has the names of the folders above it too. `members` are ids or locations of tracks."""

    path: str
    title: str
    is_by_location: bool
    members: list[str] = field(default_factory=list)


def read_rekordbox(path: Path, encoding: str) -> ListFile:
    """Return all tracks of a collection, then each playlist.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    entries: list[Entry] = []
    by_id: dict[str, Entry] = {}
    by_location: dict[str, Entry] = {}
    above: list[str] = []
    playlists: list[_Playlist] = []
    for event, name, element in xml_events(path, encoding=encoding):
        of: Mapping[str, str] = element.attrib
        if name == "NODE" and event == "end":
            above.pop()
        elif name == "NODE":
            title = text(of.get("Name")) or "untitled"
            above.append(title)
            if of.get("Type") != _FOLDER:
                playlists.append(_Playlist("/".join(above[1:]), title, of.get("KeyType") == _BY_LOCATION))
        elif name == "TRACK" and event == "start" and above:
            if playlists:
                playlists[-1].members.append(of.get("Key", ""))
        elif name == "TRACK" and event == "start":
            entries.append(_entry(of))
            by_id[of.get("TrackID", "")] = by_location[of.get("Location", "")] = entries[-1]
    lists = [EntryList("", path.stem, entries)]
    for key, one in zip(unique_keys([one.path for one in playlists]), playlists, strict=True):
        tracks = by_location if one.is_by_location else by_id
        members = [tracks[member] for member in one.members if member in tracks]
        lists.append(EntryList(key, one.title, members, repeats=True))
    return ListFile(lists, "a collection of rekordbox")


def _entry(of: Mapping[str, str]) -> Entry:
    artist = text(of.get("Artist"))
    location = of.get("Location", "")
    return Entry(
        places=(location,) if location else (),
        title=text(of.get("Name")),
        artists=(artist,) if artist else (),
        album=text(of.get("Album")) or None,
        duration_ms=milliseconds(of.get("TotalTime"), per_unit=1000),
        release_date=date(of.get("Year")),
        genre=genres([text(of.get("Genre"))]),
        bpm=tempo(of.get("AverageBpm")),
        musical_key=normalised_key(of.get("Tonality", "")),
    )
