"""What ways of comparing labelled music come to, side by side.

Clips are asked with as `spotrec evaluate` does: never another excerpt of the piece, but where recordings are the label;
the same artist only where artists or albums are. All ways are judged on the same resamples of the clips, so that
differences are paired.
"""

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.labelled.sets import LABELS, SHARED, LabelledSet, Rows, of_demo, of_folder
from spotrec.evaluate.intervals import Codes, Difference, Figures, Interval, means
from spotrec.evaluate.metrics import Answers, Candidates, LabelFigures, ask
from spotrec.extract.models.registry import find
from spotrec.extract.weights import find_or_fetch
from spotrec.progress import Silent
from spotrec.settings import resolve
from spotrec.vectors import FloatArray

Ways = Mapping[str, FloatArray]
"""Name → how alike the clips are, shape (n, n)."""

ARTIST_COUNTS = ("album", "artist", "recording")


@dataclass(slots=True)
class Found:
    """What a way of comparing found: by label each clip's figures, and in each draw how skewed k-occurrence was."""

    by_label: dict[str, LabelFigures] = field(default_factory=dict)
    skewness: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Score:
    """Means over `n` clips, and how far they are from those of other ways."""

    n: int
    precision: Interval
    mrr: Interval
    beside: Mapping[str, tuple[Difference, Difference]]


@dataclass(frozen=True, slots=True)
class Judged:
    """How well a way does, by label; `hubs` is the skewness of k-occurrence, 0 where all are found alike."""

    by_label: dict[str, Score]
    hubs: float


Table = Mapping[str, Judged]
"""By way."""


def answers(labelled: LabelledSet, alike: FloatArray, k: int) -> Answers:
    """What every clip that has company comes to."""
    codes, n = labelled.labels, len(labelled)
    questions = []
    for label in (label for label in LABELS if label in codes):
        excluded = [] if label == "recording" else [codes["recording"]]
        if label not in ARTIST_COUNTS:
            excluded.append(codes["artist"])
        questions.append((Candidates(excluded), {label: codes[label]}))
    recommended = Candidates([codes["recording"]])
    return ask(lambda rows: alike[rows], n, questions, recommended, min(k, n - 1), lambda _: None)


def asked(labelled: LabelledSet, draws: Iterable[tuple[Rows, Ways]], k: int) -> dict[str, Found]:
    """What each way found; the figures of a clip are its means over the draws that it was asked with in.

    Args:
        draws: which clips the catalogue is, and how alike these are in every way.
    """
    n = len(labelled)
    sums: dict[tuple[str, str], Figures] = defaultdict(lambda: np.zeros((n, 4)))
    counts: dict[tuple[str, str], Codes] = defaultdict(lambda: np.zeros(n, np.int64))
    by_way: dict[str, Found] = defaultdict(Found)
    for rows, ways in draws:
        part = labelled.at(rows)
        for way, alike in ways.items():
            came = answers(part, alike, k)
            by_way[way].skewness.append(came.hubness.skewness)
            for label, found in came.by_label.items():
                sums[way, label][rows[found.queries]] += found.figures
                counts[way, label][rows[found.queries]] += 1
    for (way, label), count in counts.items():
        if len(queries := np.flatnonzero(count)):
            by_way[way].by_label[label] = LabelFigures(queries, sums[way, label][queries] / count[queries, None])
    return by_way


def judged(labelled: LabelledSet, by_way: Mapping[str, Found], bases: Sequence[str]) -> Table:
    """How well each way does, beside each of the bases."""
    table = {way: Judged({}, float(np.mean(found.skewness))) for way, found in by_way.items()}
    for label, first in next(iter(by_way.values())).by_label.items():
        figures = [found.by_label[label].figures for found in by_way.values()]
        by_means = dict(zip(by_way, means(figures, labelled.labels[label][first.queries]), strict=True))
        for way, mean in by_means.items():
            precision, mrr, *_ = mean.intervals()
            gains = {base: mean.differences(by_means[base], len(first.queries)) for base in bases}
            beside = {base: (gain[0], gain[1]) for base, gain in gains.items()}
            table[way].by_label[label] = Score(len(first.queries), precision, mrr, beside)
    return table


# -- a run ------------------------------------------------------------------------------------------------------------


def options(description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sets", type=Path, nargs="*", default=[SHARED / "audio"])
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("-k", type=int, default=5)
    return parser


def run(
    given: argparse.Namespace, models: Sequence[str], tables: Callable[[LabelledSet], Iterator[tuple[str, Table]]]
) -> None:
    """Hear the sets, and print what `tables` says of each: what a table is of, and the table."""
    for folder in given.sets:
        if not (folder / "clips.csv").is_file():
            sys.exit(f"there is no {folder / 'clips.csv'}: benchmarks/free_music.py makes such a folder")
    weights = {
        model: given.weights if model.startswith("choi") else find_or_fetch(resolve(), find(model), Silent())
        for model in models
    }
    sets = [of_folder(folder, weights, given.keep) for folder in given.sets]
    report: dict[str, dict[str, object]] = {}
    for labelled in sets if given.no_demo else [*sets, of_demo(weights)]:
        if not given.json:
            print(f"\n{labelled.name}: {len(labelled)} clips of {labelled.n_recordings} recordings")
        report[labelled.name] = found = {}
        for what, table in tables(labelled):
            found[what] = {way: asdict(one) for way, one in table.items()}
            if not given.json:
                _show(what, table, given.k)
    if given.json:
        print(json.dumps(report))


def _show(what: str, table: Table, k: int) -> None:
    """`*` where the 95 % interval of a difference leaves out zero."""
    for label, first in next(iter(table.values())).by_label.items():
        bases = "".join(f"{f'beside {base}':>30}" for base in first.beside)
        print(f"\n  {f'{what}: {label}, {first.n} clips':40}{f'P@{k}':>8}{bases}{'MRR':>12}{bases}{'hubs':>8}")
        for way, found in table.items():
            score = found.by_label[label]
            cells = [
                f"{figure.value:{width}.3f}" + "".join(_gain(pair[column]) for pair in score.beside.values())
                for column, (figure, width) in enumerate(((score.precision, 8), (score.mrr, 12)))
            ]
            print(f"  {way:40}" + "".join(cells) + f"{found.hubs:8.2f}")


def _gain(by: Difference) -> str:
    mark = "*" if by.is_significant else " "
    return f"{by.value:+.3f} ({by.low:+.3f}…{by.high:+.3f}){mark}".rjust(30)
