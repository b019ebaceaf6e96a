"""XSPF playlists, as VLC and many web players write them (https://xspf.org/spec)."""

from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element

from spotrec.crawl.json_values import text
from spotrec.crawl.sources.documents import xml_events
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds

_TRACK = "track"


def read_xspf(path: Path, encoding: str) -> ListFile:
    """Return the list in an XSPF file.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError, SpotrecError: it cannot be read.
    """
    title = ""
    entries = []
    depth = 0
    for event, name, element in xml_events(path, frozenset({_TRACK}), encoding):
        depth += 1 if event == "start" else -1
        if event == "end" and name == _TRACK:
            entries.append(_entry(element))
        elif event == "end" and name == "title" and depth == 1:
            title = text(element.text)
    return ListFile([EntryList("", title or path.stem, entries)], "an XSPF playlist")


def _entry(track: Element) -> Entry:
    fields: dict[str, list[str]] = {}
    for child in track:
        fields.setdefault(child.tag.rpartition("}")[2], []).append((child.text or "").strip())

    def first(name: str) -> str:
        return text(next(iter(fields.get(name, ())), ""))

    return Entry(
        places=tuple(_places([*fields.get("location", ()), *fields.get("identifier", ())])),
        title=first("title"),
        artists=(first("creator"),) if first("creator") else (),
        album=first("album") or None,
        duration_ms=milliseconds(first("duration")),
    )


def _places(texts: Iterable[str]) -> Iterable[str]:
    return (text for text in texts if text)
