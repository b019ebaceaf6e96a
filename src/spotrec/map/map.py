"""The story of a map: what the index holds is laid out on a plane, coloured, and written as a page or a picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault, UsageError
from spotrec.map.chart import Chart
from spotrec.map.colouring import TELLING_AT_LEAST, Colour, Groups, by_name, by_tag, lift
from spotrec.map.files import check_writable
from spotrec.map.layout import need_tsne
from spotrec.map.page import write_page
from spotrec.map.picture import need_matplotlib, write_picture
from spotrec.map.placement import place
from spotrec.map.regions import regions
from spotrec.progress import Progress
from spotrec.system.files import write_output
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray, Positions, evenly

MOST_TRACKS = 50_000
"""Of a larger catalogue an even sample is shown: more dots are not seen, and no longer move smoothly."""
NEIGHBOURS = 5
TAGS_TOLD = 3
_DOMINANT = 0.3
"""A region is called by an artist, a genre or a collection that has this share of its tracks."""


@dataclass(frozen=True, slots=True)
class TrackSample:
    """Tracks as they are searched, in order of id.

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
    """What things are called.

    `title` is the map's; `collections` has the collection that each track counts for; `tag_names` are the network's.
    """

    title: str
    tag_names: Sequence[str]
    collections: Mapping[TrackId, str]


@dataclass(frozen=True, slots=True)
class MapFiles:
    """Where the map goes: a page, a picture, or both."""

    html: Path | None
    png: Path | None

    def check(self) -> None:
        """Refuse what cannot be, before any work is done.

        Raises:
            UsageError: there is no file to write, or it must not be written, or what writes it is not installed.
        """
        if not (self.html or self.png):
            raise UsageError("say where the map goes", "give `html` FILE, `png` FILE, or both")
        if self.html and self.png and self.html.resolve() == self.png.resolve():
            raise UsageError("the page and the picture are one file", "give two names")
        for path in filter(None, (self.html, self.png)):
            check_writable(path)
        need_tsne()
        if self.png:
            need_matplotlib()


def sample(n: int) -> Positions:
    """Which of so many tracks are shown: all, or an even choice, the same on every run."""
    return evenly(n, MOST_TRACKS)


def draw_map(
    heard: TrackSample, naming: Naming, colour: Colour, files: MapFiles, *, n_more: int, progress: Progress
) -> None:
    """Lay out what was heard and write it.

    Args:
        n_more: how many tracks more there are than those that are shown.

    Raises:
        IndexFault: there is nothing to show.
    """
    if not heard.tracks:
        raise IndexFault("the index holds none of these tracks", "`spotrec extract`, then `spotrec index`")
    chart = draw_chart(heard, naming, colour, n_more=n_more, progress=progress)
    with progress.meter("write", sum(map(bool, (files.html, files.png))), "files") as meter:
        if html := files.html:
            write_output(html, lambda path: write_page(chart, path))
            meter.advance(note=html.name)
        if png := files.png:
            write_output(png, lambda path: write_picture(chart, path))
            meter.advance(note=png.name)


def draw_chart(heard: TrackSample, naming: Naming, colour: Colour, *, n_more: int, progress: Progress) -> Chart:
    """Where each track lies, what it is coloured by, and what sounds most like it."""
    n = len(heard.tracks)
    placed = place(heard.vectors, min(NEIGHBOURS, n - 1), progress=progress)
    lifts = lift(heard.tags, heard.tag_means)
    groups = by_tag(lifts, naming.tag_names) if colour == "tag" else by_name(colour, heard.tracks, naming.collections)
    weights, names = (heard.tags, naming.tag_names) if colour == "tag" else _shares(groups)
    at_least = TELLING_AT_LEAST if colour == "tag" else _DOMINANT
    more = f" of {n + n_more:,}" if n_more else ""
    return Chart(
        title=naming.title,
        summary=f"{n:,}{more} {'track' if n + n_more == 1 else 'tracks'}, laid out by how they sound",
        tracks=heard.tracks,
        places=placed.places,
        tags=[_told(row, naming.tag_names) for row in lifts],
        near=[tuple(map(int, row)) for row in placed.near],
        groups=groups,
        regions=regions(placed.places, weights, names, at_least=at_least),
    )


def _shares(groups: Groups) -> tuple[FloatArray, tuple[str, ...]]:
    """Regions are called by the groups, but not by that of all others."""
    names = groups.names[:-1]
    belongs = groups.of_track[:, None] == np.arange(len(names))
    return belongs.astype(np.float32), names


def _told(lifts: FloatArray, tag_names: Sequence[str]) -> tuple[str, ...]:
    order = np.argsort(-lifts, kind="stable")[:TAGS_TOLD]
    return tuple(tag_names[tag] for tag in order if lifts[tag] > 0)
