"""The fit of a joint space to a catalogue: its axes, and how far tracks of one artist differ along them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotrec.index.joint_space import AXES, JointSpace
from spotrec.index.space import Space, space_of
from spotrec.vectors import DoubleArray, FloatArray, Moments, Positions

WITHIN_ARTISTS = 0.9
HALF_AT_TRACKS = 300
BLEND_TRACKS = 300
ARTIST_EXPONENT = 0.2
SPACE = (
    f"{AXES} axes side by side, blended at {BLEND_TRACKS}, within artists {WITHIN_ARTISTS} n / (n + {HALF_AT_TRACKS}) "
    f"to {ARTIST_EXPONENT}"
)
"""How joint spaces are made. It is part of an index's hash: a change rebuilds every index."""
_SMALLEST_VARIANCE = 1e-9


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


def fit(
    moments: Sequence[Moments], references: Sequence[Moments | None], weights: Sequence[float], sample: Sample
) -> JointSpace:
    """Return the space of a catalogue.

    Args:
        moments: of all tracks, for each ear.
        references: moments of each ear on reference music, as for `space_of`.
        weights: of the ears; only their proportions count.
    """
    shares = np.array(weights, np.float64) / sum(weights)
    spaces = tuple(space_of(own, reference) for own, reference in zip(moments, references, strict=True))
    space = JointSpace(spaces, shares)
    if len(spaces) > 1 or space.n_axes > AXES:
        known = [_spread(one, reference) for one, reference in zip(spaces, references, strict=True)]
        space = JointSpace(spaces, shares, _principal_axes(space.side_by_side(sample.even), known, shares))
    return _with_artists(space, sample)


def _principal_axes(placed: FloatArray, known: Sequence[DoubleArray], shares: DoubleArray) -> DoubleArray:
    """Return the axes with the largest second moments, shape (dim, at most AXES), the largest last.

    Second moments of few tracks are blended with what is `known` of each ear: a · own + (1 − a) · known for the share
    a = n / (n + BLEND_TRACKS) of the catalogue.
    """
    n = len(placed)
    spread = placed.T.astype(np.float64) @ placed
    ends = np.cumsum([len(one) for one in known])
    for one, share, end in zip(known, shares, ends, strict=True):
        part = slice(end - len(one), end)
        spread[part, part] += BLEND_TRACKS * share * one
    axes: DoubleArray = np.linalg.eigh(spread / (n + BLEND_TRACKS))[1][:, -AXES:]
    return axes


def _spread(space: Space, reference: Moments | None) -> DoubleArray:
    """Return an ear's second moments over reference music in its own space, shape (dim, dim), trace 1; 0 if unknown."""
    if reference is None:
        return np.zeros((len(space.mean), len(space.mean)))
    turn = space.projection.T.astype(np.float64) / space.scale
    placed = turn @ reference.covariance @ turn.T
    spread: DoubleArray = placed / np.trace(placed)
    return spread


def _with_artists(space: JointSpace, sample: Sample) -> JointSpace:
    """Shorten the directions in which tracks of one artist differ: they say little about what an artist sounds like.

    The space is multiplied by the power −ARTIST_EXPONENT of λ · within + (1 − λ) · identity, each with the trace 1;
    λ = WITHIN_ARTISTS · n / (n + HALF_AT_TRACKS) for n tracks of artists with several. After Hatch, Kajarekar and
    Stolcke, "Within-class covariance normalization for SVM-based speaker recognition", Interspeech 2006.
    """
    numbers, positions, counts = np.unique(sample.artists, return_inverse=True, return_counts=True)
    several = counts[positions] > 1
    placed = space.place(sample.by_artist).astype(np.float64)
    sums = np.zeros((len(numbers), placed.shape[1]))
    np.add.at(sums, positions, placed)
    apart = (placed - (sums / counts[:, None])[positions])[several]
    within = apart.T @ apart
    if np.trace(within) < _SMALLEST_VARIANCE:  # no artist has several tracks, or they all sound the same
        return space
    share = WITHIN_ARTISTS * len(apart) / (len(apart) + HALF_AT_TRACKS)
    mixed = share * within / np.trace(within) + (1 - share) * np.eye(len(within)) / len(within)
    variance, directions = np.linalg.eigh(mixed)
    scaled = (directions * variance**-ARTIST_EXPONENT) @ directions.T
    return JointSpace(space.spaces, space.weights, scaled if space.axes is None else space.axes @ scaled)
