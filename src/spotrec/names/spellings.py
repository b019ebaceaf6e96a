"""Words as people type them: without accents or apostrophes, with one letter wrong."""

import re
import unicodedata
from collections.abc import Iterable

from spotrec.names.titles import plain

MIN_LETTERS = 4
"""Words of fewer letters must be right: with one other letter they are another word."""

_N = re.compile(r"\bn\b")
_JOINED = 4  # "a c d c" is typed as one word
LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th"}
"""Letters that are not a letter with an accent, and what people type for them."""


def typed(text: str) -> str:
    """Return text as people type it: `"Don’t Explain"` → `"dont explain"`, `"Ænima"` → `"aenima"`, `"N’"` → `"and"`."""
    words = _N.sub("and", plain(text))
    for letter, as_typed in LETTERS.items():
        words = words.replace(letter, as_typed)
    return words


def letters(text: str) -> str:
    """Return the letters and digits of text as people type them, without spaces."""
    return typed(text).replace(" ", "")


def typos(words: Iterable[str], text: str, *, most: int = 1) -> int | None:
    """Return how many of `words` (typed) have a wrong letter, if all of them are in `text`; else None.

    A right word may be part of a longer one. A word with a wrong, missing, superfluous or swapped letter must be a
    whole word; `most` words may have one.
    """
    known = typed(text)
    whole = _whole_words(known) | _whole_words(typed(_with_gaps(text)))
    wrong = 0
    for word in words:
        if word in known or word in whole:
            continue
        if wrong == most or len(word) < MIN_LETTERS or not any(one_letter_apart(word, other) for other in whole):
            return None
        wrong += 1
    return wrong


def one_letter_apart(one: str, other: str) -> bool:
    """Return whether two words are equal but for a wrong, missing, superfluous letter, or two swapped ones."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    one, other = one[start:], other[start:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return (len(one) <= 1 and len(other) <= 1) or (len(one) == 2 and one == other[::-1])


def _with_gaps(text: str) -> str:
    """Return text with a space in place of each mark, which `plain` may read as a letter: `"P!nk"` → `"P nk"`."""
    return "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)


def _whole_words(text: str) -> set[str]:
    """Return the words, and neighbours joined: `"ac dc"` → ac, dc, acdc."""
    words = text.split()
    return {"".join(words[i : i + n]) for n in range(1, _JOINED + 1) for i in range(len(words) - n + 1)}
