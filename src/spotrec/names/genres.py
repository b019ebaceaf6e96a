"""What files, tables and services say of a track's sound: genres, mood, tempo. None of it is believed."""

import re
from collections.abc import Iterable

from spotrec.names.titles import one_line

_FASTEST_BPM = 1000
_LONGEST_WORD, _MOST_GENRES = 48, 10  # together within titles.MAX_CHARS
_SEPARATORS = re.compile(r"[;,]|(?<![^\s;,])/(?![^\s;,])")  # a slash between two words is part of a name: R&B/Soul
_SAYS_NOTHING = frozenset({"unknown", "other", "none", "misc", "genre", "unclassifiable"})


def tempo(value: object) -> float | None:
    """Beats a minute, as a number or as text; None for what is no tempo. 0 is what many write for: not known."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        bpm = float(value.replace(",", ".")[:_LONGEST_WORD] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return round(bpm, 3) if 0 < bpm < _FASTEST_BPM else None


def genres(texts: Iterable[str]) -> str | None:
    """Genres, each once, in the order in which they were named, as `Rock; Indie Pop`; None where there are none.

    Args:
        texts: each holds one or several, with `;`, `,` or a slash that stands alone between them.
    """
    found: dict[str, str] = {}
    for text in texts:
        for part in _SEPARATORS.split(one_line(text.replace("\0", ";"))):
            # a long name that is cut may end in a slash that stands alone now
            name = word(_SEPARATORS.sub(" ", word(part) or ""))
            if name and name.casefold() not in _SAYS_NOTHING:
                found.setdefault(name.casefold(), name)
    return "; ".join(list(found.values())[:_MOST_GENRES]) or None


def first_genre(genre: str | None) -> str | None:
    """The first of what `genres` made."""
    return genre.partition("; ")[0] if genre else None


def word(text: str) -> str | None:
    """A mood or a genre: one short line, or None."""
    return one_line(text[: 4 * _LONGEST_WORD])[:_LONGEST_WORD].strip() or None
