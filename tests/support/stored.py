"""Tracks in the store as if they had been crawled and heard."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from spotrec.store import Embedding, FeatureStore
from spotrec.track import Collection, CollectionKind, ModelId, Track, TrackId
from support.servers import spotify_id

CHOI = ModelId("choi", 1, 160)


def song(n: int, title: str | None = None, *artists: str, **fields: Any) -> Track:
    return Track(TrackId(f"spotify:track:{spotify_id(n)}"), title or f"Song {n}", artists or (f"Artist {n}",), **fields)


def playlist(n: int, title: str) -> Collection:
    return Collection(f"spotify:playlist:{spotify_id(n)}", CollectionKind.PLAYLIST, title)


def put(
    home: Path,
    *tracks: Track,
    vectors: np.ndarray | None = None,
    tags: np.ndarray | None = None,
    audio: str = "",
    listed_in: Collection | None = None,
) -> None:
    """Store tracks as if they had been heard; each lies a little further along from the one before.

    Args:
        vectors, tags: shape (n_tracks, 160) and (n_tracks, 50), where they matter.
        audio: the sha256 that they all share.
    """
    base, away = np.random.default_rng(0).uniform(0.5, 1.5, (2, 160))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        store.tracks.add(tracks, listed_in)
        for i, track in enumerate(tracks):
            vector = base + 0.1 * i * away if vectors is None else vectors[i]
            heard = np.full(50, 0.01, np.float32)
            heard[i % 5] = 0.9
            if tags is not None:
                heard = tags[i].astype(np.float32)
            sha256 = audio or f"{track.id.encode().hex():0>64}"[-64:]
            store.embeddings.save(CHOI, [Embedding(track.id, vector.astype(np.float32), heard, "file", sha256)])


def write(store: Path, sql: str) -> None:
    """Change a store's file past all that keeps it sound, as time or another program may."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(sql)


def put_groups(home: Path, sizes: dict[str, int], *, seed: int = 0, **fields: Any) -> dict[str, list[Track]]:
    """Tracks that sound alike within a group and unlike those of others; each has an artist and a title of its own."""
    rng = np.random.default_rng(seed)
    tracks: dict[str, list[Track]] = {}
    n = 0
    for name, size in sizes.items():
        centre = rng.standard_normal(160)
        tracks[name] = [song(1_000 + n + i, f"{name} {i}", f"{name} band {i}", **fields) for i in range(size)]
        put(home, *tracks[name], vectors=centre + 0.5 * rng.standard_normal((size, 160)))
        n += size
    return tracks
