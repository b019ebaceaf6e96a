"""The searched space: standardised, about half-whitened principal axes, unit length.

The catalogue's moments are blended with a reference (3,116 excerpts of 971 free recordings), so that the space works
from the first track on: a = n / (n + 1000) of the catalogue's moments, the rest of the reference's. On 896 commercial
previews, the reciprocal rank of a track by the same artist was .364, against .308 for raw cosine.

The axes are scaled by the differences between all tracks and, for a smaller part, between excerpts of one recording
(within-class covariance normalisation): what changes within a piece says little about which piece it is. See
docs/quality.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.vectors import DoubleArray, FloatArray, Moments, read_arrays, turned

BLEND_TRACKS = 1000
WITHIN = 0.2
"""The share of the within-recording covariance in the matrix that defines the axes; the rest is the correlation."""
SPACE = f"whitened as the references say, within {WITHIN}, blended at {BLEND_TRACKS}"
"""How spaces are made. It is part of an index's hash: a change rebuilds every index."""
_BLOCK = 16_384  # vectors at a time: a million together would need another gigabyte
_LONGEST_HEADER = 10_000  # bytes
_SMALLEST_VARIANCE = 1e-6  # of a standardised axis: smaller variances are rounding errors
_LARGEST, _SMALLEST_SCALE = 1e10, 1e-10  # far outside what is fitted; beyond, a place could be endless


@dataclass(frozen=True, slots=True)
class Space:
    """A space in which vectors are compared by their cosine.

    `mean` and `scale` (dim,) standardise; `projection` (dim, dim) rotates onto the principal axes of `axes_of` and
    divides each by a power of its variance.
    """

    mean: FloatArray
    scale: FloatArray
    projection: FloatArray
    _rows: DoubleArray | None = field(default=None, init=False, repr=False, compare=False)
    """The columns of the projection as rows in float64, once they were needed: to convert them takes longer than to
    place a vector."""

    def place(self, vectors: FloatArray) -> FloatArray:
        """Transform embeddings, shape (n, dim), to points of the space.

        The product is in float64: in float32, the last bits of a point depend on the number of other vectors and on the
        processor, and copies of a recording would differ.

        Returns:
            Shape (n, dim), float32, unit length. A vector equal to the mean has no direction and stays zero.

        Raises:
            IndexFault: a point is not finite: the space is not one that spotrec made.
        """
        with np.errstate(all="ignore"):
            placed = turned(((vectors - self.mean) / self.scale).astype(np.float64), self._in_float64())
            length = np.linalg.norm(placed, axis=1, keepdims=True)
            unit: FloatArray = (placed / np.maximum(length, np.finfo(np.float32).tiny)).astype(np.float32)
        if not np.isfinite(unit).all():
            raise nowhere()
        return unit

    def _in_float64(self) -> DoubleArray:
        if self._rows is None:
            object.__setattr__(self, "_rows", np.ascontiguousarray(self.projection.T, np.float64))
        assert self._rows is not None
        return self._rows

    def parts(self, vectors: FloatArray, n_parts: int) -> FloatArray:
        """Split embeddings, shape (n, dim), into `n_parts` equal pieces and return what each adds to `place`.

        Returns:
            Shape (n, n_parts, dim); the sum over the parts is `place(vectors)`.
        """
        standardised = ((vectors - self.mean) / self.scale).reshape(len(vectors), n_parts, -1)
        pieces = self.projection.reshape(n_parts, -1, self.projection.shape[1])
        placed = np.matmul(standardised.transpose(1, 0, 2), pieces).transpose(1, 0, 2)
        length = np.linalg.norm(placed.sum(axis=1), axis=1)
        parts: FloatArray = (placed / np.maximum(length, np.finfo(np.float32).tiny)[:, None, None]).astype(np.float32)
        return parts

    def save(self, path: Path) -> None:
        np.savez(path, mean=self.mean, scale=self.scale, projection=self.projection)

    @classmethod
    def load(cls, path: Path, dim: int) -> "Space":
        """Read what `save` wrote.

        Raises:
            ValueError, KeyError, OSError: it is not a space of `dim` dimensions.
        """
        return cls.of_arrays(read_arrays(path, ("mean", "scale", "projection"), 8 * dim * dim + _LONGEST_HEADER), dim)

    @classmethod
    def of_arrays(cls, parts: Sequence[npt.NDArray[Any]], dim: int) -> "Space":
        """Return the space of `mean`, `scale` and `projection`.

        Raises:
            ValueError: they are not a space of `dim` dimensions.
        """
        if any(part.dtype.kind != "f" for part in parts):
            raise ValueError("the space has values that are not numbers")
        with np.errstate(over="ignore"):
            space = cls(*(part.astype(np.float32) for part in parts))
        if space.mean.shape != (dim,) or space.scale.shape != (dim,) or space.projection.shape != (dim, dim):
            raise ValueError(f"not a space of {dim} dimensions")
        if not all(map(are_moderate, (space.mean, space.scale, space.projection))):
            raise ValueError("the space has values that are not numbers, or far too large")
        if not (space.scale >= _SMALLEST_SCALE).all():
            raise ValueError("the scale of the space is not positive")
        return space


def are_moderate(values: npt.NDArray[Any]) -> bool:
    """Return whether all are numbers, and none so large that a space with it would place vectors nowhere."""
    return not values.size or bool(values.max() <= _LARGEST and values.min() >= -_LARGEST)  # NaN is neither


def nowhere() -> IndexFault:
    """Return the error for a space that gives points which are not finite."""
    return IndexFault("the index is damaged: its space places vectors nowhere", "build it again: `spotrec index`")


def fit(vectors: FloatArray, reference: Moments | None) -> Space:
    """Return the space of a catalogue.

    Args:
        vectors: shape (n, dim); n may be 0.
        reference: moments to blend with the catalogue's own. None, for a model without reference moments: the
            catalogue's own variances, without its correlations.
    """
    return space_of(moments_of(vectors), reference)


def space_of(own: Moments, reference: Moments | None) -> Space:
    """Return the space of a catalogue with these moments; `reference` is as for `fit`."""
    moments = blend(own, reference or Moments(own.n, own.mean, np.diag(np.diag(own.covariance))))
    scale = np.sqrt(np.maximum(np.diag(moments.covariance), _SMALLEST_VARIANCE))
    variance, axes = np.linalg.eigh(axes_of(moments, scale))
    projection = axes / np.maximum(variance, _SMALLEST_VARIANCE) ** moments.whitening
    return Space(*(part.astype(np.float32) for part in (moments.mean, scale, projection)))


def axes_of(moments: Moments, scale: DoubleArray) -> DoubleArray:
    """Return the matrix whose principal axes the space uses, shape (dim, dim): WITHIN * within + (1 - WITHIN) * total.

    Both are covariances of standardised vectors and have the trace `dim`. Without `moments.within`, it is the total.
    """
    total: DoubleArray = moments.covariance / np.outer(scale, scale)
    if moments.within is None:
        return total
    within = moments.within / np.outer(scale, scale)
    within *= len(within) / np.trace(within)
    mixed: DoubleArray = WITHIN * within + (1 - WITHIN) * total
    return mixed


class RunningMoments:
    """Population moments of vectors that are added block by block, in float64."""

    def __init__(self, dim: int) -> None:
        self.so_far = Moments(0, np.zeros(dim), np.zeros((dim, dim)))

    def add(self, vectors: FloatArray) -> None:
        """Add vectors, shape (n, dim), n > 0."""
        before, n = self.so_far, len(vectors)
        mean = vectors.mean(axis=0, dtype=np.float64)
        centred = vectors - mean
        apart = mean - before.mean
        total = before.n + n
        spread = before.covariance * before.n + centred.T @ centred + np.outer(apart, apart) * (before.n * n / total)
        self.so_far = Moments(total, before.mean + apart * (n / total), spread / total)


def moments_of(vectors: FloatArray) -> Moments:
    """Return population moments, in float64. Without vectors all are zero."""
    moments = RunningMoments(vectors.shape[1])
    for start in range(0, len(vectors), _BLOCK):
        moments.add(vectors[start : start + _BLOCK])
    return moments.so_far


def blend(catalogue: Moments, reference: Moments) -> Moments:
    """Return a * catalogue + (1 - a) * reference, a = n / (n + 1000). `within` and `whitening` are the reference's."""
    a = catalogue.n / (catalogue.n + BLEND_TRACKS)
    return Moments(
        catalogue.n,
        a * catalogue.mean + (1 - a) * reference.mean,
        a * catalogue.covariance + (1 - a) * reference.covariance,
        reference.within,
        reference.whitening,
    )
