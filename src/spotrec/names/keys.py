"""Musical keys, brought from many spellings to one: `Am`, `F#`, `Bb`."""

import re

MAJOR = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
MINOR = ("Cm", "C#m", "Dm", "Ebm", "Em", "Fm", "F#m", "Gm", "G#m", "Am", "Bbm", "Bm")
"""By pitch class, 0 is C. Of two names for one key, the one with fewer accidentals in its signature."""

_LONGEST = 24
_NATURAL = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_ACCIDENTAL = {"": 0, "#": 1, "♯": 1, "sharp": 1, "b": -1, "♭": -1, "flat": -1}
_NAMED = re.compile(
    r"([A-Ga-g])(?:([#♯b♭])|[\s-]*((?i:sharp|flat)))?[\s_-]*((?i:maj(?:or)?|min(?:or)?|dur|moll)|[Mm])?"
)
_ON_A_WHEEL = re.compile(r"0?([1-9]|1[0-2])([ABDM])")
_CAMELOT_C, _OPEN_KEY_C = 8, 1  # where C major stands on each wheel
_FIFTH, _RELATIVE_MINOR = 7, 9  # semitones


def normalised_key(text: str) -> str | None:
    """Return a key in its one spelling; None if the text is not a key.

    Names with or without a mode (`A♭ major`, `F sharp minor`, `Amin`, `Am`), Camelot (`8A`) and Open Key (`1m`) are
    read. Without a mode, a capital letter is major and a small letter minor, as musicians write it: `A`, `a`.
    """
    written = text.strip() if len(text) <= _LONGEST else ""
    if place := _ON_A_WHEEL.fullmatch(written.upper()):
        return _on_a_wheel(int(place[1]), place[2])
    if not (name := _NAMED.fullmatch(written)):
        return None
    letter, accidental, mode = name[1], (name[2] or name[3] or "").lower(), name[4] or ""
    pitch = _NATURAL[letter.lower()] + _ACCIDENTAL[accidental]
    is_minor = mode == "m" or mode.lower().startswith(("min", "mol")) if mode else letter.islower()
    return key_of(pitch % 12, is_major=not is_minor)


def key_of(pitch_class: int, *, is_major: bool) -> str | None:
    """Return the key on a pitch class in Spotify's numbering: 0 is C, 11 is B; None for any other number."""
    return (MAJOR if is_major else MINOR)[pitch_class] if 0 <= pitch_class < len(MAJOR) else None


def _on_a_wheel(place: int, side: str) -> str | None:
    """Return the key at a place on a wheel, which goes round in fifths, each major key next to its relative minor."""
    pitch = _FIFTH * (place - (_CAMELOT_C if side in "AB" else _OPEN_KEY_C))
    is_major = side in "BD"
    return key_of((pitch if is_major else pitch + _RELATIVE_MINOR) % 12, is_major=is_major)
