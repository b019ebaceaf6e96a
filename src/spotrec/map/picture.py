"""The map as a picture (matplotlib)."""

import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.errors import UsageError, printable
from spotrec.map.chart import Chart
from spotrec.map.files import MARK
from spotrec.map.regions import Region
from spotrec.map.themes import LIGHT
from spotrec.system.installation import install_command

DPI = 200
_WIDTH_IN, _HEIGHT_IN, _LEGEND_IN = 11.0, 7.6, 2.0
_LONGEST = 28
_MARGIN = 0.06
_LEVELS_SHOWN = 1
_APART = 0.45


def need_matplotlib() -> None:
    """Check that matplotlib is installed, before the work begins.

    Raises:
        UsageError: matplotlib is not installed.
    """
    _figure_class()


def write_picture(chart: Chart, path: Path) -> None:
    """Write a map as a PNG, in the light colours of the page, with a legend and the names of regions."""
    with warnings.catch_warnings():
        # a letter that no font has becomes a box: this needs no warning
        warnings.simplefilter("ignore", UserWarning)
        _drawn(chart).savefig(path, format="png", metadata={"Software": MARK})


def _drawn(chart: Chart) -> Any:
    figure = _figure_class()(figsize=(_WIDTH_IN, _HEIGHT_IN), dpi=DPI, facecolor=LIGHT.paper)
    axes = figure.add_axes((0.02, 0.02, 1 - _LEGEND_IN / _WIDTH_IN - 0.03, 0.88))
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    width, height = np.abs(chart.places).max(axis=0) + _MARGIN
    axes.set_xlim(-width, width)
    axes.set_ylim(height, -height)  # y points down, as on a screen
    colours = LIGHT.colours(len(chart.groups.names))
    size = min(max(9_000 / len(chart.tracks), 5.0), 60.0)
    axes.scatter(
        chart.places[:, 0],
        chart.places[:, 1],
        s=size,
        c=[colours[group] for group in chart.groups.of_track],
        edgecolors=LIGHT.paper,
        linewidths=min(size / 40, 0.6),
        alpha=0.92,
    )
    _title(figure, chart)
    _legend(figure, chart, colours)
    _name_regions(figure, axes, chart)
    return figure


def _title(figure: Any, chart: Chart) -> None:
    write = {"parse_math": False, "va": "top", "ha": "left"}  # a title may hold dollars
    figure.text(0.025, 0.965, _shown(chart.title, 60), fontsize=17, fontweight="semibold", color=LIGHT.ink, **write)
    figure.text(0.025, 0.92, _shown(chart.summary, 120), fontsize=10, color=LIGHT.quiet, **write)


def _legend(figure: Any, chart: Chart, colours: list[str]) -> None:
    """Draw the legend. Matplotlib's own omits names that begin with an underscore and reads dollars as formulas."""
    x = 1 - _LEGEND_IN / _WIDTH_IN
    sizes = [int((chart.groups.of_track == group).sum()) for group in range(len(colours))]
    shown = [group for group, size in enumerate(sizes) if size]
    for row, group in enumerate(shown):
        y = 0.86 - 0.042 * row
        figure.text(x, y, "●", fontsize=13, color=colours[group], va="center")
        name = _shown(chart.groups.names[group], _LONGEST)
        figure.text(x + 0.022, y, name, fontsize=10.5, color=LIGHT.ink, va="center", parse_math=False)
        figure.text(0.978, y, f"{sizes[group]:,}", fontsize=9.5, color=LIGHT.quiet, va="center", ha="right")


def _name_regions(figure: Any, axes: Any, chart: Chart) -> None:
    """Write the names of regions, largest first; a name that would cover another is omitted."""
    from matplotlib.patheffects import withStroke

    renderer = figure.canvas.get_renderer()
    taken: list[Any] = []
    written: list[Region] = []
    dots = axes.transData.transform(chart.places)
    for region in chart.regions:
        if region.level > _LEVELS_SHOWN:
            break
        if any(other.name == region.name and _distance(other, region) < _APART for other in written):
            continue
        general = region.level == 0
        text = axes.text(
            region.x,
            region.y,
            _shown(region.name.upper() if general else region.name, _LONGEST),
            fontsize=11.5 if general else 9,
            color=LIGHT.ink,
            ha="center",
            va="center",
            parse_math=False,
            path_effects=[withStroke(linewidth=3, foreground=LIGHT.paper, alpha=0.85)],
        )
        box = _beside_dots(text, text.get_window_extent(renderer).expanded(1.05, 1.25), dots)
        if any(box.overlaps(other) for other in taken):
            text.remove()
        else:
            taken.append(box)
            written.append(region)


def _beside_dots(text: Any, box: Any, dots: Any) -> Any:
    """Move a name up or down a little if it then covers fewer dots. Return its new box."""
    x, y = text.axes.transData.transform(text.get_position())
    moved = [box.translated(0, shift * DPI / 72) for shift in (0, 9, -9, 16, -16)]
    best = min(moved, key=lambda one: int(((dots > one.min) & (dots < one.max)).all(axis=1).sum()))
    text.set_position(text.axes.transData.inverted().transform((x, y + best.y0 - box.y0)))
    return best


def _distance(a: Region, b: Region) -> float:
    return float(np.hypot(a.x - b.x, a.y - b.y))


def _shown(text: str, longest: int) -> str:
    """Return text that a font can draw on one line."""
    shown = printable(text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def _figure_class() -> Any:
    """Return a class of figures without a window and without global state."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it logs its font cache
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as exc:
        raise UsageError("a picture needs matplotlib, which is not installed", install_command("plots")) from exc

    def made(**how: Any) -> Any:
        figure = Figure(**how)
        FigureCanvasAgg(figure)
        return figure

    return made
