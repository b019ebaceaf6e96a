"""What a network may have heard: embeddings and tags as of music, and of tracks as a test wants them."""

from functools import cache

import numpy as np
import numpy.typing as npt

from spotrec.extract.models.choi.model import CHOI_1
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.vectors import FloatArray


def scattered(n: int, seed: int = 0) -> FloatArray:
    """Embeddings as of music, drawn from the moments of free recordings; shape (n, 160)."""
    mean, root = _free_recordings()
    drawn: FloatArray = (mean + np.random.default_rng(seed).standard_normal((n, len(mean))) @ root).astype(np.float32)
    return drawn


@cache
def _free_recordings() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Their mean, and a root of their covariance."""
    moments = CHOI_1.moments()
    assert moments is not None
    variance, axes = np.linalg.eigh(moments.covariance)
    return moments.mean, (axes * np.sqrt(np.maximum(variance, 0))).T


def tagged(n: int, usual: float = 0.1, **names: dict[int, float]) -> FloatArray:
    """Tag probabilities, shape (n, 50): `tagged(9, metal={3: 0.8})` has track 3 sound like metal."""
    probabilities = np.full((n, len(TAGS)), usual, np.float32)
    probabilities += np.random.default_rng(0).uniform(-usual / 10, usual / 10, probabilities.shape).astype(np.float32)
    for name, of_tracks in names.items():
        for track, probability in of_tracks.items():
            probabilities[track, TAGS.index(name.replace("_", " "))] = probability
    return probabilities
