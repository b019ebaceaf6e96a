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
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.labelled.sets import LABELS, SHARED, LabelledSet, Rows, of_demo, of_folder
from spotrec.evaluate.intervals import Codes, Difference, Figures, Interval, means
from spotrec.evaluate.metrics import Asked, Candidates, FloatArray, ask
from spotrec.extract.models.registry import find
from spotrec.extract.weights import find_or_fetch
from spotrec.progress import Silent
from spotrec.settings import resolve

Ways = Mapping[str, FloatArray]
"""Name → how alike the clips are, shape (n, n)."""

ARTIST_COUNTS = ("album", "artist", "recording")


@dataclass(frozen=True, slots=True)
class Score:
    """What a way of comparing comes to: means over `n` clips, and how far they are from those of other ways."""

    n: int
    precision: Interval
    mrr: Interval
    beside: Mapping[str, tuple[Difference, Difference]]


Table = Mapping[str, Mapping[str, Score]]
"""Way → label → score."""


def answers(labelled: LabelledSet, alike: FloatArray, k: int) -> dict[str, Asked]:
    """What every clip that has company comes to, by label."""
    codes, n = labelled.labels, len(labelled)
    questions = []
    for label in (label for label in LABELS if label in codes):
        excluded = [] if label == "recording" else [codes["recording"]]
        if label not in ARTIST_COUNTS:
            excluded.append(codes["artist"])
        questions.append((Candidates(excluded), {label: codes[label]}))
    recommended = Candidates([codes["recording"]])
    return ask(lambda rows: alike[rows], n, questions, recommended, min(k, n - 1), lambda _: None).by_label


def asked(labelled: LabelledSet, draws: Iterable[tuple[Rows, Ways]], k: int) -> dict[str, dict[str, Asked]]:
    """Way → label → the figures of each clip: its means over the draws that it was asked with in.

    Args:
        draws: which clips the catalogue is, and how alike these are in every way.
    """
    n = len(labelled)
    sums: dict[tuple[str, str], Figures] = defaultdict(lambda: np.zeros((n, 4)))
    counts: dict[tuple[str, str], Codes] = defaultdict(lambda: np.zeros(n, np.int64))
    for rows, ways in draws:
        part = labelled.at(rows)
        for way, alike in ways.items():
            for label, found in answers(part, alike, k).items():
                sums[way, label][rows[found.queries]] += found.figures
                counts[way, label][rows[found.queries]] += 1
    by_way: dict[str, dict[str, Asked]] = defaultdict(dict)
    for (way, label), count in counts.items():
        if len(queries := np.flatnonzero(count)):
            by_way[way][label] = Asked(queries, sums[way, label][queries] / count[queries, None])
    return by_way


def judged(labelled: LabelledSet, by_way: Mapping[str, Mapping[str, Asked]], bases: Sequence[str]) -> Table:
    """How well each way does, beside each of the bases."""
    scores: dict[str, dict[str, Score]] = {way: {} for way in by_way}
    for label in next(iter(by_way.values())):
        queries = by_way[bases[0]][label].queries
        figures = [by_label[label].figures for by_label in by_way.values()]
        found = dict(zip(by_way, means(figures, labelled.labels[label][queries]), strict=True))
        for way, mean in found.items():
            precision, mrr, *_ = mean.intervals()
            gains = {base: mean.differences(found[base], len(queries)) for base in bases}
            beside = {base: (gain[0], gain[1]) for base, gain in gains.items()}
            scores[way][label] = Score(len(queries), precision, mrr, beside)
    return scores


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
            found[what] = {way: {of: asdict(one) for of, one in by_label.items()} for way, by_label in table.items()}
            if not given.json:
                _show(what, table, given.k)
    if given.json:
        print(json.dumps(report))


def _show(what: str, table: Table, k: int) -> None:
    """`*` where the 95 % interval of a difference leaves out zero."""
    for label, first in next(iter(table.values())).items():
        bases = "".join(f"{f'beside {base}':>30}" for base in first.beside)
        print(f"\n  {f'{what}: {label}, {first.n} clips':40}{f'P@{k}':>8}{bases}{'MRR':>12}{bases}")
        for way, by_label in table.items():
            score = by_label[label]
            cells = [
                f"{figure.value:{width}.3f}" + "".join(_gain(pair[column]) for pair in score.beside.values())
                for column, (figure, width) in enumerate(((score.precision, 8), (score.mrr, 12)))
            ]
            print(f"  {way:40}" + "".join(cells))


def _gain(by: Difference) -> str:
    mark = "*" if by.is_significant else " "
    return f"{by.value:+.3f} ({by.low:+.3f}…{by.high:+.3f}){mark}".rjust(30)
