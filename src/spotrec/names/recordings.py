"""When do two titles and artists name one recording, as far as names can tell?"""

from collections.abc import Iterable

from spotrec.names.titles import normalised, song_title

RULES_VERSION = 1
"""Which rules made a key. Whoever changes what `recording_key` or `search_text` gives, here or in `titles`, adds one:
a store whose keys were made by other rules makes them again when it is opened."""


def recording_key(title: str, artists: tuple[str, ...]) -> str | None:
    """Equal for two copies of one recording, as far as names can tell; None where they tell nothing.

    Only the first artist counts: who is featured is written in too many ways.
    """
    if not artists or not artists[0].strip() or not title.strip():
        return None
    return f"{normalised(artists[0])}\t{song_title(title)}"


def search_text(title: str, artists: Iterable[str]) -> str:
    """Title and artists as they are searched for words."""
    return normalised(" ".join((title, *artists)))
