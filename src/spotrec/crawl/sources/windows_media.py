"""Playlists of Windows Media Player, Groove and Zune (WPL, ZPL), and ASX."""

from pathlib import Path

from spotrec.crawl.json_values import text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds

_PLACES = {"media": "src", "ref": "href", "entryref": "href"}
"""The elements that name a file or a link, and in which attribute."""


def read_windows_media(path: Path, encoding: str) -> ListFile:
    """Return the list in a WPL, ZPL or ASX file, whose names may be in any case.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    title = ""
    entries: list[Entry] = []
    above: list[str] = []
    for event, name, element in xml_events(path, encoding=encoding):
        if event == "end":
            above.pop()
            if name.lower() == "title" and above and above[-1] in ("head", "asx"):
                title = title or text(element.text)
            continue
        above.append(name.lower())
        of = {key.lower(): value for key, value in element.attrib.items()}
        if place := of.get(_PLACES.get(above[-1], ""), "").strip():
            artist = text(of.get("trackartist") or of.get("albumartist"))
            entries.append(
                Entry(
                    places=(place,),
                    title=text(of.get("tracktitle")),
                    artists=(artist,) if artist else (),
                    album=text(of.get("albumtitle")) or None,
                    duration_ms=milliseconds(of.get("duration")),
                )
            )
    kind = "a Windows Media playlist" if path.suffix.lower() != ".asx" else "an ASX playlist"
    return ListFile([EntryList("", title or path.stem, entries)], kind)
