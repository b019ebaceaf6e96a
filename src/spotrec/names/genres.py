"""Genres, moods and tempos from files, tables and services, checked and brought to one form."""

import re
from collections.abc import Iterable

from spotrec.names.titles import one_line

_FASTEST_BPM = 1000
_LONGEST_WORD, _MOST_GENRES = 48, 10  # together within titles.MAX_CHARS
_SEPARATORS = re.compile(r"[;,]|(?<![^\s;,])/(?![^\s;,])")  # a slash between two words is part of a name: R&B/Soul
_SAYS_NOTHING = frozenset({"unknown", "other", "none", "misc", "genre", "unclassifiable"})


def tempo(value: object) -> float | None:
    """Return beats per minute from a number or text; None if it is not a tempo. Many write 0 for an unknown tempo."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        bpm = float(value.replace(",", ".")[:_LONGEST_WORD] if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        return None
    return round(bpm, 3) if 0 < bpm < _FASTEST_BPM else None


def genres(texts: Iterable[str]) -> str | None:
    """Join genres, each once, in their order, as `Rock; Indie Pop`; None if there are none.

    Args:
        texts: each contains one or several genres, separated by `;`, `,` or a slash with spaces around it.
    """
    found: dict[str, str] = {}
    for text in texts:
        for part in _SEPARATORS.split(one_line(text.replace("\0", ";"))):
            # a long name that was cut may now end in a separate slash
            name = word(_SEPARATORS.sub(" ", word(part) or ""))
            if name and name.casefold() not in _SAYS_NOTHING:
                found.setdefault(name.casefold(), name)
    return "; ".join(list(found.values())[:_MOST_GENRES]) or None


def first_genre(genre: str | None) -> str | None:
    """Return the first genre in a text from `genres`."""
    return genre.partition("; ")[0] if genre else None


def word(text: str) -> str | None:
    """Return a mood or a genre as one short line; None if it is empty."""
    return one_line(text[: 4 * _LONGEST_WORD])[:_LONGEST_WORD].strip() or None
