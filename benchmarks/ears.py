"""Sets of ears in one space: which set, and which way of making its space, finds most of what belongs together.

    python benchmarks/ears.py [--json] [--sets FOLDER...] [--keep FOLDER] [--weights FILE] [--no-demo] [-k 5]

Sets of clips, labels and figures as in benchmarks/spaces.py: by default `../shared/audio` and the demo's synthesised
pieces; `benchmarks/free_music.py` makes larger sets. The first table has every set of ears in the space that `spotrec
index` makes (`index.joint_fit.fit`), beside `choi` alone, both ears of before and the default set: `*` where the 95 %
interval of the difference leaves out zero (2,000 resamples of the clips that are asked with). The next ones have other
ways of making the space of the default set, and of three ears, beside the way that is kept. Then catalogues of 20, 50,
100 and 200 recordings, drawn ten times.

The catalogue's artists are learnt by five folds: for the clips of a fold without its albums and artists, so that the
label that is asked for is never part of the answer. Where a set names no artists (tracker music), its albums stand for
them.

mn04's weights are those of the setting `mn04_weights`, or installed ones. `--keep FOLDER` keeps the vectors for the
next run.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from scipy.linalg import block_diag

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.labelled.comparing import Table, Ways, asked, judged, options, run
from benchmarks.labelled.sets import Heard, LabelledSet, Rows
from spotrec.evaluate.evaluate import random_vectors
from spotrec.evaluate.intervals import Codes
from spotrec.extract.models.ears import weights_of
from spotrec.extract.models.mn04.model import WHITENING
from spotrec.extract.models.registry import find
from spotrec.index.joint_fit import ARTIST_EXPONENT, BLEND_TRACKS, HALF_AT_TRACKS, WITHIN_ARTISTS, Sample, fit
from spotrec.index.joint_space import AXES, JointSpace
from spotrec.index.space import WITHIN, Space, blend, moments_of
from spotrec.index.summary import MOST_OF_AN_ARTIST
from spotrec.track import Ears
from spotrec.vectors import DoubleArray, FloatArray, Moments, unit

CHOI, MN04, MUSICNN = "choi-2", "mn04-1", "musicnn-1"
TWO, THREE = (CHOI, MN04), (CHOI, MN04, MUSICNN)
SETS = ((CHOI,), (MUSICNN,), (MN04,), (CHOI, MUSICNN), TWO, (MN04, MUSICNN), THREE)
BEFORE = "choi-2 before", "choi-2+musicnn-1 before"
"""Without artists, more of what excerpts of a recording differ in, and the mean of two cosines."""
N_FOLDS = 5
SIZES, DRAWS = (20, 50, 100, 200), 10


# -- the catalogue's artists ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fold:
    """Clips that are asked with, and the clips that artists are learnt from: each recording once, at most 20 of one."""

    asked: Rows
    learnt: Rows
    artists: Codes


def folds(labelled: LabelledSet) -> list[Fold]:
    labels, rows = labelled.labels, np.arange(len(labelled))
    album = labels.get("album", labels["artist"])
    artists = album if (labels["artist"] < 0).all() else labels["artist"]
    album = np.where(album < 0, len(rows) + rows, album)
    mixed = np.random.default_rng(0).permutation(np.unique(album))
    of_album = dict(zip(mixed.tolist(), np.arange(len(mixed)) % N_FOLDS, strict=True))
    fold_of = np.array([of_album[one] for one in album.tolist()])
    _, first = np.unique(labels["recording"], return_index=True)
    found = []
    for fold in range(N_FOLDS):
        here = np.flatnonzero(fold_of == fold)
        known = [row for row in first if artists[row] >= 0 and fold_of[row] != fold]
        left = [row for row in known if artists[row] not in artists[here]]
        learnt = np.array([row for row in left if _place_of(row, left, artists) < MOST_OF_AN_ARTIST], np.int64)
        found.append(Fold(here, learnt, artists[learnt]))
    return found


def _place_of(row: int, rows: Sequence[int], artists: Codes) -> int:
    return sum(artists[other] == artists[row] for other in rows if other < row)


# -- ways -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Way:
    """How the space of some ears is made; by default as `spotrec index` makes it.

    Attributes:
        weight: of mn04.
        axes: how many principal axes are kept; None for all numbers side by side.
        within: the share of what excerpts of one recording differ in, in the ears' own spaces.
        power: of the variances that mn04's own axes are divided by.
        blend: from so many tracks on, a catalogue's own axes count more than the reference's; 0 for its own alone.
        artists: the largest share of what tracks of one artist differ in; 0 to leave that out.
        half_at: from so many tracks of artists on, it is half of that; 0 for the whole share always.
        exponent: of the matrix that is made of it.
        rest: what the rest of that matrix is.
    """

    ears: tuple[str, ...]
    weight: float | None = None
    axes: int | None = AXES
    within: float = WITHIN
    power: float = WHITENING
    blend: float = BLEND_TRACKS
    artists: float = WITHIN_ARTISTS
    half_at: float = HALF_AT_TRACKS
    exponent: float = ARTIST_EXPONENT
    rest: Literal["sphere", "total"] = "sphere"

    def shares(self) -> DoubleArray:
        weights = np.array(weights_of(_ears(self.ears)))
        if self.weight is not None:
            weights[self.ears.index(MN04)] = self.weight
        shares: DoubleArray = weights / weights.sum()
        return shares


def alike(labelled: LabelledSet, way: Way, parts: Sequence[Fold]) -> FloatArray:
    """How alike the clips are, shape (n, n); a row is that of the clip that is asked with."""
    placed = _placed(labelled.heard, way)
    found = np.empty((len(labelled), len(labelled)), np.float32)
    for part in (
        parts if way.artists else [Fold(np.arange(len(labelled)), np.zeros(0, np.int64), np.zeros(0, np.int64))]
    ):
        scaled = _scaled_by_artists(placed, part, way)
        found[part.asked] = scaled[part.asked] @ scaled.T
    return found


def _placed(heard: Heard, way: Way) -> FloatArray:
    spaces = tuple(_own_space(heard[model], model, way) for model in way.ears)
    space = JointSpace(spaces, way.shares())
    vectors = space.side_by_side(np.hstack([heard[model] for model in way.ears]))
    if way.axes is None or vectors.shape[1] <= way.axes:
        return vectors
    doubles = vectors.astype(np.float64)
    moment = doubles.T @ doubles / len(doubles)
    own = len(doubles) / (len(doubles) + way.blend)
    moment = own * moment + (1 - own) * _reference_moment(way.ears, spaces, way.shares())
    return unit((doubles @ np.linalg.eigh(moment)[1][:, -way.axes :]).astype(np.float32))


def _own_space(vectors: FloatArray, model: str, way: Way) -> Space:
    reference = _reference(model)
    moments = blend(moments_of(vectors), reference)
    scale = np.sqrt(np.maximum(np.diag(moments.covariance), 1e-6))
    matrix = moments.covariance / np.outer(scale, scale)
    if reference.within is not None:
        within = reference.within / np.outer(scale, scale)
        matrix = way.within * within * (len(within) / np.trace(within)) + (1 - way.within) * matrix
    variance, axes = np.linalg.eigh(matrix)
    projection = axes / np.maximum(variance, 1e-6) ** (way.power if model == MN04 else 0.25)
    return Space(moments.mean.astype(np.float32), scale.astype(np.float32), projection.astype(np.float32))


def _reference_moment(ears: Sequence[str], spaces: Sequence[Space], shares: DoubleArray) -> DoubleArray:
    """Second moments of the reference in the ears' own spaces, as if one ear said nothing of what another hears."""
    blocks = []
    for model, space, share in zip(ears, spaces, shares, strict=True):
        reference = _reference(model)
        turn = space.projection.astype(np.float64) / space.scale[:, None]
        block = turn.T @ reference.covariance @ turn
        blocks.append(block * (share / np.trace(block)))
    joined: DoubleArray = block_diag(*blocks)
    return joined


def _scaled_by_artists(placed: FloatArray, part: Fold, way: Way) -> FloatArray:
    codes, counts = np.unique(part.artists, return_counts=True)
    several = np.isin(part.artists, codes[counts > 1])
    rows, artists = part.learnt[several], part.artists[several]
    if not len(rows) or not way.artists:
        return placed
    doubles = placed.astype(np.float64)
    apart = np.concatenate(
        [
            doubles[rows[artists == one]] - doubles[rows[artists == one]].mean(axis=0)
            for one in codes
            if (artists == one).any()
        ]
    )
    within, rest = apart.T @ apart, np.eye(placed.shape[1]) if way.rest == "sphere" else np.cov(doubles.T, bias=True)
    share = way.artists * len(rows) / (len(rows) + way.half_at)
    variance, axes = np.linalg.eigh(share * within / np.trace(within) + (1 - share) * rest / np.trace(rest))
    scale = np.maximum(variance / variance.mean(), 1e-3) ** -way.exponent
    return unit((doubles @ (axes * scale) @ axes.T).astype(np.float32))


@cache
def _reference(model: str) -> Moments:
    reference = find(model).moments()
    assert reference is not None
    return reference


@cache
def _ears(models: tuple[str, ...]) -> Ears:
    return Ears.of(*(find(model).id for model in models))


def shipped(labelled: LabelledSet, models: tuple[str, ...], parts: Sequence[Fold]) -> FloatArray:
    """How alike the clips are in the space that `spotrec index` makes."""
    ears = _ears(models)
    vectors = np.hstack([labelled.heard[model] for model in models])
    moments, references = [moments_of(labelled.heard[model]) for model in models], [*map(_reference, models)]
    found = np.empty((len(labelled), len(labelled)), np.float32)
    for part in parts:
        sample = Sample(vectors, vectors[part.learnt], part.artists)
        placed = fit(moments, references, weights_of(ears), sample).place(vectors)
        found[part.asked] = placed[part.asked] @ placed.T
    return found


def sets_of_ears(labelled: LabelledSet) -> dict[str, FloatArray]:
    parts = folds(labelled)
    found = {"+".join(models): shipped(labelled, models, parts) for models in SETS}
    for models in (TWO, THREE):  # the ways below begin with the one that is kept
        np.testing.assert_allclose(alike(labelled, Way(models), parts), found["+".join(models)], atol=2e-3)
    for name, ears in zip(BEFORE, ((CHOI,), (CHOI, MUSICNN)), strict=True):
        found[name] = alike(labelled, Way(ears, axes=None, within=0.7, artists=0), parts)
    return found | {"chance": _dots(random_vectors(len(labelled)))}


def _dots(placed: FloatArray) -> FloatArray:
    return placed @ placed.T


def ways(labelled: LabelledSet, models: tuple[str, ...]) -> dict[str, FloatArray]:
    kept = Way(models)
    others = {
        "mean of the cosines": replace(kept, axes=None, artists=0),
        "without artists": replace(kept, artists=0),
        **{f"mn04 times {weight:g}": replace(kept, weight=weight) for weight in (1, 1.5, 2, 3)},
        **{f"{axes} axes": replace(kept, axes=axes) for axes in (128, 192, 256)},
        **{f"axes blended at {n}": replace(kept, blend=n) for n in (0, 100, 1000)},
        **{f"within recordings {share:g}": replace(kept, within=share) for share in (0, 0.7)},
        **{f"mn04's variance to {power:g}": replace(kept, power=power) for power in (0.25, 0.3)},
        **{f"artists to {power:g}": replace(kept, exponent=power) for power in (0.1, 0.3)},
        **{f"artists, half at {n}": replace(kept, half_at=n) for n in (50, 100, 500)},
        "artists, always .8, to .1, the rest total": replace(kept, artists=0.8, half_at=0, exponent=0.1, rest="total"),
    }
    parts = folds(labelled)
    return {"kept": alike(labelled, kept, parts)} | {name: alike(labelled, way, parts) for name, way in others.items()}


# -- a run ------------------------------------------------------------------------------------------------------------


def tables(labelled: LabelledSet, k: int) -> Iterator[tuple[str, Table]]:
    def of(draws: Iterable[tuple[Rows, Ways]], bases: Sequence[str]) -> Table:
        return judged(labelled, asked(labelled, draws, k), bases)

    everything = np.arange(len(labelled))
    yield "sets of ears", of([(everything, sets_of_ears(labelled))], (*BEFORE, "+".join(TWO)))
    for models in (TWO, THREE):
        yield "+".join(models), of([(everything, ways(labelled, models))], ("kept",))

    def small(size: int, seed: int) -> tuple[Rows, Ways]:
        rows = labelled.drawn(size, seed)
        part = labelled.at(rows)
        parts = folds(part)
        found = {"+".join(models): alike(part, Way(models), parts) for models in ((CHOI,), TWO, THREE)}
        found[BEFORE[1]] = alike(part, Way((CHOI, MUSICNN), axes=None, within=0.7, artists=0), parts)
        found["three without artists"] = alike(part, Way(THREE, artists=0), parts)
        found["three, the catalogue's own axes"] = alike(part, Way(THREE, blend=0), parts)
        return rows, found

    for size in (size for size in SIZES if size < labelled.n_recordings):
        drawn = (small(size, seed) for seed in range(DRAWS))
        yield f"{size} recordings", of(drawn, (BEFORE[1], "+".join(TWO), "+".join(THREE)))


def main() -> None:
    given = options(__doc__).parse_args()
    run(given, THREE, lambda labelled: tables(labelled, given.k))


if __name__ == "__main__":
    main()
