"""Two ears, each in its own space, as before sets had one (benchmarks/ears.py): which way of putting `choi-2` and
`musicnn-1` together finds most of what belongs together.

    python benchmarks/fusion.py [--json] [--sets FOLDER...] [--keep FOLDER] [--weights FILE]
                                [--no-demo] [-k 5]

Sets, labels and figures as in benchmarks/spaces.py: by default `../shared/audio` and the demo's synthesised pieces;
`benchmarks/free_music.py` makes larger sets. Each model ranks in its own space, the one that `spotrec index` makes.
Every way is asked the same, and set beside each model alone and beside the way that is kept: `*` where the 95 %
interval of the difference leaves out zero (2,000 resamples of the clips that are asked with). Then catalogues of 20,
50, 100 and 200 recordings, drawn 30 times, and the projection: musicnn hears a sample, a ridge regression learns to
tell from Choi's numbers where musicnn would place a track, and what is out of the sample is asked with, in a
catalogue of what is out of the sample.

musicnn takes 0.3 s a clip; `--keep FOLDER` keeps the vectors for the next run.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled.comparing import Table, Ways, asked, judged, options, run
from benchmarks.labelled.sets import Heard, LabelledSet, Rows
from spotrec.evaluate.evaluate import random_vectors, standardise
from spotrec.extract.models.registry import find
from spotrec.index.space import Space, fit, moments_of, space_of
from spotrec.vectors import FloatArray, Moments, unit

CHOI, MUSICNN = "choi-2", "musicnn-1"
MODELS = (CHOI, MUSICNN)
KEPT = "sum, 0.5 of musicnn"
BASES = (*MODELS, KEPT)
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Of musicnn, in the sum."""
RANK_SOFTNESS = 60
"""The k of reciprocal rank fusion: Cormack, Clarke and Büttcher, SIGIR 2009."""
SIZES, DRAWS = (20, 50, 100, 200), 30
SAMPLES, SAMPLE_DRAWS = (50, 100, 200, 400, 600), 10
STRENGTHS = 10.0 ** np.arange(-3, 4.5, 0.5)
"""Of the ridge, in mean variances of what it learns from."""


# -- ways -------------------------------------------------------------------------------------------------------------


def space_of_model(vectors: FloatArray, model: str) -> Space:
    return fit(vectors, find(model).moments())


def cosines(vectors: FloatArray, model: str) -> FloatArray:
    placed = space_of_model(vectors, model).place(vectors)
    return placed @ placed.T


def ways(heard: Heard) -> dict[str, FloatArray]:
    """Name → how alike the clips are, shape (n, n)."""
    choi, musicnn = (cosines(heard[model], model) for model in MODELS)
    ranks = [_ranks(choi), _ranks(musicnn)]
    found = {CHOI: choi, MUSICNN: musicnn, "choi-1": cosines(heard["choi-1"], "choi-1")}
    found |= {f"sum, {share} of musicnn": _sum(share, musicnn, choi) for share in SHARES}
    return found | {
        "sum of three": (choi + musicnn + found["choi-1"]) / 3,
        "reciprocal ranks": 1 / (RANK_SOFTNESS + ranks[0]) + 1 / (RANK_SOFTNESS + ranks[1]),
        "mean rank (Borda)": -(ranks[0] + ranks[1]),
        "sum, standardised by seed": _by_seed(choi) + _by_seed(musicnn),
        "larger cosine": np.maximum(choi, musicnn),
        "smaller cosine": np.minimum(choi, musicnn),
        "one space of both": _side_by_side(heard),
        "standardised side by side": _plain(heard),
        "chance": _of(random_vectors(len(choi))),
    }


def _sum(share: float, one: FloatArray, other: FloatArray) -> FloatArray:
    return np.float32(share) * one + np.float32(1 - share) * other


def _of(placed: FloatArray) -> FloatArray:
    return placed @ placed.T


def _ranks(alike: FloatArray) -> FloatArray:
    """Of each row, from 1 for the nearest other; equal ones in order of the clips."""
    others = alike - 4 * np.eye(len(alike), dtype=np.float32)
    order = np.argsort(-others, axis=1, kind="stable")
    ranks = np.empty(alike.shape, np.float32)
    np.put_along_axis(ranks, order, np.arange(1, len(alike) + 1, dtype=np.float32)[None], axis=1)
    return ranks


def _by_seed(alike: FloatArray) -> FloatArray:
    """Of each row, how many standard deviations of the others above their mean."""
    others = np.ma.masked_array(alike, np.eye(len(alike), dtype=bool))
    mean, spread = others.mean(axis=1).data, others.std(axis=1).data
    scaled: FloatArray = (alike - mean[:, None]) / np.maximum(spread[:, None], 1e-9)
    return scaled


def _side_by_side(heard: Heard) -> FloatArray:
    """All 360 numbers in one half-whitened space; how the two networks go together only the catalogue can say."""
    from scipy.linalg import block_diag

    known = [moments for model in MODELS if (moments := find(model).moments())]
    reference = Moments(
        known[0].n,
        np.concatenate([moments.mean for moments in known]),
        block_diag(*(moments.covariance for moments in known)),
        block_diag(*(moments.within for moments in known if moments.within is not None)),
    )
    vectors = np.hstack([heard[model] for model in MODELS])
    return _of(space_of(moments_of(vectors), reference).place(vectors))


def _plain(heard: Heard) -> FloatArray:
    return _of(unit(np.hstack([standardise(heard[model]) for model in MODELS])))


# -- the projection ---------------------------------------------------------------------------------------------------


def projected(known: FloatArray, wanted: FloatArray, others: FloatArray) -> FloatArray:
    """Ridge regression: what goes with `others`, where `wanted` goes with `known`; unit length.

    How strong the ridge is, the error of leaving out one track decides.
    """
    mean, centre = known.mean(axis=0), wanted.mean(axis=0)
    left, size, right = np.linalg.svd(known - mean, full_matrices=False)
    inner = left.T @ (wanted - centre)
    strengths = STRENGTHS * np.mean(size**2)
    errors = []
    for strength in strengths:
        kept = size**2 / (size**2 + strength)
        missed = wanted - centre - left @ (kept[:, None] * inner)
        itself = left**2 @ kept + 1 / len(known)
        errors.append(np.sum((missed / np.maximum(1 - itself, 1e-3)[:, None]) ** 2))
    scaled = size / (size**2 + strengths[int(np.argmin(errors))])
    return unit((centre + (others - mean) @ (right.T @ (scaled[:, None] * inner))).astype(np.float32))


def out_of_sample(labelled: LabelledSet, n: int, seed: int) -> tuple[Rows, Ways]:
    """The clips that musicnn did not hear, where it heard one of each of `n` recordings."""
    inside = labelled.drawn(n, seed)
    rows = np.setdiff1d(np.arange(len(labelled)), inside)
    _, first = np.unique(labelled.labels["recording"][inside], return_index=True)
    sample = inside[first]
    choi = space_of_model(labelled.heard[CHOI], CHOI).place(labelled.heard[CHOI])
    musicnn = space_of_model(labelled.heard[MUSICNN][sample], MUSICNN).place(labelled.heard[MUSICNN])
    cheap = np.hstack([choi, space_of_model(labelled.heard["choi-1"], "choi-1").place(labelled.heard["choi-1"])])
    alone = _of(choi[rows])
    found = {CHOI: alone, MUSICNN: _of(musicnn[rows])}
    found[KEPT] = _sum(0.5, found[MUSICNN], alone)
    for name, numbers in (("choi-2", choi), ("both of Choi's", cheap)):
        learnt = _of(projected(numbers[sample], musicnn[sample], numbers[rows]))
        found[f"projection of {name}"] = learnt
        found |= {f"sum, {share} of projected {name}": _sum(share, learnt, alone) for share in (0.3, 0.5)}
    return rows, found


# -- a run ------------------------------------------------------------------------------------------------------------


def tables(labelled: LabelledSet, k: int) -> Iterator[tuple[str, Table]]:
    def of(draws: Iterable[tuple[Rows, Ways]]) -> Table:
        return judged(labelled, asked(labelled, draws, k), BASES)

    yield "all", of([(np.arange(len(labelled)), ways(labelled.heard))])
    for size in (size for size in SIZES if size < labelled.n_recordings):
        drawn = [labelled.drawn(size, seed) for seed in range(DRAWS)]
        yield f"{size} recordings", of((rows, ways(labelled.at(rows).heard)) for rows in drawn)
    for sample in (sample for sample in SAMPLES if sample <= labelled.n_recordings * 2 // 3):
        yield f"musicnn heard {sample}", of(out_of_sample(labelled, sample, seed) for seed in range(SAMPLE_DRAWS))


def main() -> None:
    given = options(__doc__).parse_args()
    run(given, ("choi-1", *MODELS), lambda labelled: tables(labelled, given.k))


if __name__ == "__main__":
    main()
