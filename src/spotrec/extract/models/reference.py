"""Moments of the vectors of this package's models over 3,116 excerpts of 971 free recordings."""

from spotrec.vectors import Moments


def packaged_moments(prefix: str) -> Moments:
    """Return the measured moments: `mean` for `choi-1`, `std` for `choi-2`, `musicnn` for `musicnn-1`."""
    from importlib import resources

    import numpy as np

    file = resources.files(__package__) / "reference_space.npz"
    with resources.as_file(file) as path, np.load(path, allow_pickle=False) as arrays:
        parts = (arrays[f"{prefix}_{name}"].astype(np.float64) for name in ("mean", "cov", "within_cov"))
        return Moments(int(arrays["n_segments"]), *parts)
