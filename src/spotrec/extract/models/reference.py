"""Moments of the vectors of this package's models over 3,116 excerpts of 971 free recordings."""

from spotrec.vectors import Moments, read_arrays


def packaged_moments(prefix: str) -> Moments:
    """Return the measured moments: `mean` for `choi-1`, `std` for `choi-2`, `musicnn` for `musicnn-1`."""
    from importlib import resources

    import numpy as np

    names = ["n_segments", *(f"{prefix}_{name}" for name in ("mean", "cov", "within_cov"))]
    with resources.as_file(resources.files(__package__) / "reference_space.npz") as path:
        n, mean, total, within = (part.astype(np.float64) for part in read_arrays(path, names))
    return Moments(int(n), mean, total, within)
