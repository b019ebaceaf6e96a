"""Keys of audio in a cache, made of track ids."""

import re

from spotrec.track import TrackId

_KEY = re.compile(
    r"(?:spotify-track-[0-9A-Za-z]{22}|deezer-track-[0-9]{1,20}|isrc-[0-9A-Z]{12}|(?:file|name)-[0-9a-f]{32})", re.ASCII
)


def key_for(track_id: TrackId) -> str:
    """A track's key: its id, letters, digits and colons only, in characters that every file system takes."""
    return track_id.replace(":", "-")


def track_of(key: str) -> TrackId | None:
    """The track whose key this is, or None where `key_for` never made it: then it is somebody else's."""
    if not _KEY.fullmatch(key):
        return None
    return TrackId(key.replace("-", ":"))
