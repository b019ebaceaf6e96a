"""Which numbers to take from the network, and in which space to compare them: every candidate on several labelled sets.

    python benchmarks/spaces.py [--json] [--sets FOLDER...] [--weights FILE] [--no-demo] [--base CANDIDATE] [-k 5]

A set is a folder of clips with `clips.csv`: a column `file`, labels among style, genre, album, artist and recording. By
default `../shared/audio`; `benchmarks/free_music.py` makes a larger one; the demo's synthesised pieces (their style)
are a third. Of each clip both versions of the network's 160 numbers are heard. Every candidate is scored as `spotrec
evaluate` does: never another excerpt of the piece, but where recordings are the label; the same artist only where
artists or albums are. Each figure is followed by its difference to the base, both asked the same queries, and the
interval that 95 % of 2,000 resamples of the queries lie in; `*` marks those that leave out zero. `hubs` is the skewness
of k-occurrence, without an interval.

Small catalogues: 20, 50, 100 and 200 recordings of a set drawn 30 times, the mean over all queries.
"""

import argparse
import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

from spotrec.audio.decode import decode
from spotrec.demo import instruments
from spotrec.demo.synth import Piece, catalogue, render
from spotrec.errors import TrackError
from spotrec.evaluate.evaluate import at_random, unit
from spotrec.evaluate.intervals import Codes
from spotrec.evaluate.metrics import Candidates, FloatArray, codes_of
from spotrec.extract.melspectrogram import SAMPLE_RATE_HZ, log_melspectrogram
from spotrec.extract.models.choi import ChoiNetwork, model_id
from spotrec.extract.models.registry import find
from spotrec.index.space import WITHIN, fit, moments_of

Heard = Mapping[str, FloatArray]
"""Model → vectors, shape (n, 160)."""

SHARED = Path(__file__).resolve().parents[2] / "shared"
LABELS = ("style", "genre", "album", "artist", "recording")
ARTIST_COUNTS = ("album", "artist", "recording")
SAYS_NOTHING = frozenset(
    {"(none)", "<unknown>", "ambiance", "game", "game music", "game soundtrack", "music", "other", "sound fx"}
    | {"soundtrack", "unknown", "widelands"}
)
"""As a genre or an artist."""
BASE = "choi-1"
K_NEAR = 10
"""Neighbours that hubness reduction looks at."""
SIZES, DRAWS, RESAMPLES = (20, 50, 100, 200), 30, 2_000


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Clips that were heard. `labels` has codes by label, those of recordings and artists always."""

    name: str
    heard: Heard
    labels: Mapping[str, Codes]

    def __len__(self) -> int:
        return len(self.labels["recording"])

    def at(self, chosen: npt.NDArray[np.intp]) -> "LabelledSet":
        heard = {model: vectors[chosen] for model, vectors in self.heard.items()}
        return LabelledSet(self.name, heard, {label: codes[chosen] for label, codes in self.labels.items()})


# -- candidates -------------------------------------------------------------------------------------------------------


def space(
    vectors: FloatArray, model: str, *, k: float = 1000, power: float = 0.25, within: float = 0.0, sphere: float = 0.0
) -> FloatArray:
    """Placed in the blended space, or in a relative of it.

    Args:
        k: how many tracks the reference counts as; 0 for the catalogue's own moments, infinite for the reference's.
        power: of the variances that axes are divided by; 0.5 whitens, 0 only standardises.
        within: the share of what excerpts of one recording differ in (WCCN) in the matrix whose axes are taken and
            divided by; the rest is the correlation matrix.
        sphere: instead of the correlation matrix, that share is the identity's.
    """
    reference = find(model).moments()
    assert reference is not None
    assert reference.within is not None
    own = moments_of(vectors)
    a = 0.0 if np.isinf(k) else own.n / (own.n + k)
    mean = a * own.mean + (1 - a) * reference.mean
    covariance = a * own.covariance + (1 - a) * reference.covariance
    scale = np.sqrt(np.maximum(np.diag(covariance), 1e-6))
    matrix = covariance / np.outer(scale, scale)
    of_recordings = reference.within / np.outer(scale, scale)
    of_recordings *= len(matrix) / np.trace(of_recordings)
    if within:
        matrix = within * of_recordings + (1 - within) * matrix
    elif sphere:
        matrix = (1 - sphere) * of_recordings + sphere * np.eye(len(matrix))
    variance, axes = np.linalg.eigh(matrix)
    projection = axes / np.maximum(variance, 1e-6) ** power
    placed = unit((((vectors - mean) / scale) @ projection).astype(np.float32))
    if (k, power, within) == (1000, 0.25, WITHIN):
        shipped = fit(vectors, reference).place(vectors)
        assert np.allclose(alike(placed), alike(shipped), atol=1e-4)
    return placed


def csls(matrix: FloatArray) -> FloatArray:
    """Twice the similarity less how near each of the two is to its own neighbours (Conneau et al. 2018)."""
    near = _nearest(matrix).mean(axis=1)
    reduced: FloatArray = 2 * matrix - near[:, None] - near[None]
    return reduced


def local_scaling(matrix: FloatArray) -> FloatArray:
    """Distance over the distances to the K-th neighbours (Zelnik-Manor and Perona 2005)."""
    distance = np.sqrt(np.maximum(2 - 2 * matrix, 0))
    reach = np.sqrt(np.maximum(2 - 2 * _nearest(matrix)[:, -1], 1e-9))
    scaled: FloatArray = np.exp(-(distance**2) / (reach[:, None] * reach[None]))
    return scaled


def mutual_proximity(matrix: FloatArray) -> FloatArray:
    """How probably both would find a track farther than each other, similarities taken as normal (Schnitzer 2012)."""
    from scipy.stats import norm

    others = ~np.eye(len(matrix), dtype=bool)
    mean = np.array([row[keep].mean() for row, keep in zip(matrix, others, strict=True)])
    spread = np.array([row[keep].std() for row, keep in zip(matrix, others, strict=True)])
    nearer = norm.logcdf((matrix - mean[:, None]) / np.maximum(spread[:, None], 1e-9))
    both: FloatArray = (nearer + nearer.T).astype(np.float32)
    return both


def _nearest(matrix: FloatArray) -> FloatArray:
    """Of each row the K_NEAR highest, itself left out, highest first."""
    alone = matrix - 4 * np.eye(len(matrix), dtype=np.float32)
    highest: FloatArray = -np.sort(-alone, axis=1)[:, : min(K_NEAR, len(matrix) - 1)]
    return highest


def alike(vectors: FloatArray) -> FloatArray:
    return vectors @ vectors.T


def candidates() -> dict[str, Callable[[Heard], FloatArray]]:
    """Name → how alike the clips of a set are, shape (n, n)."""
    found: dict[str, Callable[[Heard], FloatArray]] = {}
    for model in ("choi-1", "choi-2"):

        def spaced(model: str = model, **how: float) -> Callable[[Heard], FloatArray]:
            return lambda heard: alike(space(heard[model], model, **how))

        def reduced(reduce: Callable[[FloatArray], FloatArray], model: str = model) -> Callable[[Heard], FloatArray]:
            return lambda heard: reduce(alike(space(heard[model], model)))

        found[model] = spaced()
        found[f"{model} raw cosine"] = lambda heard, model=model: alike(unit(heard[model]))  # type: ignore[misc] # bound now
        found |= {f"{model} power {power:g}": spaced(power=power) for power in (0, 0.125, 0.375, 0.5)}
        found |= {f"{model} k {k:g}": spaced(k=k) for k in (0, 100, 300, 3000, np.inf)}
        found |= {f"{model} WCCN {within:g}": spaced(within=within) for within in (0.4, 0.7, 0.9)}
        found |= {f"{model} WCCN 0.7, power {power:g}": spaced(within=0.7, power=power) for power in (0.3125, 0.375)}
        found |= {f"{model} WCCN, sphere {sphere:g}": spaced(sphere=sphere) for sphere in (0.1, 0.3)}
        found |= {
            f"{model} CSLS": reduced(csls),
            f"{model} local scaling": reduced(local_scaling),
            f"{model} mutual proximity": reduced(mutual_proximity),
        }
    found["choi-1 and choi-2"] = lambda heard: alike(
        unit(np.hstack([space(heard[model], model) for model in ("choi-1", "choi-2")]))
    )
    found["chance"] = lambda heard: alike(at_random(len(heard["choi-1"])))
    return found


# -- measuring --------------------------------------------------------------------------------------------------------


def answers(matrix: FloatArray, labelled: LabelledSet, label: str, k: int) -> FloatArray:
    """Precision@k and reciprocal rank of every query with company, shape (n_queries, 2), in order of the clips."""
    values, n = labelled.labels[label], len(labelled)
    excluded = [] if label == "recording" else [labelled.labels["recording"]]
    if label not in ARTIST_COUNTS:
        excluded.append(labelled.labels["artist"])
    allowed = Candidates(excluded).of(slice(0, n), n)
    relevant = allowed & (values[:, None] == values[None]) & (values[:, None] >= 0)
    asked = np.flatnonzero(relevant.any(axis=1))
    order = np.argsort(np.where(allowed[asked], -matrix[asked], np.inf), axis=1, kind="stable")
    found = np.take_along_axis(relevant[asked], order, axis=1)
    figures: FloatArray = np.stack([found[:, :k].sum(axis=1) / k, 1 / (1 + found.argmax(axis=1))], axis=1)
    return figures


def hubs(matrix: FloatArray, labelled: LabelledSet, k: int) -> float:
    from scipy.stats import skew

    n = len(labelled)
    allowed = Candidates([labelled.labels["recording"]]).of(slice(0, n), n)
    first = np.argsort(np.where(allowed, -matrix, np.inf), axis=1, kind="stable")[:, :k]
    return float(skew(np.bincount(first.ravel(), minlength=n)))


def resampled(values: FloatArray, seed: int = 0) -> tuple[float, float]:
    """Where the mean lies with 95 % confidence."""
    rng = np.random.default_rng(seed)
    means = [values[rng.integers(0, len(values), len(values))].mean() for _ in range(RESAMPLES)]
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def measured(labelled: LabelledSet, k: int, base_name: str = BASE) -> dict[str, dict[str, dict[str, float]]]:
    """Candidate → figure → value, low, high; and, beside the base, difference, difference_low, difference_high."""
    labels = [label for label in LABELS if label in labelled.labels]
    found: dict[str, dict[str, dict[str, float]]] = {}
    all_of = candidates()
    matrix = all_of[base_name](labelled.heard)
    base = {label: answers(matrix, labelled, label, k) for label in labels}
    for name, by in all_of.items():
        matrix = by(labelled.heard)
        found[name] = {"hubs": {"value": hubs(matrix, labelled, k)}}
        for label in labels:
            figures = answers(matrix, labelled, label, k)
            if not len(figures):
                continue
            for column, figure in enumerate((f"precision@{k}", "MRR")):
                mine, theirs = figures[:, column], base[label][:, column]
                shown = {"value": float(mine.mean()), "n": float(len(mine))}
                shown["low"], shown["high"] = resampled(mine)
                shown["difference"] = float((mine - theirs).mean())
                shown["difference_low"], shown["difference_high"] = resampled(mine - theirs)
                found[name][f"{label} {figure}"] = shown
    return found


def small_catalogues(labelled: LabelledSet, k: int) -> dict[str, dict[str, float]]:
    """Candidate → `label figure @n` → mean over the queries of all draws."""
    recordings = labelled.labels["recording"]
    names = [name for name in candidates() if " k " in name or name in ("choi-1", "choi-2") or "raw" in name]
    names += ["choi-1 WCCN 0.7", "choi-2 WCCN 0.7"]
    found: dict[str, dict[str, float]] = {name: {} for name in names}
    for size in (size for size in SIZES if size < len(set(recordings))):
        pooled: dict[tuple[str, str], list[FloatArray]] = {}
        for draw in range(DRAWS):
            of = np.random.default_rng(draw).choice(np.unique(recordings), size, replace=False)
            part = labelled.at(np.flatnonzero(np.isin(recordings, of)))
            for name in names:
                matrix = candidates()[name](part.heard)
                for label in (label for label in LABELS if label in labelled.labels):
                    pooled.setdefault((name, label), []).append(answers(matrix, part, label, k))
        for (name, label), figures in pooled.items():
            if len(all_of := np.concatenate(figures)):
                found[name][f"{label} MRR @{size}"] = float(all_of[:, 1].mean())
    return found


# -- sets -------------------------------------------------------------------------------------------------------------


def hear(samples: Iterable[npt.NDArray[np.float32]], weights: Path) -> dict[str, FloatArray]:
    networks = [ChoiNetwork(weights, model_id(version=version)) for version in (1, 2)]
    vectors: dict[str, list[FloatArray]] = {str(network.id): [] for network in networks}
    for one in samples:
        prepared = [log_melspectrogram(one)]
        for network in networks:
            vectors[str(network.id)].append(network.embed(prepared)[0][0])
    return {model: np.array(rows, np.float32) for model, rows in vectors.items()}


def of_folder(folder: Path, weights: Path) -> LabelledSet:
    """The clips of a folder, each once; what cannot be decoded is left out and told."""
    with (folder / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = list({row["file"]: row for row in csv.DictReader(file)}.values())
    kept: list[dict[str, str]] = []

    def samples() -> Iterable[npt.NDArray[np.float32]]:
        for row in rows:
            try:
                heard = decode((folder / row["file"]).read_bytes(), SAMPLE_RATE_HZ)
            except TrackError as error:
                print(f"{row['file']} is left out: {error}", file=sys.stderr)
                continue
            kept.append(row)
            yield heard

    heard = hear(samples(), weights)
    named = {label for label in LABELS if label in rows[0]} | {"artist", "recording"}
    texts = {label: [row.get(label, "").strip().lower() for row in kept] for label in named}
    for label in {"artist", "genre"} & named:
        texts[label] = ["" if text in SAYS_NOTHING else text for text in texts[label]]
    return LabelledSet(folder.name, heard, {label: codes_of(values) for label, values in texts.items()})


def of_demo(weights: Path) -> LabelledSet:
    def samples(piece: Piece) -> npt.NDArray[np.float32]:
        soundfile.write(file := io.BytesIO(), render(piece).T, instruments.SAMPLE_RATE_HZ, format="FLAC")
        return decode(file.getvalue(), SAMPLE_RATE_HZ)

    pieces = catalogue(8)
    heard = hear(map(samples, pieces), weights)
    alone = np.arange(len(pieces))
    nobody = np.full(len(pieces), -1)
    style = codes_of([piece.style for piece in pieces])
    return LabelledSet("demo", heard, {"style": style, "recording": alone, "artist": nobody})


def show(labelled: LabelledSet, found: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    figures = list(found[BASE])
    print(f"\n{labelled.name}: {len(labelled)} clips, {len(set(labelled.labels['recording']))} recordings")
    print(f"{'':26}" + "".join(f"{figure:>30}" for figure in figures))
    for name, row in found.items():
        cells = []
        for one in (row[figure] for figure in figures):
            if "difference" not in one:
                cells.append(f"{one['value']:30.2f}")
                continue
            real = "*" if one["difference_low"] > 0 or one["difference_high"] < 0 else " "
            gain = f"{one['difference']:+.3f} ({one['difference_low']:+.3f}…{one['difference_high']:+.3f}){real}"
            cells.append(f"{one['value']:.3f} {gain}".rjust(30))
        print(f"{name:26}" + "".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sets", type=Path, nargs="*", default=[SHARED / "audio"])
    parser.add_argument("--weights", type=Path, default=SHARED / "weights" / "weights_layer4_theano.hdf5")
    parser.add_argument("--no-demo", action="store_true")
    parser.add_argument("--base", default=BASE, choices=list(candidates()), metavar="CANDIDATE")
    parser.add_argument("-k", type=int, default=5)
    arguments = parser.parse_args()
    for folder in arguments.sets:
        if not (folder / "clips.csv").is_file():
            sys.exit(f"there is no {folder / 'clips.csv'}: benchmarks/free_music.py makes such a folder")
    sets = [of_folder(folder, arguments.weights) for folder in arguments.sets]
    if not arguments.no_demo:
        sets.append(of_demo(arguments.weights))
    report = {}
    for labelled in sets:
        found, small = measured(labelled, arguments.k, arguments.base), small_catalogues(labelled, arguments.k)
        report[labelled.name] = {"all": found, "small catalogues": small}
        if not arguments.json:
            show(labelled, found)
            for name, row in small.items():
                print(f"{name:26}" + "".join(f"  {figure} {value:.3f}" for figure, value in row.items()))
    if arguments.json:
        print(json.dumps(report))


if __name__ == "__main__":
    main()
