"""Which numbers to take from a network, and in which space to compare them: every candidate on several labelled sets.

    python benchmarks/spaces.py [--json] [--sets FOLDER...] [--keep FOLDER] [--weights FILE] [--no-demo] [-k 5]
                                [--models NAME...] [--base CANDIDATE]

A set is a folder of clips with `clips.csv`: a column `file`, labels among style, genre, album, artist and recording. By
default `../shared/audio`; `benchmarks/free_music.py` makes a larger one; the demo's synthesised pieces (their style)
are a third. By default both versions of Choi's network hear them; `--keep` keeps the vectors for the next run. Every
candidate is scored as `spotrec evaluate` does: never another excerpt of the piece, but where recordings are the label;
the same artist only where artists or albums are. Each figure is followed by its difference to the base (the first
model, with its plain half-whitened space), both asked the same, and the interval that 95 % of 2,000 resamples of the
clips lie in; `*` marks those that leave out zero. `hubs` is the skewness of k-occurrence.

Small catalogues: 20, 50, 100 and 200 recordings of a set drawn 30 times; a clip counts with the mean of its draws.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled.comparing import Table, Ways, asked, judged, options, run
from benchmarks.labelled.sets import Heard, LabelledSet, Rows
from spotrec.evaluate.evaluate import random_vectors
from spotrec.extract.models.registry import find
from spotrec.index.space import WITHIN, fit, moments_of
from spotrec.vectors import FloatArray, unit

K_NEAR = 10
"""Neighbours that hubness reduction looks at."""
SIZES, DRAWS = (20, 50, 100, 200), 30
SMALL = re.compile(r" k |raw|WCCN 0\.7$")
"""What is tried in small catalogues."""


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


def candidates(models: Sequence[str]) -> dict[str, Callable[[Heard], FloatArray]]:
    """Name → how alike the clips of a set are, shape (n, n)."""
    found: dict[str, Callable[[Heard], FloatArray]] = {}
    for model in models:

        def spaced(model: str = model, **how: float) -> Callable[[Heard], FloatArray]:
            return lambda heard: alike(space(heard[model], model, **how))

        def reduced(reduce: Callable[[FloatArray], FloatArray], model: str = model) -> Callable[[Heard], FloatArray]:
            return lambda heard: reduce(alike(space(heard[model], model)))

        found[model] = spaced()
        found[f"{model} raw cosine"] = lambda heard, model=model: alike(unit(heard[model]))  # type: ignore[misc] # bound now
        found |= {f"{model} power {power:g}": spaced(power=power) for power in (0, 0.125, 0.375, 0.5)}
        found |= {f"{model} k {k:g}": spaced(k=k) for k in (0, 100, 300, 3000, np.inf)}
        found |= {f"{model} WCCN {within:g}": spaced(within=within) for within in (0.4, 0.7, 0.9, 1)}
        found |= {f"{model} WCCN 0.7, power {power:g}": spaced(within=0.7, power=power) for power in (0.3125, 0.375)}
        found |= {f"{model} WCCN, sphere {sphere:g}": spaced(sphere=sphere) for sphere in (0.1, 0.3)}
        found |= {
            f"{model} CSLS": reduced(csls),
            f"{model} local scaling": reduced(local_scaling),
            f"{model} mutual proximity": reduced(mutual_proximity),
        }
    if len(models) > 1:
        found[" and ".join(models)] = lambda heard: alike(
            unit(np.hstack([space(heard[model], model) for model in models]))
        )
    found["chance"] = lambda heard: alike(random_vectors(len(heard[models[0]])))
    return found


# -- a run ------------------------------------------------------------------------------------------------------------


def tables(labelled: LabelledSet, models: Sequence[str], k: int, base: str) -> Iterator[tuple[str, Table]]:
    everyone = candidates(models)

    def of(draws: Iterable[tuple[Rows, Ways]]) -> Table:
        return judged(labelled, asked(labelled, draws, k), [base])

    def draw(size: int, seed: int) -> tuple[Rows, Ways]:
        rows = labelled.drawn(size, seed)
        heard = labelled.at(rows).heard
        return rows, {name: everyone[name](heard) for name in some}

    yield "all", of([(np.arange(len(labelled)), {name: by(labelled.heard) for name, by in everyone.items()})])
    some = [base, *(name for name in everyone if name != base and (name in models or SMALL.search(name)))]
    for size in (size for size in SIZES if size < labelled.n_recordings):
        yield f"{size} recordings", of(draw(size, seed) for seed in range(DRAWS))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--models", nargs="+", default=["choi-1", "choi-2"])
    parser.add_argument("--base", metavar="CANDIDATE")
    given = parser.parse_args()
    base = given.base or given.models[0]
    if base not in candidates(given.models):
        parser.error(f"candidates are {', '.join(candidates(given.models))}")
    run(given, given.models, lambda labelled: tables(labelled, given.models, given.k, base))


if __name__ == "__main__":
    main()
