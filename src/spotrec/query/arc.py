"""The great circle between two tracks in the space."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spotrec.vectors import DoubleArray

_NEXT_TO_NOTHING = 1e-6


@dataclass(frozen=True, slots=True)
class Arc:
    """The shortest path from one point of the unit sphere to another.

    Attributes:
        start: shape (dim,), unit length.
        across: shape (dim,), unit length, orthogonal to `start`, towards the end.
        angle: between start and end, in radians, 0 to π.
    """

    start: DoubleArray
    across: DoubleArray
    angle: float

    @classmethod
    def between(cls, a: npt.ArrayLike, b: npt.ArrayLike) -> "Arc":
        """Return the arc from `a` to `b`, each shape (dim,), unit length or zero.

        Between opposite points, where there are many shortest paths, it is always the same one. A zero vector has no
        direction: it counts as orthogonal to the other point.
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
        """Return the points at these fractions of the arc, shape (n,) → (n, dim), unit length."""
        turned = np.asarray(shares, np.float64)[:, None] * self.angle
        return np.cos(turned) * self.start + np.sin(turned) * self.across


def _at_right_angles_to(point: DoubleArray) -> DoubleArray:
    """Return a unit vector orthogonal to `point`, shape (dim,), made from the axis along which `point` is smallest."""
    axis = np.zeros(len(point))
    axis[int(np.argmin(np.abs(point)))] = 1
    away = axis - (axis @ point) * point / max(float(point @ point), _NEXT_TO_NOTHING)
    return away / float(np.linalg.norm(away))
