"""The collection of Traktor, with its playlists (`collection.nml`), and playlists exported from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.crawl.json_values import date, text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds, unique_keys
from spotrec.names.genres import genres, tempo
from spotrec.names.keys import key_of

_SEPARATOR = "/:"


@dataclass(slots=True)
class _Song:
    """What the elements within one entry of the collection say, by element and attribute."""

    of: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def get(self, element: str, name: str) -> str:
        return self.of.get(element, {}).get(name, "")

    @property
    def key(self) -> str:
        """How playlists name it."""
        return self.get("LOCATION", "VOLUME") + self.get("LOCATION", "DIR") + self.get("LOCATION", "FILE")


@dataclass(frozen=True, slots=True)
class _Playlist:
    """`path` has the names of the folders above it too."""

    path: str
    title: str
    members: list[str] = field(default_factory=list)


def read_traktor(path: Path, encoding: str) -> ListFile:
    """Return all tracks of a collection, then each playlist. An exported playlist is the file's only list.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    entries, playlists = _read(path, encoding)
    every = EntryList("", path.stem, list(entries.values()))
    titles = unique_keys([one.path for one in playlists])
    lists = [
        EntryList(key, one.title, [entries[member] for member in one.members if member in entries], repeats=True)
        for key, one in zip(titles, playlists, strict=True)
    ]
    if len(lists) == 1 and len(lists[0].entries) >= len(every.entries):  # an exported playlist
        return ListFile([EntryList("", lists[0].title, lists[0].entries)], "a playlist of Traktor")
    return ListFile([every, *lists], "a collection of Traktor")


def _read(path: Path, encoding: str) -> tuple[dict[str, Entry], list[_Playlist]]:
    entries: dict[str, Entry] = {}
    playlists: list[_Playlist] = []
    above: list[str] = []
    song = _Song()
    for event, name, element in xml_events(path, encoding=encoding):
        of: Mapping[str, str] = dict(element.attrib)
        match event, name:
            case "start", "NODE":
                above.append(text(of.get("NAME")) or "untitled")
                if of.get("TYPE") == "PLAYLIST":
                    playlists.append(_Playlist("/".join(above[1:]), above[-1]))
            case "end", "NODE":
                above.pop()
            case "start", "PRIMARYKEY" if playlists:
                playlists[-1].members.append(of.get("KEY", ""))
            case "start", _ if not above:
                song = _Song({name: of}) if name == "ENTRY" else song
                song.of.setdefault(name, of)
            case "end", "ENTRY" if not above:
                entries[song.key or str(len(entries))] = _entry(song)
    return entries, playlists


def _entry(song: _Song) -> Entry:
    artist = text(song.get("ENTRY", "ARTIST"))
    value = song.get("MUSICAL_KEY", "VALUE")
    number = int(value) if value.isascii() and value.isdigit() and len(value) < 3 else 24
    return Entry(
        places=_places(song),
        title=text(song.get("ENTRY", "TITLE")),
        artists=(artist,) if artist else (),
        album=text(song.get("ALBUM", "TITLE")) or None,
        duration_ms=milliseconds(song.get("INFO", "PLAYTIME_FLOAT") or song.get("INFO", "PLAYTIME"), per_unit=1000),
        release_date=date(song.get("INFO", "RELEASE_DATE").partition("/")[0]),
        genre=genres([text(song.get("INFO", "GENRE"))]),
        bpm=tempo(song.get("TEMPO", "BPM")),
        musical_key=key_of(number % 12, is_major=number < 12) if number < 24 else None,
    )


def _places(song: _Song) -> tuple[str, ...]:
    r"""Return where a file may be: `/:Music/:` and `a.mp3` on `D:` are `D:/Music/a.mp3`."""
    file = song.get("LOCATION", "FILE")
    path = song.get("LOCATION", "DIR").replace(_SEPARATOR, "/") + file
    volume = song.get("LOCATION", "VOLUME")
    if not file:
        return ()
    if volume.endswith(":"):
        return (volume + path,)
    return (path, f"/Volumes/{volume}{path}") if volume else (path,)
