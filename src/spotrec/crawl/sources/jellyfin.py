"""Playlists of Jellyfin and Emby as they lie on the server (`playlist.xml`)."""

from pathlib import Path

from spotrec.crawl.json_values import text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile


def read_jellyfin(path: Path, encoding: str) -> ListFile:
    """Return the files that a playlist names.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    title = ""
    entries: list[Entry] = []
    above: list[str] = []
    for event, name, element in xml_events(path, encoding=encoding):
        if event == "start":
            above.append(name)
            continue
        above.pop()
        if name == "LocalTitle" and len(above) == 1:
            title = text(element.text)
        elif name == "Path" and above[-1:] == ["PlaylistItem"] and (place := (element.text or "").strip()):
            entries.append(Entry(places=(place,)))
    return ListFile([EntryList("", title or path.stem, entries)], "a playlist of Jellyfin")
