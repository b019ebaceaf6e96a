"""Listens and playlists of ListenBrainz as JSON, and JSPF of other programs (https://xspf.org/jspf)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.json_values import text, within
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, milliseconds

_LOOKED_AT = 100


def read_listenbrainz(value: Any, path: Path) -> ListFile | None:
    """Return the list in the value of a JSON file; None if it is neither JSPF nor listens."""
    match value:
        case {"playlist": {"track": [*tracks]} as playlist}:
            entries = [_of_jspf(_fields(track)) for track in tracks]
            return ListFile([EntryList("", text(playlist.get("title")) or path.stem, entries)], "a JSPF playlist")
        case [*rows] if any("track_metadata" in _fields(row) for row in rows[:_LOOKED_AT]):
            return _listens(rows, path)
        case {"payload": {"listens": [*rows]}}:
            return _listens(rows, path)
    return None


def _fields(row: Any) -> Mapping[str, Any]:
    return row if isinstance(row, dict) else {}


def _of_jspf(track: Mapping[str, Any]) -> Entry:
    artist = text(track.get("creator"))
    return Entry(
        places=(*_texts(track.get("location")), *(one for one in _texts(track.get("identifier")) if "spotify" in one)),
        title=text(track.get("title")),
        artists=(artist,) if artist else (),
        album=text(track.get("album")) or None,
        duration_ms=milliseconds(track.get("duration")),
    )


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, str) and one]


def _listens(rows: Sequence[Any], path: Path) -> ListFile:
    """Return each track once, the one with the most listens first."""
    listens: dict[tuple[str, ...], list[Entry]] = {}
    for row in rows:
        entry = _listen(_fields(_fields(row).get("track_metadata")))
        listens.setdefault((entry.title.casefold(), *map(str.casefold, entry.artists)), []).append(entry)
    ranked = sorted(listens.values(), key=len, reverse=True)
    best = [max(each, key=lambda one: (bool(one.places), bool(one.isrc), bool(one.album))) for each in ranked]
    return ListFile([EntryList("", path.stem, best)], "listens of ListenBrainz")


def _listen(said: Mapping[str, Any]) -> Entry:
    artist, more = text(said.get("artist_name")), said.get("additional_info")
    link = text(within(more, "spotify_id"))
    return Entry(
        places=(link,) if link else (),
        title=text(said.get("track_name")),
        artists=(artist,) if artist else (),
        album=text(said.get("release_name")) or None,
        isrc=parse_isrc(text(within(more, "isrc"))),
        duration_ms=milliseconds(within(more, "duration_ms")),
    )
