"""Names of artists: one name for each, and several in one text, as ID3 before version 2.4 joins them."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import lru_cache

from spotrec.names.spellings import letters
from spotrec.names.titles import normalised

NOBODY = frozenset(
    {"various", "variousartists", "va", "unknown", "unknownartist", "variosartistas", "artistesdivers", "diverse"}
)
"""What stands in place of an artist, without blanks."""

_SHORT = 3
_MOST_SPELLINGS = 65_536
_SEVERAL = re.compile(r";|[\s(\[](?:feat|featuring|ft)\b\.?", re.IGNORECASE)
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


@lru_cache(_MOST_SPELLINGS)
def artists_in(text: str) -> Mapping[str, str]:
    """Return the artists that a text names: a key that is equal for all spellings of one, and the name as it is here.

    `Beatles` and `The Beatles`, `Ke$ha` and `Kesha` are one. `A feat. B` names two artists, `A & B` one: it may be the
    name of a duo. `Various Artists` is nobody.
    """
    names = [part.strip(" ()[]") for part in _SEVERAL.split(text)]
    return {key: name for name in names if (key := _key(name))}


def artist_keys(text: str) -> AbstractSet[str]:
    """Return the keys of the artists that a text names."""
    return artists_in(text).keys()


def _key(artist: str) -> str:
    if not (name := artist_key(artist)):
        return ""
    spelling = letters(artist)
    without_article = spelling.removeprefix("the") if name.startswith("the ") else spelling
    return without_article or spelling or name
