"""The story of a map: the tracks of the index are placed on a plane, coloured, and written as a page or a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault, UsageError
from spotrec.map.chart import Chart
from spotrec.map.colouring import COLOURS, TELLING_AT_LEAST, Colour, Groups, by_name, by_tag, lift
from spotrec.map.files import check_writable
from spotrec.map.layout import need_tsne
from spotrec.map.page import write_page
from spotrec.map.picture import need_matplotlib, write_picture
from spotrec.map.placement import Placement, place
from spotrec.map.regions import regions
from spotrec.progress import Progress
from spotrec.system.files import real_path, write_output
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray, Positions, evenly

MOST_TRACKS = 50_000
"""Of a larger catalogue, an even sample is shown: more dots cannot be distinguished and do not move smoothly."""
NEIGHBOURS = 5
TAGS_SHOWN = 3
_DOMINANT = 0.3
"""A region is named after an artist, a genre or a collection that has at least this share of its tracks."""


@dataclass(frozen=True, slots=True)
class TrackSample:
    """Tracks with their vectors in the index, in order of id.

    Attributes:
        vectors: shape (n, dim), placed, unit length.
        tags: shape (n, n_tags), probabilities.
        tag_means: shape (n_tags,), over the whole catalogue.
    """

    tracks: list[Track]
    vectors: FloatArray
    tags: FloatArray
    tag_means: FloatArray


@dataclass(frozen=True, slots=True)
class Naming:
    """The names on a map.

    Attributes:
        title: of the map.
        tag_names: of the model.
        collections: the title of each track's collection.
    """

    title: str
    tag_names: Sequence[str]
    collections: Mapping[TrackId, str]


@dataclass(frozen=True, slots=True)
class MapFiles:
    """The files of a map: a page, a picture, or both."""

    html: Path | None
    png: Path | None

    def check(self) -> None:
        """Check the files and the needed packages, before any work is done.

        Raises:
            UsageError: no file is given, a file must not be written, or a needed package is not installed.
        """
        if not (self.html or self.png):
            raise UsageError("a map needs a file", "give `html` FILE, `png` FILE, or both")
        if self.html and self.png and real_path(self.html) == real_path(self.png):
            raise UsageError("the page and the picture have the same file name", "give two names")
        for path in filter(None, (self.html, self.png)):
            check_writable(path)
        need_tsne()
        if self.png:
            need_matplotlib()


def sample(n: int) -> Positions:
    """Return which of `n` tracks are shown: all, or an even sample, the same on every run."""
    return evenly(n, MOST_TRACKS)


def draw_map(
    shown: TrackSample, naming: Naming, colour: Colour, files: MapFiles, *, n_more: int, progress: Progress
) -> None:
    """Draw a map of tracks and write it.

    Args:
        n_more: how many other tracks are not shown.

    Raises:
        IndexFault: there is nothing to show.
    """
    if not shown.tracks:
        raise IndexFault("the index has none of these tracks", "run `spotrec extract`, then `spotrec index`")
    placed = place_all(shown, progress=progress)
    chart = colour_chart(shown, naming, colour, placed, n_more=n_more)
    others = [one for one in COLOURS if one != colour and files.html]
    drawn = [colour_chart(shown, naming, one, placed, n_more=n_more) for one in others]
    with progress.meter("write", sum(map(bool, (files.html, files.png))), "files") as meter:
        if html := files.html:
            write_output(html, lambda path: write_page(chart, path, drawn))
            meter.advance(note=html.name)
        if png := files.png:
            write_output(png, lambda path: write_picture(chart, path))
            meter.advance(note=png.name)


def place_all(shown: TrackSample, *, progress: Progress) -> Placement:
    """Return the places of tracks, at least one, and their neighbours."""
    return place(shown.vectors, min(NEIGHBOURS, len(shown.tracks) - 1), progress=progress)


def colour_chart(shown: TrackSample, naming: Naming, colour: Colour, placed: Placement, *, n_more: int) -> Chart:
    """Return a chart of tracks that have their places, in these colours."""
    n = len(shown.tracks)
    lifts = lift(shown.tags, shown.tag_means)
    groups = by_tag(lifts, naming.tag_names) if colour == "tag" else by_name(colour, shown.tracks, naming.collections)
    weights, names = (shown.tags, naming.tag_names) if colour == "tag" else _shares(groups)
    at_least = TELLING_AT_LEAST if colour == "tag" else _DOMINANT
    more = f" of {n + n_more:,}" if n_more else ""
    return Chart(
        title=naming.title,
        summary=f"{n:,}{more} {'track' if n + n_more == 1 else 'tracks'}, arranged by sound",
        tracks=shown.tracks,
        places=placed.places,
        tags=[_strongest_tags(row, naming.tag_names) for row in lifts],
        near=[tuple(map(int, row)) for row in placed.near],
        groups=groups,
        regions=regions(placed.places, weights, names, at_least=at_least),
    )


def _shares(groups: Groups) -> tuple[FloatArray, tuple[str, ...]]:
    """Return each track's membership in the groups, and their names, without the group of all others."""
    names = groups.names[:-1]
    belongs = groups.of_track[:, None] == np.arange(len(names))
    return belongs.astype(np.float32), names


def _strongest_tags(lifts: FloatArray, tag_names: Sequence[str]) -> tuple[str, ...]:
    order = np.argsort(-lifts, kind="stable")[:TAGS_SHOWN]
    return tuple(tag_names[tag] for tag in order if lifts[tag] > 0)
