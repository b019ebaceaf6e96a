"""Songs, albums, artists and playlists as the protocol has them: Child, AlbumID3, ArtistID3, Playlist.

https://opensubsonic.netlify.app/docs/responses
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import PurePath
from typing import Any

from spotrec.serve.library import Album, Artist, album_id, artist_id, year_of
from spotrec.store import KnownCollection, ServerItem
from spotrec.system.digests import sha256
from spotrec.track import Track

Shape = dict[str, Any]

PREVIEW = ("mp3", "audio/mpeg")
"""What most previews are: the audio itself is there only when it is played."""

NO_ALBUM, NO_ARTIST = "[Unknown Album]", "[Unknown Artist]"
"""What players call the album of songs that are on none, and who songs are by that are by nobody: some players read
nothing at all where one song has no artist."""

_TYPES = {
    "aac": "audio/aac",
    "aif": "audio/aiff",
    "aiff": "audio/aiff",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "audio/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "wma": "audio/x-ms-wma",
    "ac3": "audio/ac3",
    "au": "audio/basic",
    "dff": "audio/x-dff",
    "dsf": "audio/x-dsf",
    "dts": "audio/vnd.dts",
    "eac3": "audio/eac3",
    "mpc": "audio/x-musepack",
    "tak": "audio/x-tak",
    "tta": "audio/x-tta",
    "w64": "audio/x-w64",
}
_NOT_IN_A_NAME = re.compile(r"[/\\\x00-\x1f]+")


def song(track: Track, items: Sequence[ServerItem] = (), n_bytes: int = 0) -> Shape:
    """Return a track as a Child. Length and size are 0 if they are not known: some players drop songs without them.

    Args:
        items: what the track is on music servers.
        n_bytes: the size of its own file.
    """
    suffix, content_type = _format(track, items)
    artist = next(iter(track.artists), "")
    by = {"id": artist_id(artist), "name": artist or NO_ARTIST}
    in_album = album_id(track.album, track.artists)
    has_cover = bool(track.path) or any(item.cover_id for item in items)
    return _present(
        {
            "id": track.id,
            "parent": in_album,
            "isDir": False,
            "title": track.title,
            "album": track.album or NO_ALBUM,
            "artist": ", ".join(track.artists) or NO_ARTIST,
            "year": year_of(track.release_date),
            "genre": track.genre,
            "coverArt": track.id if has_cover else None,
            "size": n_bytes or next((item.n_bytes for item in items if item.n_bytes), 0),
            "contentType": content_type,
            "suffix": suffix,
            "duration": round((track.duration_ms or 0) / 1000),
            "path": "/".join(_name(part) for part in (artist, track.album, f"{track.title}.{suffix}") if part),
            "isVideo": False,
            "albumId": in_album,
            "artistId": by["id"],
            "type": "music",
            "mediaType": "song",
            "bpm": round(track.known_bpm) if track.known_bpm else 0,
            "musicBrainzId": next((item.musicbrainz_id for item in items if item.musicbrainz_id), ""),
            "isrc": [track.isrc] if track.isrc else [],
            "genres": [{"name": track.genre}] if track.genre else [],
            "artists": [{"id": artist_id(name), "name": name} for name in track.artists] or [by],
            "displayArtist": ", ".join(track.artists) or NO_ARTIST,
            "albumArtists": [by],
            "displayAlbumArtist": by["name"],
            "moods": [track.mood] if track.mood else [],
            "explicitStatus": {True: "explicit", False: "clean", None: ""}[track.explicit],
        }
    )


def album(one: Album) -> Shape:
    """Return an album as an AlbumID3."""
    by = {"id": artist_id(one.artist), "name": one.artist or NO_ARTIST}
    return _present(
        {
            "id": one.id,
            "name": one.name or NO_ALBUM,
            "artist": by["name"],
            "artistId": by["id"],
            "coverArt": one.id,
            "songCount": len(one.track_ids),
            "duration": one.seconds,
            "created": time(one.added_at),
            "year": one.year,
            "genre": one.genre,
            "genres": [{"name": one.genre}] if one.genre else [],
            "artists": [by],
            "displayArtist": by["name"],
        }
    )


def album_folder(one: Album) -> Shape:
    """Return an album as a Child: a folder with its songs, for players that browse by folder."""
    name = one.name or NO_ALBUM
    return album(one) | {"isDir": True, "title": name, "album": name, "isVideo": False, "mediaType": "album"}


def artist(one: Artist) -> Shape:
    """Return an artist as an ArtistID3."""
    return {"id": one.id, "name": one.name or NO_ARTIST, "albumCount": len(one.albums), "coverArt": one.id}


def playlist_id(one: KnownCollection) -> str:
    """Return a stored collection's id as a playlist: a digest, because its own may be a path."""
    return "pl-" + sha256(one.id.encode("utf-8", "replace"))[:20]


def playlist(one: KnownCollection, owner: str, seconds: int) -> Shape:
    """Return a stored collection as a Playlist."""
    return {
        "id": playlist_id(one),
        "name": one.collection.title,
        "owner": owner,
        "public": True,
        "readonly": True,
        "songCount": one.n_tracks,
        "duration": seconds,
        "created": time(one.crawled_at),
        "changed": time(one.crawled_at),
    }


def time(stored: str) -> str:
    """Return a time of the store (ISO 8601) as Subsonic writes it: some players read no other way to write it."""
    try:
        at = datetime.fromisoformat(stored).astimezone(UTC)
    except ValueError:  # another program stored it
        return stored
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _format(track: Track, items: Sequence[ServerItem]) -> tuple[str, str]:
    path = track.path or next((item.path for item in items if item.path), "")
    suffix = PurePath(path).suffix.lower().removeprefix(".")
    return (suffix, _TYPES[suffix]) if suffix in _TYPES else PREVIEW


def _name(part: str) -> str:
    return _NOT_IN_A_NAME.sub("_", part)


def _present(fields: Shape) -> Shape:
    return {name: value for name, value in fields.items() if value is not None}
