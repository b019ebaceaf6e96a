"""Keys of audio in a cache, made from track ids."""

import re

from spotrec.track import TrackId

_KEY = re.compile(
    r"(?:spotify-track-[0-9A-Za-z]{22}|deezer-track-[0-9]{1,20}|isrc-[0-9A-Z]{12}|(?:file|name)-[0-9a-f]{32})", re.ASCII
)


def key_for(track_id: TrackId) -> str:
    """Return a track's key: its id (letters, digits and colons) in characters that every file system accepts."""
    return track_id.replace(":", "-")


def track_of(key: str) -> TrackId | None:
    """Return the track whose key this is, or None if `key_for` never makes it: then another program stored it."""
    if not _KEY.fullmatch(key):
        return None
    return TrackId(key.replace("-", ":"))
