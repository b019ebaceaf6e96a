"""Tracks that are known only by what a list says of them: a link, an ISRC, title and artist."""

from spotrec.errors import UsageError
from spotrec.links import (
    MAX_LINK_CHARS,
    DeezerKind,
    DeezerReference,
    SpotifyKind,
    SpotifyReference,
    parse_link,
)
from spotrec.names.recordings import recording_key
from spotrec.system.digests import sha256
from spotrec.track import TrackId


def track_link(text: str) -> SpotifyReference | DeezerReference | None:
    """Return the track that a link refers to; None if it refers to nothing that spotrec knows.

    Raises:
        UsageError: the link refers to something that is not a track.
    """
    try:
        reference = parse_link(text) if 0 < len(text) <= MAX_LINK_CHARS else None
    except UsageError:  # a local file's URI, or an unknown id: the list may still tell the title
        return None
    match reference:
        case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
            return reference
        case SpotifyReference() | DeezerReference():
            raise UsageError("not a track", "crawl playlists and albums on their own")
    return None


def name_id(isrc: str | None, title: str, artists: tuple[str, ...]) -> TrackId:
    """Return the id of a track without a link.

    Raises:
        UsageError: neither an ISRC nor title and artist are known.
    """
    if isrc:
        return TrackId(f"isrc:{isrc}")
    key = recording_key(title, artists)
    if key is None:
        raise UsageError("it names no track: it has no link, no ISRC, and not both title and artist")
    return TrackId(f"name:{sha256(key.encode())[:32]}")
