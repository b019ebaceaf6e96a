"""Fill: tracks between two tracks of a list that lead from the sound of one to that of the other."""

from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from spotrec.errors import NotFound, UsageError, quoted
from spotrec.operations.criteria import criteria_of
from spotrec.operations.lists.changed_playlist import ChangedPlaylist, ListRow
from spotrec.operations.lists.contents import Contents, Playlist, read_list
from spotrec.operations.lists.entries import Entry, new_entry
from spotrec.operations.lists.reorder import place_named
from spotrec.operations.options import Narrowing, Options
from spotrec.operations.seeds import SeedFinder
from spotrec.operations.session import Session
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.journey import Step, travel
from spotrec.query.seed import Seed
from spotrec.track import Track

MOST_BETWEEN = 198


@dataclass(frozen=True, slots=True)
class FilledPlaylist:
    """A list with new tracks between two of its own.

    Attributes:
        start, end: the two tracks.
        model, index: the names of the model and the index that were used.
        unknown: by filter, how many tracks were left out only because their value is not known.
    """

    playlist: ChangedPlaylist
    start: Track
    end: Track
    model: str
    index: str
    unknown: dict[str, int]
    notes: tuple[str, ...] = ()


def fill(
    session: Session,
    playlist: Playlist | None,
    start: str,
    end: str,
    n: int,
    *,
    fetch: bool,
    paths: bool,
    options: Narrowing,
    progress: Progress | None,
) -> FilledPlaylist:
    """See `Recommender.fill_playlist`."""
    if not 1 <= n <= MOST_BETWEEN:
        raise UsageError(f"`n` must be 1 to {MOST_BETWEEN}, not {n}", f"choose 1 to {MOST_BETWEEN} tracks")
    with session.view(progress, paths=paths) as view:
        view.check_index()
        finder = SeedFinder(view, fetch=fetch)
        if playlist is None:
            ends = [finder.track(name) for name in (start, end)]
            entries = (Entry(one.track.name, one.track, number, by="id") for number, one in enumerate(ends, 1))
            contents, places = Contents("playlist", "", tuple(entries)), (0, 1)
        else:
            contents = read_list(view, playlist)
            known = [at for at, entry in enumerate(contents.entries) if entry.track]
            places = _neighbours(contents, place_named(contents, start, known), place_named(contents, end, known))
        wanted = criteria_of(view, cast("Options", options))
        listed = frozenset(entry.track.id for entry in contents.entries if entry.track)
        wanted = replace(wanted, excluded=wanted.excluded | listed)
        with session.store().at_one_moment():
            index = view.index()
            legs = [(_seed(view, contents.entries[at]), _seed(view, contents.entries[at + 1])) for at in range(*places)]
            steps: list[list[Step]] = []
            unknown: dict[str, int] = {}
            for leg, count in zip(legs, _shares(view, legs, n), strict=True):
                if not count:
                    steps.append([])
                    continue
                route = travel(view.embeddings, index, view.tag_names, leg, count + 2, wanted)
                steps.append(route.steps[1:-1])
                unknown = route.unknown
                wanted = replace(wanted, excluded=wanted.excluded | {step.track.id for step in steps[-1]})
        rows = _rows(contents, places[0], steps)
        return FilledPlaylist(
            ChangedPlaylist(contents, rows),
            legs[0][0].track,
            legs[-1][1].track,
            view.embeddings.name,
            index.name,
            unknown,
            tuple(view.notes),
        )


def _neighbours(contents: Contents, start: int, end: int) -> tuple[int, int]:
    """Return both positions in their order in the list.

    Raises:
        UsageError: they are one, or an entry between them is not stored.
    """
    first, last = sorted((start, end))
    if first == last:
        raise UsageError("both ends are the same track of the list", "choose two tracks")
    for entry in contents.entries[first : last + 1]:
        if entry.track is None:
            raise UsageError(
                f"{quoted(entry.name)}, which lies between the two, is not in the store",
                "choose two neighbours, or crawl the list first",
            )
    return first, last


def _seed(view: View, entry: Entry) -> Seed:
    assert entry.track is not None
    found = view.embeddings.get(entry.track.id)
    if found is None:
        raise NotFound(f"{entry.name} has no features yet", "`spotrec extract` extracts its features")
    return Seed(entry.track, found.vector, found.tags)


def _shares(view: View, legs: list[tuple[Seed, Seed]], n: int) -> list[int]:
    """Return how many tracks each step between neighbours gets: the longest step, as it is divided, gets the next."""
    if len(legs) == 1:
        return [n]
    points = view.built.place(np.stack([leg[0].vector for leg in legs] + [legs[-1][1].vector])).astype(np.float64)
    angles = np.arccos(np.clip((points[:-1] * points[1:]).sum(axis=1), -1, 1))
    shares = np.zeros(len(legs), np.int64)
    for _ in range(n):
        shares[int((angles / (shares + 1)).argmax())] += 1
    return [int(share) for share in shares]


def _rows(contents: Contents, first: int, steps: list[list[Step]]) -> tuple[ListRow, ...]:
    rows: list[tuple[Entry, float | None]] = []
    for at, entry in enumerate(contents.entries):
        rows.append((entry, None))
        if 0 <= at - first < len(steps):
            rows += [(new_entry(step.track), step.similarity) for step in steps[at - first]]
    return tuple(ListRow(place, entry, similarity) for place, (entry, similarity) in enumerate(rows, 1))
