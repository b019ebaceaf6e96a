"""The library of iTunes or Music as XML (`Library.xml`, `iTunes Music Library.xml`), and playlists exported from it."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spotrec.crawl.json_values import date, text, within
from spotrec.crawl.sources.documents import read_plist
from spotrec.crawl.sources.list_files import Entry, EntryList, ListFile, left_out, milliseconds, unique_keys
from spotrec.errors import UsageError
from spotrec.names.genres import genres, tempo

_KIND = "a library of iTunes or Music"
_OTHER_KINDS = {
    "Podcast": "podcast episodes",
    "Audiobook": "audiobooks",
    "iTunesU": "lectures",
    "Movie": "films",
    "TV Show": "episodes of TV shows",
    "Voice Memo": "voice memos",
}
_STREAMS = "radio stations"


def read_itunes_library(path: Path, encoding: str) -> ListFile:
    """Return all music of a library, then each playlist. Folders, and the lists that every library has, are left out.

    An exported playlist is in the same format: it is the file's only list.

    Args:
        encoding: see `xml_text`.

    Raises:
        UsageError: it is a property list, but no library.
        UsageError, SpotrecError: it cannot be read.
    """
    library = read_plist(path, _KIND, encoding)
    tracks, playlists = within(library, "Tracks"), within(library, "Playlists")
    if not isinstance(tracks, dict):
        raise UsageError(
            f"{path} is a property list, but no library of iTunes or Music",
            "in Music: File, Library, Export Library, or Export Playlist as XML",
        )
    lists = [one for one in playlists if isinstance(one, dict)] if isinstance(playlists, list) else []
    music_folder = text(library.get("Music Folder"))
    entries: dict[str, Entry] = {}
    others: dict[str, int] = {}
    for key, track in tracks.items():
        if not isinstance(track, dict):
            continue
        if other := _other_kind(track):
            others[other] = others.get(other, 0) + 1
        else:
            entries[key] = _entry(track, music_folder)
    notice = left_out(others, path.name)
    if len(lists) == 1 and not lists[0].get("Master"):  # an exported playlist
        title = text(lists[0].get("Name")) or path.stem
        return ListFile([EntryList("", title, list(_members(lists[0], entries)))], _KIND, notice)
    master = next((text(one.get("Name")) for one in lists if one.get("Master")), "")
    own = [one for one in lists if not any(one.get(mark) for mark in ("Master", "Folder", "Distinguished Kind"))]
    names = [text(one.get("Name")) or "untitled" for one in own]
    keys = unique_keys([text(one.get("Playlist Persistent ID")) or name for one, name in zip(own, names, strict=True)])
    return ListFile(
        [
            EntryList("", master or path.stem, list(entries.values())),
            *(
                EntryList(key, name, list(_members(one, entries)), repeats=True)
                for key, name, one in zip(keys, names, own, strict=True)
            ),
        ],
        _KIND,
        notice,
    )


def _members(playlist: Mapping[str, Any], entries: Mapping[str, Entry]) -> Iterator[Entry]:
    items = playlist.get("Playlist Items")
    for item in items if isinstance(items, list) else ():
        if entry := entries.get(str(within(item, "Track ID"))):
            yield entry


def _other_kind(track: Mapping[str, Any]) -> str:
    """Return what a track is if it is not music, else nothing."""
    found = next((kind for mark, kind in _OTHER_KINDS.items() if track.get(mark)), "")
    is_stream = track.get("Track Type") == "URL" and not track.get("Artist")
    return found or (_STREAMS if is_stream else "")


def _entry(track: Mapping[str, Any], music_folder: str) -> Entry:
    location = track.get("Location")
    place = location if isinstance(location, str) else ""
    places = [place] if place else []
    if music_folder and place.startswith(music_folder):  # the library and its music may have moved together
        folder = music_folder.rstrip("/").rpartition("/")[2]
        places.append(f"{folder}/{place.removeprefix(music_folder)}")
    artist = text(track.get("Artist"))
    return Entry(
        places=tuple(places),
        title=text(track.get("Name")),
        artists=(artist,) if artist else (),
        album=text(track.get("Album")) or None,
        duration_ms=milliseconds(track.get("Total Time")),
        release_date=date(str(track.get("Year", ""))),
        genre=genres([text(track.get("Genre"))]),
        bpm=tempo(track.get("BPM")),
    )
