"""The texts of one tag by their keys, of bounded number and size."""

from collections.abc import Iterator, Sequence

LONGEST_BYTES = 1 << 14
"""A longer text is a picture or a lyric, not a name."""
MOST_VALUES = 64
"""Texts under one key."""
_MOST_STEPS, _MOST_CHARS = 20_000, 1 << 20
_MARKS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_LEAST_LETTERS, _MOST = 3, 0.75


class TagTexts:
    """Texts under keys, in the order of the file. Upper and lower case are the same key."""

    def __init__(self) -> None:
        self._by_key: dict[str, list[str]] = {}
        self._n_chars = 0
        self._n_steps = 0

    def steps(self) -> Iterator[None]:
        """Yield once for each item or part of the file that its reader may still look at: all its loops share them."""
        while self._n_steps < _MOST_STEPS:
            self._n_steps += 1
            yield

    def add(self, key: str, *texts: str) -> None:
        """Add texts under a key."""
        for text in texts:
            self._n_chars += len(key) + len(text)
            if text and self._n_chars <= _MOST_CHARS:
                values = self._by_key.setdefault(key.casefold(), [])
                values += [text][: MOST_VALUES - len(values)]

    def get(self, key: str) -> Sequence[str]:
        """Return the texts under a key, given in lower case."""
        return self._by_key.get(key, ())


def utf_16_of(raw: bytes) -> str | None:
    """Return the encoding of text that is UTF-16, by its byte order mark or by null bytes in its letters, else None."""
    for mark, encoding in _MARKS.items():
        if raw.startswith(mark):
            return encoding
    if len(raw) % 2:
        raw = raw.removesuffix(b"\0")
    n = len(raw) // 2
    if n < _LEAST_LETTERS or len(raw) % 2:
        return None
    n_first, n_second = raw[::2].count(0), raw[1::2].count(0)
    if max(n_first, n_second) < n * _MOST or min(n_first, n_second) > n - n * _MOST:
        return None
    return "utf-16-be" if n_first > n_second else "utf-16-le"


def decode(raw: bytes) -> str:
    """Decode text of unknown encoding: UTF-8, else Windows-1252, in which every byte that Latin-1 has is the same.

    Some programs write UTF-16 where there should be none.
    """
    if (raw.startswith(tuple(_MARKS)) or b"\0" in raw) and (encoding := utf_16_of(raw)):
        return raw[: len(raw) // 2 * 2].decode(encoding, "replace").replace("\ufeff", "")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
