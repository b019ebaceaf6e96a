"""A list after a change: its entries in their new order, and the entries that could not take part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spotrec.operations.lists.contents import Contents
from spotrec.operations.lists.entries import Entry
from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class ListRow:
    """An entry at its new place, from 1.

    `similarity`: to the entry before it, or of a new entry to the list; None if it is not known. `energy`: -1 to 1,
    None unless it was asked for.
    """

    place: int
    entry: Entry
    similarity: float | None = None
    energy: float | None = None

    @property
    def track(self) -> Track | None:
        """The stored track, if there is one."""
        return self.entry.track


@dataclass(frozen=True, slots=True)
class ChangedPlaylist:
    """A list after a change. Nothing is written yet: see `Recommender.write_playlist`.

    Attributes:
        contents: the list as it was read.
        rows: its entries now.
        unheard: entries that are stored, but have no features.
    """

    contents: Contents
    rows: tuple[ListRow, ...]
    unheard: tuple[Entry, ...] = ()

    @property
    def title(self) -> str:
        return self.contents.title

    @property
    def unknown(self) -> tuple[Entry, ...]:
        """The entries that the store does not have. They keep their places."""
        return self.contents.unknown

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries in their new order."""
        return tuple(row.entry for row in self.rows)

    @property
    def n_new(self) -> int:
        return sum(row.entry.is_new for row in self.rows)

    @property
    def is_changed(self) -> bool:
        """Whether anything is different from the list as it was read."""
        return [entry.number for entry in self.entries] != list(range(1, len(self.contents.entries) + 1))


def rows_of(entries: Iterable[Entry], similarities: Sequence[float | None] = ()) -> tuple[ListRow, ...]:
    """Return entries as rows."""
    listed = list(entries)
    known = [*similarities, *[None] * (len(listed) - len(similarities))]
    return tuple(
        ListRow(place, entry, similarity)
        for place, (entry, similarity) in enumerate(zip(listed, known, strict=True), 1)
    )
