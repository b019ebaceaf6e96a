"""Several seeds: is a set that agrees with all of them found better by agreement than by a centroid?

    python benchmarks/seeds.py [--json] [--audio FOLDER] [--weights FILE] [--queries 300] [-k 10]

Asks with 2 to 5 seeds of one label value, and with mixtures of two or three values, over a labelled folder (clips and
`clips.csv` with a column `file` and labels; `../shared/audio`) and over the music of `spotrec demo`. All methods are
asked the same, drawn at random; other excerpts of the pieces asked with are not looked at. Precision is the share of
the first k that have a value asked with, of the most that could; served the share of the values asked with of which any
is among them.
Then one value is unliked: that which intrudes most where nothing is; precision and its share are given by weight.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec import Recommender
from spotrec.demo.demo import make_music
from spotrec.demo.synth import catalogue
from spotrec.evaluate.intervals import Interval, means
from spotrec.index.space import Space, fit
from spotrec.progress import Silent
from spotrec.query.agreement import SOFTNESS, soft
from spotrec.track import Ears
from spotrec.vectors import FloatArray

Texts = npt.NDArray[np.str_]
Method = Callable[["Labelled", Sequence[int]], FloatArray]

SHARED = Path(__file__).resolve().parents[2] / "shared"
LABELS = ("style", "artist")
ONE_VALUE = ((2,), (3,), (4,), (5,))
TWO_VALUES = ((1, 1), (2, 2), (3, 2), (4, 1))
THREE_VALUES = ((1, 1, 1), (2, 2, 2), (3, 3, 3))
UNLIKE_WEIGHTS = (0.0, 0.25, 0.5, 1.0)
COMPANY = 2
"""A value is asked with where so many of its recordings are left to be found."""


@dataclass(frozen=True)
class Labelled:
    """Clips as the network heard them, where they lie, and what they are. A label may be empty."""

    vectors: FloatArray
    space: Space
    placed: FloatArray
    labels: Mapping[str, Texts]
    recordings: Texts

    def cosines(self, seeds: Sequence[int]) -> FloatArray:
        """Shape (n_seeds, n_clips)."""
        return self.placed[list(seeds)] @ self.placed.T


@dataclass(frozen=True)
class Asked:
    """Seeds, the values that they are of, and which clips may be found."""

    seeds: list[int]
    values: list[str]
    may_be_found: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """Of each query the precision, and the share of what it asked with (or, unliked, did not ask for) that is found."""

    precise: list[float]
    share: list[float]

    def with_intervals(self) -> tuple[Interval, Interval]:
        queries = np.column_stack([self.precise, self.share])
        (found,) = means([queries], np.zeros(len(queries), np.int64))
        precise, share, _ = found.intervals()
        return precise, share


def softly(cosines: FloatArray, softness: float) -> FloatArray:
    """`agreement.soft` at any softness; below zero it is a soft minimum."""
    scale = np.float32(softness / SOFTNESS)
    return scale * soft(cosines / scale) if softness > 0 else -softly(-cosines, -softness)


def reciprocal_ranks(cosines: FloatArray) -> FloatArray:
    ranks = np.argsort(np.argsort(-cosines, axis=1, kind="stable"), axis=1, kind="stable")
    fused: FloatArray = (1 / (61 + ranks)).sum(axis=0).astype(np.float32)
    return fused


def standardised(cosines: FloatArray) -> FloatArray:
    """Each seed's cosines in its own standard deviations from its own mean."""
    scaled: FloatArray = (cosines - cosines.mean(axis=1, keepdims=True)) / cosines.std(axis=1, keepdims=True)
    return scaled


METHODS: Mapping[str, Method] = {
    "agreement": lambda of, seeds: soft(of.cosines(seeds)),
    "centroid": lambda of, seeds: of.placed @ of.space.place(of.vectors[list(seeds)].mean(axis=0, keepdims=True))[0],
    "mean": lambda of, seeds: of.cosines(seeds).mean(axis=0),
    "maximum": lambda of, seeds: of.cosines(seeds).max(axis=0),
    "minimum": lambda of, seeds: of.cosines(seeds).min(axis=0),
    "soft minimum": lambda of, seeds: softly(of.cosines(seeds), -SOFTNESS),
    "reciprocal ranks": lambda of, seeds: reciprocal_ranks(of.cosines(seeds)),
    "agreement, T = 0.1": lambda of, seeds: softly(of.cosines(seeds), 0.1),
    "agreement, T = 0.2": lambda of, seeds: softly(of.cosines(seeds), 0.2),
    "agreement, standardised": lambda of, seeds: softly(standardised(of.cosines(seeds)), 0.25),
}


def heard(folder: Path, weights: Path, labels: Callable[[Sequence[Path]], dict[str, list[str]]]) -> Labelled:
    """A folder through the real pipeline. `labels` gives each file's; that of recordings must be among them."""
    with tempfile.TemporaryDirectory() as data, Recommender(data_dir=Path(data), weights=weights) as recommender:
        recommender.crawl(str(folder))
        recommender.extract()
        store = recommender.session.store()
        found = store.catalogue.read(Ears.of(recommender.model))
        known = store.tracks.get_many(found.ids)
        space = fit(found.vectors, recommender.models[0].moments())
    named = {name: np.array(of) for name, of in labels([Path(known[id_].path or "") for id_ in found.ids]).items()}
    return Labelled(found.vectors, space, space.place(found.vectors), named, named.pop("recording"))


def from_table(folder: Path) -> Callable[[Sequence[Path]], dict[str, list[str]]]:
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    return lambda paths: {
        name: [rows[path.name].get(name) or (path.name if name == "recording" else "") for path in paths]
        for name in (*LABELS, "recording")
    }


def of_demo(paths: Sequence[Path]) -> dict[str, list[str]]:
    return {"style": [path.parent.name for path in paths], "recording": [path.name for path in paths]}


def draw(of: Labelled, label: str, counts: Sequence[int], rng: np.random.Generator) -> Asked | None:
    """Seeds of as many values as there are counts; None where there are not enough."""
    values = of.labels[label]
    seeds: list[int] = []
    asked: list[str] = []
    for count in counts:
        recordings = {v: np.unique(of.recordings[values == v]) for v in np.unique(values) if v and v not in asked}
        possible = [value for value, own in recordings.items() if len(own) >= count + COMPANY]
        if not possible:
            return None
        asked.append(str(rng.choice(possible)))
        chosen = rng.permutation(recordings[asked[-1]])[:count]
        excerpts = [np.flatnonzero((values == asked[-1]) & (of.recordings == recording)) for recording in chosen]
        seeds += [int(rng.choice(of_one)) for of_one in excerpts]
    return Asked(seeds, asked, ~np.isin(of.recordings, of.recordings[seeds]))


def first(scores: FloatArray, asked: Asked, k: int) -> npt.NDArray[np.int64]:
    order = np.argsort(-np.where(asked.may_be_found, scores, -np.inf), kind="stable")
    return order[: min(k, int(asked.may_be_found.sum()))]


def precision(values: Texts, asked: Asked, shown: npt.NDArray[np.int64], wanted: Sequence[str]) -> float:
    there = int((np.isin(values, wanted) & asked.may_be_found).sum())
    return float(np.isin(values[shown], wanted).sum() / max(min(len(shown), there), 1))


def compared(of: Labelled, label: str, counts: Sequence[int], n: int, k: int) -> dict[str, Scores]:
    """What each query comes to, by method."""
    rng = np.random.default_rng(sum(10**i * count for i, count in enumerate(counts)))
    queries = [asked for _ in range(n) if (asked := draw(of, label, counts, rng))]
    values = of.labels[label]
    found = {}
    for name, method in METHODS.items():
        shown = [first(method(of, asked.seeds), asked, k) for asked in queries]
        precise = [precision(values, q, s, q.values) for q, s in zip(queries, shown, strict=True)]
        served = [float(np.isin(q.values, values[s]).mean()) for q, s in zip(queries, shown, strict=True)]
        found[name] = Scores(precise, served)
    return found


def unliking(of: Labelled, label: str, n: int, k: int) -> dict[float, Scores]:
    """Two seeds liked and two of the value that intrudes most not: precision and the intruder's share, by weight."""
    rng = np.random.default_rng(1)
    values = of.labels[label]
    by_weight = {weight: Scores([], []) for weight in UNLIKE_WEIGHTS}
    for _ in range(n):
        asked = draw(of, label, (2,), rng)
        if asked is None:
            break
        liked = METHODS["agreement"](of, asked.seeds)
        others, times = np.unique(values[first(liked, asked, k)], return_counts=True)
        intruders = {v: t for v, t in zip(others, times, strict=True) if v and v not in asked.values}
        intruder = max(intruders, key=lambda value: intruders[value], default=None)
        own = np.flatnonzero((values == intruder) & asked.may_be_found)
        if intruder is None or len(np.unique(of.recordings[own])) < 2 + COMPANY:
            continue
        unliked = rng.permutation(own)[:2].tolist()
        left = asked.may_be_found & ~np.isin(of.recordings, of.recordings[unliked])
        again = Asked(asked.seeds, asked.values, left)
        near_unliked = np.maximum(of.cosines(unliked).max(axis=0), 0)
        for weight, scores in by_weight.items():
            shown = first((liked - np.float32(weight) * near_unliked).astype(np.float32), again, k)
            scores.precise.append(precision(values, again, shown, asked.values))
            scores.share.append(float((values[shown] == intruder).mean()))
    return by_weight


def sets(audio: Path, weights: Path, music: Path) -> Iterator[tuple[str, Labelled]]:
    yield "clips", heard(audio, weights, from_table(audio))
    make_music(catalogue(8), music, Silent())
    yield "demo", heard(music, weights, of_demo)


def figures_of(of: Labelled, label: str, n: int, k: int) -> Iterator[tuple[str, str, Mapping[str, Scores]]]:
    """What was asked, what the second number is, and both by method."""
    for family, all_counts in (("one value", ONE_VALUE), ("two values", TWO_VALUES), ("three values", THREE_VALUES)):
        pooled = {name: Scores([], []) for name in METHODS}
        for counts in all_counts:
            found = compared(of, label, counts, n, k)
            yield f"{family}, {'+'.join(map(str, counts))} seeds", "served", found
            for name, scores in found.items():
                pooled[name].precise.extend(scores.precise)
                pooled[name].share.extend(scores.share)
        yield family, "served", pooled
    yield "two unliked", "intruding", {f"weight {w}": scores for w, scores in unliking(of, label, n, k).items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--audio", type=Path, default=SHARED / "audio")
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("-k", type=int, default=10)
    arguments = parser.parse_args()
    if not (arguments.audio / "clips.csv").is_file():
        sys.exit(f"there is no {arguments.audio / 'clips.csv'}: give a folder of labelled clips with --audio")
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as music:
        for name, of in sets(arguments.audio, arguments.weights, Path(music)):
            for label in of.labels:
                for title, second, by_method in figures_of(of, label, arguments.queries, arguments.k):
                    shown = {method: s.with_intervals() for method, s in by_method.items() if s.precise}
                    for method, (precise, share) in shown.items():
                        figures[f"{name} {label} {title} {method} precision"] = precise.value
                        figures[f"{name} {label} {title} {method} {second}"] = share.value
                    if shown and not arguments.json:
                        show(f"{name} {label}, {title}", second, shown)
    if arguments.json:
        print(json.dumps(figures))


def show(title: str, second: str, found: Mapping[str, tuple[Interval, Interval]]) -> None:
    print(f"{title:42}{'precision':>22}{second:>22}")
    for method, numbers in found.items():
        print(f"  {method:40}" + "".join(f"{f'{n.value:.3f} ({n.low:.3f}–{n.high:.3f})':>22}" for n in numbers))


if __name__ == "__main__":
    main()
