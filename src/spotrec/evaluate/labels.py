"""Labels that the store knows of tracks: who, where, and what files, tables and services say."""

from collections.abc import Callable, Mapping
from pathlib import Path

from spotrec.sound import first_genre
from spotrec.titles import normalised, recording_key
from spotrec.track import Track


def artist(track: Track) -> str | None:
    """The first artist: who it is by, whoever else is on it."""
    return normalised(track.artists[0]) if track.artists else None


def recording(track: Track) -> str | None:
    """Equal for copies of one recording, as far as names tell."""
    return recording_key(track.title, track.artists)


def _album(track: Track) -> str | None:
    return f"{artist(track)}\n{normalised(track.album)}" if track.album else None


def _folder(track: Track) -> str | None:
    return str(Path(track.path).parent) if track.path else None


def _genre(track: Track) -> str | None:
    return normalised(first_genre(track.genre) or "") or None


def _mood(track: Track) -> str | None:
    return normalised(track.mood or "") or None


KNOWN: Mapping[str, Callable[[Track], str | None]] = {
    "artist": artist,
    "album": _album,
    "genre": _genre,
    "mood": _mood,
    "recording": recording,
    "folder": _folder,
}
"""Labels that need no CSV."""
