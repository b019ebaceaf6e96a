"""Stores of tracks that were heard, without audio or network."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from spotrec.store import Embedding, FeatureStore
from spotrec.track import Collection, ModelId, Track, TrackId
from spotrec.vectors import FloatArray

CHOI = ModelId("choi", 1, 160)
N_TAGS = 50


def made_up_tracks(n: int) -> list[Track]:
    """Tracks in order of id, five songs an artist."""
    return [
        Track(
            TrackId(f"spotify:track:{i:022d}"),
            f"Song {i}",
            (f"Artist {i // 5}",),
            album=f"Album {i // 5}",
            url=f"https://open.spotify.com/track/{i:022d}",
        )
        for i in range(n)
    ]


def made_up_sounds(n: int) -> tuple[FloatArray, FloatArray]:
    """Vectors, shape (n, 160), and tags, (n, 50): each artist in a corner of its own, sounding of a tag of its own."""
    rng = np.random.default_rng(0)
    artist = np.arange(n) // 5
    corners = rng.standard_normal((n // 5 + 1, CHOI.dim))
    vectors = corners[artist] + 0.3 * rng.standard_normal((n, CHOI.dim))
    tags = rng.uniform(0, 0.04, (n, N_TAGS))
    tags[np.arange(n), artist % N_TAGS] = 0.6
    return vectors.astype(np.float32), tags.astype(np.float32)


def remember(
    store: Path,
    tracks: Sequence[Track],
    vectors: FloatArray,
    tags: FloatArray,
    collection: Collection | None = None,
    model: ModelId = CHOI,
) -> None:
    """Put tracks and what `model` heard in them into a store."""
    store.parent.mkdir(parents=True, exist_ok=True)
    with FeatureStore(store) as opened:
        opened.tracks.add(tracks, collection)
        heard = (
            Embedding(track.id, vector, own, "file", sha256(track.id.encode()).hexdigest())
            for track, vector, own in zip(tracks, vectors, tags, strict=True)
        )
        opened.embeddings.save(model, heard)
