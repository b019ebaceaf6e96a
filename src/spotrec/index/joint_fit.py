"""The fit of a joint space to a catalogue: its axes, and how far tracks of one artist differ along them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.index.joint_space import AXES, JointSpace
from spotrec.index.space import BLEND_TRACKS, space_of
from spotrec.vectors import DoubleArray, FloatArray, Moments, Positions

WITHIN_ARTISTS = 0.8
ARTIST_EXPONENT = 0.1
SPACE = f"{AXES} axes of the ears side by side, within artists {WITHIN_ARTISTS} to the power {ARTIST_EXPONENT}"
"""How joint spaces are made. It is part of an index's hash: a change rebuilds every index."""
_SMALLEST_VARIANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Reference:
    """What is known of reference music, blended with a small catalogue's own.

    Attributes:
        moments: of each ear; None if not measured.
        axes: the second moments of the ears' own spaces side by side, shape (dim, dim); None if not measured.
    """

    moments: tuple[Moments | None, ...]
    axes: DoubleArray | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of a catalogue's tracks.

    Attributes:
        even: embeddings of tracks at equal distances, shape (n, ears.dim).
        by_artist: embeddings of tracks of the same artists, shape (m, ears.dim).
        artists: the artist of each of these, shape (m,), as a number.
    """

    even: FloatArray
    by_artist: FloatArray
    artists: Positions


def fit(moments: Sequence[Moments], reference: Reference, weights: Sequence[float], sample: Sample) -> JointSpace:
    """Return the space of a catalogue.

    Args:
        moments: of all tracks, for each ear.
        weights: of the ears; only their proportions count.
    """
    shares = np.array(weights, np.float64) / sum(weights)
    spaces = tuple(space_of(own, of_music) for own, of_music in zip(moments, reference.moments, strict=True))
    space = JointSpace(spaces, shares)
    if len(spaces) > 1 or space.n_axes > AXES:
        space = JointSpace(spaces, shares, _principal_axes(space, moments[0].n, reference, sample.even))
    return _with_artists(space, sample)


def _principal_axes(space: JointSpace, n_tracks: int, reference: Reference, embeddings: FloatArray) -> DoubleArray:
    """Return the axes with the largest second moments, shape (dim, at most AXES), the largest last."""
    placed = space.side_by_side(embeddings).astype(np.float64)
    spread = placed.T @ placed / max(len(placed), 1)
    if reference.axes is not None:
        a = n_tracks / (n_tracks + BLEND_TRACKS)
        spread = a * spread + (1 - a) * reference.axes
    axes: DoubleArray = np.linalg.eigh(spread)[1][:, -AXES:]
    return axes


def _with_artists(space: JointSpace, sample: Sample) -> JointSpace:
    """Scale the axes by the differences between tracks of one artist: what these share, the artist sounds like.

    The matrix λ · within + (1 − λ) · total, each divided by its trace, to the power −exponent. Hatch, Kajarekar and
    Stolcke, "Within-class covariance normalization for SVM-based speaker recognition", Interspeech 2006.
    """
    numbers, positions, counts = np.unique(sample.artists, return_inverse=True, return_counts=True)
    several = counts[positions] > 1
    if not several.any():
        return space
    placed = space.place(sample.by_artist).astype(np.float64)
    sums = np.zeros((len(numbers), placed.shape[1]))
    np.add.at(sums, positions, placed)
    apart = (placed - (sums / counts[:, None])[positions])[several]
    total = np.cov(space.place(sample.even).astype(np.float64), rowvar=False, bias=True)
    within = apart.T @ apart
    if min(np.trace(within), np.trace(total)) < _SMALLEST_VARIANCE:  # they all sound the same
        return space
    mixed = WITHIN_ARTISTS * within / np.trace(within) + (1 - WITHIN_ARTISTS) * total / np.trace(total)
    variance, directions = np.linalg.eigh(mixed)
    scaled = directions / np.maximum(variance, _SMALLEST_VARIANCE) ** ARTIST_EXPONENT
    return JointSpace(space.spaces, space.weights, scaled if space.axes is None else space.axes @ scaled)
