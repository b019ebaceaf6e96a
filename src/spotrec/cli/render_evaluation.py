"""Evaluations for people."""

from typing import TYPE_CHECKING

from rich.table import Table

from spotrec.cli.console import console

if TYPE_CHECKING:
    from spotrec.evaluate.evaluate import Evaluation
    from spotrec.evaluate.metrics import Interval


def evaluation(found: "Evaluation") -> None:
    to = console()
    k = found.k
    table = Table("label", "space", box=None, pad_edge=False, header_style="bold")
    for name in ("tracks", f"precision@{k}", "macro", "MRR", f"hit@{k}", f"nDCG@{k}"):
        table.add_column(name, justify="right")
    for label in dict.fromkeys(score.label for space in found.spaces for score in space.labels):
        for space in found.spaces:
            for score in space.labels:
                if score.label == label:
                    numbers = (score.precision, score.mrr, score.hit_rate, score.ndcg)
                    precision, *others = map(_interval, numbers)
                    macro = f"{score.macro_precision:.3f}"
                    table.add_row(label, space.space, str(score.n_queries), precision, macro, *others)
    to.print(table)
    for space in found.spaces:
        to.print(
            f"{space.space}: {space.hubness.coverage:.0%} of {found.n_tracks} tracks are ever recommended, "
            f"skewness of k-occurrence {space.hubness.skewness:.2f}"
        )
    if found.unscored:
        to.print(f"no two tracks share a value of: {', '.join(found.unscored)}", style="dim")


def _interval(number: "Interval") -> str:
    return f"{number.value:.3f} ({number.low:.3f}–{number.high:.3f})"
