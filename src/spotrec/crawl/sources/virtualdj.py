"""The database of VirtualDJ (`database.xml`)."""

from collections.abc import Mapping
from pathlib import Path

from spotrec.crawl.json_values import date, text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds
from spotrec.names.genres import genres, tempo
from spotrec.names.keys import normalised_key


def read_virtualdj(path: Path, encoding: str) -> ListFile:
    """Return all tracks of a database.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    entries: list[Entry] = []
    song: dict[str, Mapping[str, str]] = {}
    for event, name, element in xml_events(path, encoding=encoding):
        if event == "start" and name == "Song":
            song = {"Song": dict(element.attrib)}
        elif event == "start" and song:
            song.setdefault(name, dict(element.attrib))
        elif name == "Song":
            entries.append(_entry(song))
            song = {}
    return ListFile([EntryList("", path.stem, entries)], "a database of VirtualDJ")


def _entry(song: Mapping[str, Mapping[str, str]]) -> Entry:
    tags, place = song.get("Tags", {}), song["Song"].get("FilePath", "")
    artist, key = text(tags.get("Author")), tags.get("Key") or song.get("Scan", {}).get("Key", "")
    return Entry(
        places=(place,) if place else (),
        title=text(tags.get("Title")),
        artists=(artist,) if artist else (),
        album=text(tags.get("Album")) or None,
        duration_ms=milliseconds(song.get("Infos", {}).get("SongLength"), per_unit=1000),
        release_date=date(tags.get("Year")),
        genre=genres([text(tags.get("Genre"))]),
        bpm=_bpm(tags.get("Bpm") or song.get("Scan", {}).get("Bpm", "")),
        musical_key=normalised_key(key),
    )


def _bpm(beat: str) -> float | None:
    """Return the tempo of a database that has the seconds of one beat, or beats per minute."""
    found = tempo(beat)
    try:
        seconds = float(beat)
    except ValueError:
        return found
    return tempo(60 / seconds) if 0 < seconds < 3 else found
