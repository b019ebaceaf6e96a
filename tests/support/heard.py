"""Tracks put into the store as if a network had heard them."""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.extract.models.choi import TAGS
from spotrec.index.space import reference_moments
from spotrec.store import Embedding, FeatureStore
from spotrec.track import ModelId, Track, TrackId
from support.servers import spotify_id

FloatArray = npt.NDArray[np.float32]

CHOI = ModelId("choi", 1, 160)


def song(n: int, title: str = "", artist: str = "", **fields: Any) -> Track:
    id_ = TrackId(f"spotify:track:{spotify_id(n)}")
    return Track(id_, title or f"Song {n}", (artist or f"Artist {n}",), **fields)


def put(home: Path, tracks: list[Track], vectors: npt.ArrayLike, tags: npt.ArrayLike | None = None) -> None:
    """Store tracks with their embeddings, shape (n, 160), and tag probabilities, (n, 50)."""
    heard_tags = np.full((len(tracks), len(TAGS)), 0.1) if tags is None else np.asarray(tags)
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.add_tracks(tracks)
        pairs = zip(tracks, np.asarray(vectors, np.float32), heard_tags.astype(np.float32), strict=True)
        store.save_embeddings(CHOI, [Embedding(t.id, v, p, "file", f"{t.id:>064}") for t, v, p in pairs])


def scattered(n: int, seed: int = 0) -> FloatArray:
    """Embeddings as of music, drawn from the moments of free recordings; shape (n, 160)."""
    mean, root = _free_recordings()
    drawn: FloatArray = (mean + np.random.default_rng(seed).standard_normal((n, len(mean))) @ root).astype(np.float32)
    return drawn


@cache
def _free_recordings() -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Their mean, and a root of their covariance."""
    moments = reference_moments(CHOI)
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
