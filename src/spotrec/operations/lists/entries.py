"""The entries of a list: what stands in it, and the stored track that each means."""

from dataclasses import dataclass

from spotrec.errors import UsageError, quoted
from spotrec.track import Track

MOST_ENTRIES = 10_000
"""A list has at most so many entries. Readers stop after one more, so that a huge file is refused at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a list.

    Attributes:
        name: as people know it.
        track: the stored track that it means; None if the store has none.
        number: its place in the list as it was read, from 1; None for a new entry.
        place: the path or link that it names; "" if it names none.
        file: the absolute path that it means, if it is a file's.
        body: what stands in the file for it, word for word: its line, and the comments above it.
        by: how the track was found: `path`, `link`, `id`, `ISRC` or `name`.
    """

    name: str
    track: Track | None = None
    number: int | None = None
    place: str = ""
    file: str = ""
    body: str = ""
    by: str = ""

    @property
    def is_new(self) -> bool:
        """Whether the list did not have it."""
        return self.number is None


def new_entry(track: Track) -> Entry:
    """Return an entry for a track that the list did not have."""
    return Entry(track.name, track, by="id")


def too_many(title: str) -> UsageError:
    """Return the error that a list has more entries than may be worked on."""
    return UsageError(
        f"{quoted(title)} has more than {MOST_ENTRIES:,} entries",
        "give a shorter list, or a part of this one",
    )
