"""Where a track can be played: its file, else its web page."""

import unicodedata
from pathlib import Path

from spotrec.errors import SpotrecError
from spotrec.links import parse_link
from spotrec.track import Track

_NEVER_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of surrogate pairs, and separators of lines and paragraphs."""


def file_of(track: Track) -> str | None:
    """Return the absolute path of the user's own file, which may be missing; None if no line of text can hold it."""
    path = track.path
    is_sound = path is not None and Path(path).is_absolute() and path == path.strip() and _is_one_line(path)
    return path if is_sound else None


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


def _is_one_line(text: str) -> bool:
    return not any(unicodedata.category(c) in _NEVER_IN_A_LINE for c in text)
