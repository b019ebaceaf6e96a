"""Keys that are equal if two titles and artists name the same recording, as far as names show it."""

from collections.abc import Iterable

from spotrec.names.titles import normalised, song_title

RULES_VERSION = 1
"""The version of the rules that make keys. Add 1 if a change, here or in `titles`, gives other results of
`recording_key` or `search_text`: a store with keys of another version makes them again when it is opened."""


def recording_key(title: str, artists: tuple[str, ...]) -> str | None:
    """Return a key that is equal for two copies of one recording; None without an artist or a title.

    Only the first artist counts: featured artists are written in too many ways.
    """
    if not artists or not artists[0].strip() or not title.strip():
        return None
    return f"{normalised(artists[0])}\t{song_title(title)}"


def search_text(title: str, artists: Iterable[str]) -> str:
    """Return title and artists in the form in which words are searched."""
    return normalised(" ".join((title, *artists)))
