"""The data that Spotify sends its users: playlists, the library, streaming histories, short and extended.

Recognised by their shape, whatever the file is called.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from spotrec.crawl.json_values import text, whole, within
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, left_out, milliseconds, unique_keys
from spotrec.track import CollectionKind

_PLAYED_MS = 30_000
"""From here on Spotify counts a play."""
_LONGEST_PLAY_MS = 10**12
_LOOKED_AT = 100
_EPISODE = "a podcast episode"
_AUDIOBOOK = "an audiobook"
_Fields = tuple[str, str, str, str]
"""The names of the fields with title, artist, album and link."""
_TRACK: _Fields = ("trackName", "artistName", "albumName", "trackUri")
_LIKED: _Fields = ("track", "artist", "album", "uri")
_EXTENDED: _Fields = (
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "spotify_track_uri",
)
_HISTORY_FIELDS = frozenset({"msPlayed", "ms_played"})


def read_spotify_data(value: Any, path: Path) -> ListFile | None:
    """Return the lists in the value of a JSON file; None if it is no data of Spotify with tracks."""
    match value:
        case {"playlists": [*playlists]} if playlists and all(map(_is_playlist, playlists)):
            return ListFile(list(_playlists(playlists)), "playlists from Spotify's data export")
        case {"tracks": [*rows]} if not rows or any("track" in _fields(row) for row in rows[:_LOOKED_AT]):
            return _library(value, rows, path)
        case [*rows] if any(_HISTORY_FIELDS & set(_fields(row)) for row in rows[:_LOOKED_AT]):
            return _history(rows, path)
    return None


def _fields(row: Any) -> Mapping[str, Any]:
    return row if isinstance(row, dict) else {}


def _is_playlist(value: Any) -> bool:
    """Return whether this is a playlist; a damaged one may have no name, or no tracks."""
    return isinstance(value, dict) and bool({"name", "items", "tracks"} & value.keys())


def _playlists(playlists: Sequence[Any]) -> Iterable[EntryList]:
    names = [text(one.get("name")) or "untitled" for one in playlists]
    for key, name, one in zip(unique_keys(names), names, playlists, strict=True):
        rows = one.get("items", one.get("tracks"))
        yield EntryList(key, name, [_item(row) for row in rows] if isinstance(rows, list) else [])


def _item(row: Any) -> Entry:
    if episode := within(row, "episode"):
        return Entry(title=text(within(episode, "episodeName")), refusal=_EPISODE)
    if audiobook := within(row, "audiobook") or within(row, "audiobookChapter"):
        return Entry(title=text(within(audiobook, "audiobookName")), refusal=_AUDIOBOOK)
    if local := within(row, "localTrack"):
        return _local(text(within(local, "uri")))
    track = _fields(within(row, "track") or row)
    return _entry(track, *_TRACK)


def _library(value: Mapping[str, Any], rows: Sequence[Any], path: Path) -> ListFile:
    others = {"albums": "saved albums", "episodes": "podcast episodes", "shows": "podcasts"}
    counts = {kind: len(value[name]) for name, kind in others.items() if isinstance(value.get(name), list)}
    entries = [_entry(_fields(row), *_LIKED) for row in rows]
    liked = EntryList("", "Liked songs", entries, CollectionKind.LIKED)
    return ListFile([liked], "a library from Spotify's data export", left_out(counts, path.name))


@dataclass(slots=True)
class _Plays:
    entry: Entry
    n: int = 0
    ms: int = 0


def _history(rows: Sequence[Any], path: Path) -> ListFile:
    """Return each played track once: the one with the most plays first, of equal ones the one that played longest."""
    plays: dict[tuple[str, ...], _Plays] = {}
    counts = {"plays of podcasts": 0, "plays of audiobooks": 0, "plays without a name": 0}
    for row in map(_fields, rows):
        if row.get("spotify_episode_uri") or row.get("episode_name") or "podcastName" in row or "episodeName" in row:
            counts["plays of podcasts"] += 1
            continue
        if row.get("audiobook_uri") or row.get("audiobook_title"):
            counts["plays of audiobooks"] += 1
            continue
        entry = _entry(row, *(_EXTENDED if "ms_played" in row else _TRACK))
        if not entry.title and not entry.places:
            counts["plays without a name"] += 1
            continue
        play = plays.setdefault(entry.places or (entry.title, *entry.artists), _Plays(entry))
        ms = whole(row.get("ms_played", row.get("msPlayed")), 0, _LONGEST_PLAY_MS) or 0
        play.n += ms >= _PLAYED_MS
        play.ms += ms
    ranked = sorted(plays.values(), key=lambda play: (-play.n, -play.ms))
    return ListFile(
        [EntryList("", path.stem, [play.entry for play in ranked])],
        "a streaming history of Spotify",
        left_out(counts, path.name),
    )


def _entry(row: Mapping[str, Any], title: str, artist: str, album: str, uri: str) -> Entry:
    name, link = text(row.get(artist)), text(row.get(uri))
    if link.startswith("spotify:local:"):
        return _local(link)
    return Entry(
        places=(link,) if link else (),
        title=text(row.get(title)),
        artists=(name,) if name else (),
        album=text(row.get(album)) or None,
    )


def _local(uri: str) -> Entry:
    """Return what `spotify:local:Artist:Album:Title:seconds` tells of a file on the user's own disk."""
    parts = [text(unquote_plus(part)) for part in uri.split(":")[2:]]
    artist, album, title, seconds = (*parts, "", "", "", "")[:4]
    return Entry(
        title=title,
        artists=(artist,) if artist else (),
        album=album or None,
        duration_ms=milliseconds(seconds, per_unit=1000),
        refusal="" if title else "a local file without a name",
    )
