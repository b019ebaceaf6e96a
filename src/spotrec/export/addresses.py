"""Where a track can be played: its file, else its web page."""

from pathlib import Path

from spotrec.errors import SpotrecError
from spotrec.links import parse_link
from spotrec.track import Track


def file_of(track: Track) -> str | None:
    """Return the absolute path of the user's own file, which may be missing; None if the track has none."""
    path = track.path
    return path if path is not None and Path(path).is_absolute() and "\0" not in path else None


def web_page_of(track: Track) -> str | None:
    """Return the track's web page, from its source or its id; None if there is none."""
    url = track.url or _page_named_by(track.id)
    is_sound = url is not None and url.startswith(("https://", "http://")) and url.isprintable() and " " not in url
    return url if is_sound else None


def _page_named_by(track_id: str) -> str | None:
    try:
        reference = parse_link(track_id) if track_id.startswith(("spotify:", "deezer:")) else None
    except SpotrecError:
        return None
    return reference.url if reference else None
