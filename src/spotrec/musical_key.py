"""Musical keys as people and programs write them, brought to one spelling.

`"A minor"`, `"Amin"`, `"a moll"`, `"8A"` (Camelot) and `"1m"` (Open Key) are all `"Am"`; `"G flat"` is `"F#"`.
"""

import re

_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_NATURAL = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_MINOR = frozenset({"m", "min", "minor", "moll"})
_FIFTH = 7  # semitones from one number of a wheel of keys to the next

_WRITTEN = re.compile(
    r"(?P<letter>[a-g])[\s_-]?(?P<accidental>#|♯|sharp|b|♭|flat)?[\s_-]*(?P<mode>m|min|minor|moll|maj|major|dur)?",
    re.IGNORECASE,
)
_ON_A_WHEEL = re.compile(r"0?(?P<number>[1-9]|1[0-2])\s?(?P<mode>[abmd])", re.IGNORECASE)


def normalised_key(text: str) -> str | None:
    """A key in one spelling: C, C#, … B, with an m behind where it is minor; None for what names no key."""
    text = text.strip()
    if found := _ON_A_WHEEL.fullmatch(text):
        mode = found["mode"].lower()
        is_minor = mode in "am"
        steps = int(found["number"]) - (8 if mode in "ab" else 1)
        return _key((9 if is_minor else 0) + _FIFTH * steps, is_minor=is_minor)
    found = _WRITTEN.fullmatch(text)
    if not found:
        return None
    accidental = (found["accidental"] or "").lower()
    shift = 0 if not accidental else 1 if accidental in ("#", "♯", "sharp") else -1
    mode = found["mode"] or ""
    return _key(_NATURAL[found["letter"].lower()] + shift, is_minor=mode != "M" and mode.lower() in _MINOR)


def _key(pitch: int, *, is_minor: bool) -> str:
    return _NAMES[pitch % 12] + ("m" if is_minor else "")
