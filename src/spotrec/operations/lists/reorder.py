"""Reorder: the tracks of a list so that neighbours sound alike, and the energy goes as wanted."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotrec.errors import NotFound, SeveralMatch, UsageError, quoted
from spotrec.names.titles import normalised
from spotrec.operations.lists.changed_playlist import ChangedPlaylist, ListRow
from spotrec.operations.lists.contents import Contents, Playlist, nothing_known, read_list
from spotrec.operations.lists.entries import Entry
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.curve import Curve, path_on_curve
from spotrec.query.short_path import ShortPath, length_of, short_path

if TYPE_CHECKING:
    from spotrec.vectors import DoubleArray, FloatArray

MOST_TRACKS = 5_000
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class ReorderedPlaylist:
    """A list in another order.

    The distance of two tracks is 1 − their similarity; an order's distance is the sum over neighbours.

    Attributes:
        distance: of the new order.
        before: of the order that the list had, over the same tracks.
        bound: no order that begins, ends and goes as wanted has a smaller distance.
        curve: how the energy goes; None if only the sound counts.
        n_ordered: how many tracks took part.
        model, index: the names of the model and the index that were used.
    """

    playlist: ChangedPlaylist
    distance: float
    before: float
    bound: float
    curve: Curve | None
    n_ordered: int
    model: str
    index: str
    notes: tuple[str, ...] = ()

    @property
    def gap(self) -> float:
        """By what share of the bound the order may be longer than the shortest one: 0 if it is the shortest."""
        return self.distance / self.bound - 1 if self.bound > 0 else 0.0

    @property
    def is_shortest(self) -> bool:
        """Whether no order is shorter, to six decimals."""
        return self.distance - self.bound < 1e-6

    def similarity_of(self, distance: float) -> float | None:
        """Return the mean similarity of neighbours in an order of this distance; None with fewer than two tracks."""
        return 1 - distance / (self.n_ordered - 1) if self.n_ordered > 1 else None


def reorder(
    session: Session,
    playlist: Playlist,
    *,
    curve: str | None,
    first: str | None,
    last: str | None,
    paths: bool,
    progress: Progress | None,
) -> ReorderedPlaylist:
    """See `Recommender.reorder_playlist`."""
    wanted = curve_named(curve)
    with session.view(progress, paths=paths) as view:
        view.check_index()
        contents = read_list(view, playlist)
        with session.store().at_one_moment():
            vectors, tags, heard = _heard(view, contents)
            index = view.index()
            points = index.place(vectors).astype(np.float64)
            energies = None
            if wanted:
                from spotrec.query.energy import energy_of

                energies = energy_of(tags, index, view.tag_names)
        if len(heard) > MOST_TRACKS:
            raise UsageError(
                f"{quoted(contents.title)} has {len(heard):,} tracks with features",
                f"an order is found for at most {MOST_TRACKS:,}",
            )
        ends = _end(contents, heard, first, at=0), _end(contents, heard, last, at=-1)
        if ends[0] is not None and ends[0] == ends[1] and len(heard) > 1:
            raise UsageError("the first and the last track are the same", "choose two tracks")
        distances = _distances(points)
        with view.progress.meter("find an order", len(heard)) as meter:
            found = _ordered(distances, energies, wanted, *ends)
            meter.advance(len(heard))
        rows = _rows(contents, heard, found.order, distances, energies)
        known = {contents.entries[at].number for at in heard}
        unheard = tuple(entry for entry in contents.entries if entry.track and entry.number not in known)
        return ReorderedPlaylist(
            ChangedPlaylist(contents, rows, unheard),
            found.length,
            length_of(range(len(heard)), distances),
            found.bound,
            wanted,
            len(heard),
            view.embeddings.name,
            index.name,
            tuple(view.notes),
        )


def curve_named(name: str | None) -> Curve | None:
    """Return the curve of this name.

    Raises:
        UsageError: there is none.
    """
    if name is None:
        return None
    try:
        return Curve(name.strip().lower())
    except ValueError as exc:
        raise UsageError(f"there is no curve {quoted(name)}", f"curves are {', '.join(Curve)}") from exc


def place_named(contents: Contents, name: str, among: Sequence[int]) -> int:
    """Return the position of one entry of a list: by its number from 1, its id, or words of artist and title.

    Args:
        among: the positions that may be meant.

    Raises:
        NotFound: no entry is called so.
        SeveralMatch: several are.
    """
    entries = contents.entries
    text = name.strip()
    if text.isdecimal() and 1 <= int(text) <= len(entries):
        at = int(text) - 1
        if at in among:
            return at
        if entries[at].track is None:
            raise NotFound(
                f"the track {int(text)}, {quoted(entries[at].name)}, is not in the store",
                "crawl the list first, or choose another track",
            )
        raise NotFound(
            f"the track {int(text)}, {quoted(entries[at].name)}, has no features",
            "`spotrec extract` extracts the features of stored tracks",
        )
    exact = [at for at in among if _is_called(entries[at], text)]
    words = normalised(text).split()
    found = exact or [at for at in among if words and set(words) <= set(normalised(entries[at].name).split())]
    if not found and text.isdecimal():
        raise NotFound(
            f"{quoted(contents.title)} has no track {int(text)}, only 1 to {len(entries)}",
            "give a number of the list, an id, or words of a name",
        )
    if not found:
        raise NotFound(
            f"{quoted(contents.title)} has no track {quoted(name)} that can be heard", "give its number in the list"
        )
    tracks = {track.id if (track := entries[at].track) else str(at) for at in found}
    if len(tracks) > 1:
        raise SeveralMatch(
            f"{quoted(name)} could be any of {len(tracks)} tracks of the list",
            name,
            [(str(entries[at].number), entries[at].name) for at in found],
        )
    return found[0]


def _is_called(entry: Entry, text: str) -> bool:
    track = entry.track
    return text in (entry.place, entry.file) or bool(track and text in (track.id, track.title, track.name))


def _end(contents: Contents, heard: Sequence[int], name: str | None, *, at: int) -> int | None:
    """Return which of the tracks that are heard is to be at an end; `""` means the one that is there already."""
    if name is None:
        return None
    place = heard[at] if not name.strip() else place_named(contents, name, heard)
    return heard.index(place)


def _heard(view: View, contents: Contents) -> "tuple[FloatArray, FloatArray, list[int]]":
    """Return vectors and tags of the entries that have features, and their positions in the list."""
    ids = [entry.track.id for entry in contents.entries if entry.track]
    embeddings = view.embeddings.get_many(dict.fromkeys(ids))
    heard = [at for at, one in enumerate(contents.entries) if one.track and one.track.id in embeddings]
    if not heard:
        if not ids:
            raise nothing_known(contents)
        raise NotFound(
            f"no track of {quoted(contents.title)} has features yet", "`spotrec extract` extracts their features"
        )
    found = [embeddings[track.id] for at in heard if (track := contents.entries[at].track)]
    return np.stack([one.vector for one in found]), np.stack([one.tags for one in found]), heard


def _distances(points: "DoubleArray") -> "DoubleArray":
    distances = np.clip(1 - points @ points.T, 0, 2)
    distances = (distances + distances.T) / 2
    np.fill_diagonal(distances, 0)
    return np.asarray(distances, np.float64)


def _ordered(
    distances: "DoubleArray",
    energies: "FloatArray | None",
    curve: Curve | None,
    first: int | None,
    last: int | None,
) -> ShortPath:
    if len(distances) < 2:
        return ShortPath(list(range(len(distances))), 0.0, 0.0)
    if curve is None or energies is None:
        return short_path(distances, first, last)
    return path_on_curve(distances, energies.tolist(), curve, first, last)


def _rows(
    contents: Contents,
    heard: Sequence[int],
    order: Sequence[int],
    distances: "DoubleArray",
    energies: "FloatArray | None",
) -> tuple[ListRow, ...]:
    """Return the entries in their new order. Entries that have no features stay at their places."""
    rows = [ListRow(place, entry) for place, entry in enumerate(contents.entries, 1)]
    before: int | None = None
    for at, one in zip(heard, order, strict=True):
        similarity = None if before is None else float(1 - distances[before, one])
        energy = None if energies is None else float(energies[one])
        rows[at] = ListRow(at + 1, contents.entries[heard[one]], similarity, energy)
        before = one
    return tuple(rows)
