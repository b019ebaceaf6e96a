"""The great circle between two sounds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.vectors import DoubleArray

_NEXT_TO_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Arc:
    """The shorter way from one point of the unit sphere to another.

    Attributes:
        start: shape (dim,), unit length.
        across: shape (dim,), unit length, at right angles to `start`, towards the end.
        angle: how far the end is, in radians, 0 to π.
    """

    start: DoubleArray
    across: DoubleArray
    angle: float

    @classmethod
    def between(cls, a: npt.ArrayLike, b: npt.ArrayLike) -> "Arc":
        """From `a` to `b`, each shape (dim,), unit length or zero.

        Where there are many shortest ways (opposite points) it is one of them, always the same. A point without
        direction, which is as far from all others as can be told nothing of, lies at a right angle to everything.
        """
        start, end = np.asarray(a, np.float64), np.asarray(b, np.float64)
        if not start.any():
            start = _at_right_angles_to(end)
        if not end.any():
            end = _at_right_angles_to(start)
        start, end = start / np.linalg.norm(start), end / np.linalg.norm(end)
        across = end - (start @ end) * start
        length = float(np.linalg.norm(across))
        angle = float(np.arctan2(length, start @ end))
        if length < _NEXT_TO_NOTHING:
            return cls(start, _at_right_angles_to(start), angle)
        return cls(start, across / length, angle)

    def at(self, shares: npt.ArrayLike) -> DoubleArray:
        """The points at these shares of the way, shape (n,) → (n, dim), unit length."""
        turned = np.asarray(shares, np.float64)[:, None] * self.angle
        return np.cos(turned) * self.start + np.sin(turned) * self.across

    def shares_of(self, points: npt.ArrayLike) -> DoubleArray:
        """How far along the way points lie, shape (n, dim) → (n,): 0 at the start, 1 at the end.

        Less than 0 or more than 1 for those that lie before or beyond. On a way of no length all lie at its start.
        """
        placed = np.asarray(points, np.float64)
        if self.angle < _NEXT_TO_NOTHING:
            return np.zeros(len(placed))
        # what lies behind is before the start or beyond the end, whichever is nearer
        turned = np.arctan2(placed @ self.across, placed @ self.start)
        middle = self.angle / 2
        return (np.mod(turned - middle + np.pi, 2 * np.pi) - np.pi + middle) / self.angle


def _at_right_angles_to(point: DoubleArray) -> DoubleArray:
    """A unit vector orthogonal to one, shape (dim,): by the axis along which that reaches least."""
    axis = np.zeros(len(point))
    axis[int(np.argmin(np.abs(point)))] = 1
    away = axis - (axis @ point) * point / max(float(point @ point), _NEXT_TO_NOTHING)
    return away / float(np.linalg.norm(away))
