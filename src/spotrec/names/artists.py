"""Names of artists: one name for each, and several in one text, as ID3 before version 2.4 joins them."""

import re

from spotrec.names.titles import normalised

NOBODY = frozenset(
    {"various", "variousartists", "va", "unknown", "unknownartist", "variosartistas", "artistesdivers", "diverse"}
)
"""What stands in place of an artist, without blanks."""

_SHORT = 3
_SLASH = re.compile(r"(?<![0-9])/|/(?![0-9])")  # between two digits it is part of a name: 22/7
_NAMES_WITH_SLASHES = frozenset({"ac/dc", "au/ra", "bremer/mccoy", "k/da", "lsr/city", "phantom/ghost", "smith/kotzen"})


def split_at_slashes(text: str) -> list[str]:
    """Return the artists in a text, or all of it as one where the slash is more likely part of a name: `AC/DC`."""
    parts = [part.strip() for part in _SLASH.split(text)]
    is_one_name = text.strip().casefold() in _NAMES_WITH_SLASHES or all(len(part) <= _SHORT for part in parts)
    return [text] if is_one_name else [part for part in parts if part]


def artist_key(artist: str | None) -> str:
    """Return a key that spellings of one artist share; empty if it names nobody: `Various Artists`."""
    key = normalised(artist or "")
    return "" if key.replace(" ", "") in NOBODY else key
