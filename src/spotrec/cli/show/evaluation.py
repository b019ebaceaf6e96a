"""Evaluations as tables."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show.console import console, say
from spotrec.cli.show.tables import print_columns
from spotrec.cli.show.units import counted
from spotrec.evaluate.verdict import verdict

if TYPE_CHECKING:
    from spotrec.evaluate.evaluate import Evaluation, LabelScores, SpaceScores
    from spotrec.evaluate.intervals import Interval

_WIDE = 110  # characters per line from which every figure has room for its interval


def print_evaluation(found: "Evaluation") -> None:
    """Print the verdict, a table for each label, then how recommendations spread over the tracks, then remarks."""
    to = console()
    is_wide = to.width >= _WIDE
    if said := verdict(found):
        say(to, said)
        to.print()
    for label in dict.fromkeys(score.label for space in found.spaces for score in space.labels):
        scores = {space.space: score for space in found.spaces for score in space.labels if score.label == label}
        _print_label(to, label, scores, found.k, is_wide=is_wide)
        to.print()
    _print_hubs(to, found.spaces)
    for line in _remarks(found):
        say(to, with_flags(line), style="dim")


def _print_label(to: Console, label: str, scores: "dict[str, LabelScores]", k: int, *, is_wide: bool) -> None:
    of = next(iter(scores.values()))
    figures = {
        "precision": f"precision@{k}",
        "macro_precision": "macro",
        "mrr": "MRR",
        "hit_rate": f"hit@{k}",
        "ndcg": f"nDCG@{k}",
    }
    with_interval = figures if is_wide else ("precision", "mrr")
    columns = {
        heading: [_figure(score, name, with_interval=name in with_interval) for score in scores.values()]
        for name, heading in figures.items()
    }
    title = f"{label}: {counted(of.n_queries, 'track')}, {counted(of.n_values, 'value')}"
    print_columns(to, {"": list(scores), **columns}, numbers=columns, title=title)


def _figure(score: "LabelScores", name: str, *, with_interval: bool) -> Text:
    number: Interval = getattr(score, name)
    difference = (score.differences or {}).get(name)
    mark, style = "", ""
    if difference and difference.is_significant:
        mark, style = "*", "green" if difference.value > 0 else "red"
    interval = f" ({_short(number.low)}–{_short(number.high)})" if with_interval else ""
    return Text.assemble((mark, style), _short(number.value), (interval, "dim"))


def _print_hubs(to: Console, spaces: "Sequence[SpaceScores]") -> None:
    columns = {
        "ever recommended": [f"{one.hubness.coverage:.1%}" for one in spaces],
        "never": [f"{one.hubness.never_recommended:.1%}" for one in spaces],
        "skewness of k-occurrence": [f"{one.hubness.skewness:.2f}" for one in spaces],
    }
    print_columns(to, {"": [one.space for one in spaces], **columns}, numbers=columns)


def _remarks(found: "Evaluation") -> list[str]:
    intervals = f"{counted(found.n_tracks, 'track')}; in brackets 95 % confidence"
    marks = "; * marks a difference from the first row that is more than chance" if len(found.spaces) > 1 else ""
    unscored = [f"no two tracks share a value of: {', '.join(found.unscored)}"] if found.unscored else []
    return [intervals + marks, *unscored, *found.notes]


def _short(number: float) -> str:
    """Return `.313`: the intervals are wider than three digits."""
    return f"{number:.3f}".removeprefix("0") if number < 0.9995 else "1.00"
