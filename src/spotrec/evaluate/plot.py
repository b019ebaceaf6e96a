"""A plot of an evaluation (matplotlib): for each label, a dot and an interval for every space."""

import threading
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spotrec.errors import UsageError, quoted
from spotrec.system.files import write_output
from spotrec.system.installation import install_command

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from spotrec.evaluate.evaluate import Evaluation, LabelScores
    from spotrec.evaluate.intervals import Interval

CHANCE = "random"
"""The space that is drawn as a vertical line."""

_INK, _FAINT, _OURS, _OTHERS, _CHANCE = "#222222", "#8a8a8a", "#0072b2", "#5a5a5a", "#d55e00"  # Okabe and Ito's
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.edgecolor": "#cccccc",
    "axes.labelcolor": _FAINT,
    "xtick.color": _FAINT,
    "svg.hashsalt": "spotrec",
    "text.parse_math": False,  # a label may contain dollar signs
}
_PANELS_IN, _ROW_IN, _TITLE_IN, _AXIS_IN, _HEAD_IN, _FOOT_IN = 7.3, 0.31, 0.5, 0.42, 0.6, 0.4
_NAME_SIZE, _TITLE_SIZE, _LEFT_IN, _RIGHT_IN, _GAP_IN = 9.5, 10.5, 0.18, 0.225, 0.54
_DPI, _MOST_PIXELS = 160, 60_000  # matplotlib's limit is 65,535

_turn = threading.Lock()
"""Matplotlib's style belongs to the whole process."""

Rows = Sequence[tuple[str, "LabelScores"]]


class Picture:
    """A picture for `path`; errors are raised before the work, not after.

    Raises:
        UsageError: the name does not end in .png or .svg, the folder does not exist, or matplotlib is missing.
    """

    def __init__(self, path: Path) -> None:
        if path.suffix.lower() not in (".png", ".svg"):
            raise UsageError(
                f"{quoted(str(path))} is not a .png or .svg file", "choose a name that ends in .png or .svg"
            )
        if not path.parent.is_dir() or path.is_dir():
            raise UsageError(f"{quoted(str(path))} cannot be written", "choose a file in a folder that exists")
        try:
            import matplotlib.figure  # noqa: F401 - whether it is installed
        except ImportError as exc:
            raise UsageError("a plot needs matplotlib, which is not installed", install_command("plots")) from exc
        self._path = path

    def draw(self, found: "Evaluation") -> None:
        """Draw the picture and write the file, all of it or nothing.

        Raises:
            DiskFull, SpotrecError: the file cannot be written.
        """
        write_output(self._path, lambda part: self._write(found, part))

    def _write(self, found: "Evaluation", part: Path) -> None:
        import matplotlib

        kind = self._path.suffix.lower()[1:]
        with _turn, matplotlib.rc_context(), warnings.catch_warnings():
            matplotlib.rcdefaults()  # a user's own style may not suit
            matplotlib.rcParams.update(_STYLE)
            warnings.simplefilter("ignore", UserWarning)  # the font draws a missing letter as a box
            stable: Any = {"Date": None} if kind == "svg" else {}
            figure = figure_of(found)
            dpi = min(_DPI, _MOST_PIXELS / max(figure.get_size_inches()))
            figure.savefig(part, format=kind, dpi=dpi, metadata=stable)


def figure_of(found: "Evaluation") -> "Figure":
    """Draw a row of panels for each label: precision@k on the left, mean reciprocal rank on the right."""
    from matplotlib.figure import Figure

    panels = _panels(found)
    rows_in = [_ROW_IN * max(1, sum(name != CHANCE for name, _ in rows)) for _, rows in panels]
    height = sum(rows_in) + (_TITLE_IN + _AXIS_IN) * len(panels) + _HEAD_IN + _FOOT_IN
    names_in = max((_width_in(name, _NAME_SIZE) for _, rows in panels for name, _ in rows), default=0.0)
    titles_in = max((_width_in(title, _TITLE_SIZE) for title, _ in panels), default=0.0)
    left_in = max(1.485, _LEFT_IN + names_in + 0.1)
    width_in = max(left_in + _PANELS_IN, _LEFT_IN + titles_in) + _RIGHT_IN
    figure = Figure(figsize=(width_in, height), facecolor="white")
    left, gap = left_in / width_in, _GAP_IN / width_in
    width = (1 - _RIGHT_IN / width_in - left - gap) / 2
    margin = _LEFT_IN / width_in
    limits = {name: _limit(panels, name) for name in ("precision", "mrr")}
    top = height - _HEAD_IN
    for (title, rows), tall in zip(panels, rows_in, strict=True):
        figure.text(margin, (top - 0.17) / height, title, weight="bold", size=_TITLE_SIZE, va="center")
        bottom = top - _TITLE_IN - tall
        for column, name in enumerate(limits):
            place = (left + column * (width + gap), bottom / height, width, tall / height)
            _draw_panel(figure.add_axes(place), rows, name, limits[name], has_names=not column)
        top = bottom - _AXIS_IN
    for column, name in enumerate((f"precision@{found.k}", "mean reciprocal rank")):
        figure.text(left + column * (width + gap), (height - 0.3) / height, name, size=12, weight="bold", va="center")
    figure.text(margin, 0.2 / height, _caption(found), size=8, color=_FAINT, va="center")
    return figure


def _panels(found: "Evaluation") -> list[tuple[str, Rows]]:
    """Return titles and rows, the best row first. With only one space, the rows are labels."""
    scores = {space.space: {score.label: score for score in space.labels} for space in found.spaces}
    first = next(iter(scores.values()))
    if len(scores) == 1:
        return [("", _sorted(first))] if first else []
    return [
        (
            f"{label}  ·  {score.n_queries} tracks, {score.n_values} values",
            _sorted({s: of[label] for s, of in scores.items()}),
        )
        for label, score in first.items()
    ]


def _sorted(rows: "Mapping[str, LabelScores]") -> Rows:
    return sorted(rows.items(), key=lambda row: -row[1].precision.value)


def _draw_panel(axes: "Axes", rows: Rows, figure: str, limit: float, *, has_names: bool) -> None:
    chance = next((score for name, score in rows if name == CHANCE), None)
    rows = [row for row in rows if row[0] != CHANCE]
    if chance:
        guess: Interval = getattr(chance, figure)
        axes.axvspan(guess.low, guess.high, color=_CHANCE, alpha=0.12, lw=0)
        axes.axvline(guess.value, color=_CHANCE, lw=1.2, ls=(0, (4, 2)))
        axes.text(
            guess.value,
            1.02,
            "chance",
            color=_CHANCE,
            size=7.5,
            ha="center",
            va="bottom",
            transform=axes.get_xaxis_transform(),
        )
    for y, (_, score) in enumerate(rows):
        _draw_dot(axes, y, score, figure)
    axes.set_xlim(0, limit)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows] if has_names else [""] * len(rows))
    for tick, (_, score) in zip(axes.get_yticklabels(), rows, strict=True):
        is_ours = score.differences is None
        tick.set(color=_OURS if is_ours else _INK, weight="bold" if is_ours else "normal")
    axes.tick_params(length=0, labelsize=8)
    axes.tick_params(axis="y", labelsize=_NAME_SIZE)
    axes.grid(axis="x", color="#eeeeee", lw=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_dot(axes: "Axes", y: int, score: "LabelScores", figure: str) -> None:
    """Draw a filled dot for the first space and for spaces that differ from it significantly, else a hollow dot."""
    number: Interval = getattr(score, figure)
    difference = (score.differences or {}).get(figure)
    color = _OURS if score.differences is None else _OTHERS
    is_full = difference is None or difference.is_significant
    axes.plot([number.low, number.high], [y, y], color=color, lw=2.2, alpha=0.55, solid_capstyle="round")
    axes.plot(number.value, y, "o", ms=7.5, mfc=color if is_full else "white", mec=color, mew=1.8)
    shown = f"{number.value:.2f}".removeprefix("0") if number.value < 0.995 else "1.0"
    axes.annotate(shown, (number.value, y), (0, 6.5), textcoords="offset points", size=7.5, ha="center", color=color)


def _limit(panels: Sequence[tuple[str, Rows]], figure: str) -> float:
    """Return the end of an axis: above the highest interval, equal in all panels, so that they can be compared."""
    highest = max((getattr(score, figure).high for _, rows in panels for _, score in rows), default=1.0)
    return float(min(1.03, 1.08 * highest + 0.02))


def _caption(found: "Evaluation") -> str:
    caption = f"{found.n_tracks} tracks; bars: 95 % confidence (bootstrap)"
    if len(found.spaces) == 1:
        return caption
    return f"{caption}; filled: differs from {found.spaces[0].space} by more than chance, hollow: cannot be told apart"


def _width_in(text: str, size: float) -> float:
    """Return the width of bold text in inches, so that no name is cut."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", weight="bold")
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().width) / 72 if text.strip() else 0.0
