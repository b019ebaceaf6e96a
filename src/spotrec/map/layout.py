"""Many dimensions → two, so that near still means similar: t-SNE (openTSNE).

openTSNE runs with a fixed seed, one thread, and neighbours that are computed here. If BLAS uses one thread too, the
same vectors give the same map, bit for bit (`placement.py`).
"""

import logging
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType

import numpy as np
import numpy.typing as npt

from spotrec.errors import UsageError
from spotrec.map.neighbours import nearest
from spotrec.progress import Progress
from spotrec.system.installation import install_command
from spotrec.vectors import DoubleArray, FloatArray, Positions

FEWEST_FOR_TSNE = 10
"""Fewer distinct tracks are placed along their two principal axes."""

_PERPLEXITY = 30.0
_EXAGGERATED, _STEPS, _EVERY = 250, 500, 25
_BARNES_HUT_BELOW = 10_000
_SEED = 0
_SIDE_BY_SIDE = 0.004  # the distance between copies, as a fraction of the map's width
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


def need_tsne() -> None:
    """Check that openTSNE is installed, before the work begins.

    Raises:
        UsageError: openTSNE is not installed.
    """
    if find_spec("openTSNE") is None:
        raise _not_installed()


def lay_out(points: FloatArray, *, progress: Progress) -> DoubleArray:
    """Place points on a plane.

    Copies are placed side by side, so that each can be seen. The wider side is horizontal.

    Args:
        points: shape (n, dim), unit length; any n, and any number of them may be equal.

    Returns:
        Shape (n, 2), within the square from -1 to 1 and centred there; never NaN.
    """
    distinct, which = np.unique(points, axis=0, return_inverse=True)
    laid_out = _principal(distinct)
    if len(distinct) >= FEWEST_FOR_TSNE:
        laid_out = _upright(_embedded(distinct, laid_out, progress))
    return _side_by_side(_centred(laid_out), which.reshape(-1))


def _embedded(points: FloatArray, start: DoubleArray, progress: Progress) -> DoubleArray:
    tsne = _open_tsne()
    logging.getLogger("openTSNE").setLevel(logging.ERROR)
    perplexity = min(_PERPLEXITY, (len(points) - 1) / 3)
    near, cosines = nearest(points, min(len(points) - 1, int(3 * perplexity)), progress=progress)
    known = tsne.nearest_neighbors.PrecomputedNeighbors(near, np.sqrt(np.maximum(2 - 2 * cosines, 0)))
    affinities = tsne.affinity.PerplexityBasedNN(perplexity=perplexity, knn_index=known, n_jobs=1)
    exaggeration = min(12.0, max(1.0, len(points) / 20))  # with 12, a few tracks would fall into one point
    how = "bh" if len(points) < _BARNES_HUT_BELOW else "fft"
    embedding = tsne.TSNEEmbedding(
        start / max(float(start[:, 0].std()), 1e-12) * 1e-4,
        affinities,
        negative_gradient_method=how,
        n_jobs=1,
        random_state=_SEED,
    )
    with progress.meter("lay out", _EXAGGERATED + _STEPS, "steps") as meter:
        callbacks: dict[str, Callable[..., None] | int] = {
            "callbacks": lambda *_: meter.advance(_EVERY),
            "callbacks_every_iters": _EVERY,
        }
        embedding.optimize(_EXAGGERATED, exaggeration=exaggeration, momentum=0.5, inplace=True, **callbacks)
        embedding.optimize(_STEPS, exaggeration=1, momentum=0.8, inplace=True, **callbacks)
    return np.asarray(embedding, np.float64)


def _principal(points: npt.NDArray[np.floating]) -> DoubleArray:
    """Return coordinates along the two widest axes, shape (n, 2); an axis without differences is zero."""
    centred = points - points.mean(axis=0, dtype=np.float64)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    widest = axes[:, ::-1][:, :2]
    # the sign of an axis is arbitrary: make its largest component positive
    widest = widest * np.sign(widest[np.abs(widest).argmax(axis=0), range(widest.shape[1])])
    is_wide = variances[::-1][:2] > 1e-9 * max(float(variances[-1]), 1e-9)
    return np.asarray((centred @ widest) * is_wide, np.float64)


def _upright(places: DoubleArray) -> DoubleArray:
    return _principal(places)


def _centred(places: DoubleArray) -> DoubleArray:
    low, high = places.min(axis=0), places.max(axis=0)
    half = float((high - low).max()) / 2
    centred: DoubleArray = (places - (low + high) / 2) / (half or 1.0)
    return centred


def _side_by_side(places: DoubleArray, which: Positions) -> DoubleArray:
    """Return each point's place. Of equal points, the first stays, and the others surround it like sunflower seeds."""
    order = np.argsort(which, kind="stable")
    first = np.searchsorted(which[order], np.arange(len(places)))
    number = np.empty(len(which), np.int64)
    number[order] = np.arange(len(which)) - first[which[order]]
    around = np.stack([np.cos(number * _GOLDEN_ANGLE), np.sin(number * _GOLDEN_ANGLE)], axis=1)
    spread: DoubleArray = places[which] + _SIDE_BY_SIDE * np.sqrt(number)[:, None] * around
    return _centred(spread)


def _open_tsne() -> ModuleType:
    try:
        import openTSNE
        import openTSNE.affinity
        import openTSNE.nearest_neighbors
    except ImportError as exc:
        raise _not_installed() from exc
    module: ModuleType = openTSNE
    return module


def _not_installed() -> UsageError:
    return UsageError("a map needs openTSNE, which is not installed", install_command("plots"))
