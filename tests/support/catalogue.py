"""Small catalogues: tracks, what a network heard in them, and stores filled with both."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.extract.models import AudioModel
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.extract.models.lastfm_tags import TAGS
from spotrec.store import Embedding, FeatureStore, JointEmbeddings
from spotrec.system.digests import sha256
from spotrec.track import Collection, CollectionKind, Ears, ModelId, StoredAudio, Track, TrackId
from spotrec.vectors import FloatArray
from support.servers import spotify_id

CHOI = CHOI_1.id
CHOI_EARS = Ears.of(CHOI)
N_TAGS = len(TAGS)
MODEL, OTHER_MODEL = ModelId("choi", 1, 3), ModelId("choi", 2, 3)
"""Models of vectors that a test can write down."""
ISRC = "USRC17607839"
MIXTAPE = Collection("spotify:playlist:1", CollectionKind.PLAYLIST, "Mixtape", "https://example.com")


def song(n: int, title: str | None = None, *artists: str, **fields: Any) -> Track:
    known = {"id": TrackId(f"spotify:track:{spotify_id(n)}"), "artists": artists or (f"Artist {n}",)}
    return Track(**{**known, "title": f"Song {n}" if title is None else title, **fields})


def songs(*numbers: int, **fields: Any) -> list[Track]:
    """The songs of these numbers, given as to `range`."""
    return [song(n, **fields) for n in range(*numbers)]


def songs_by_artists(n: int) -> list[Track]:
    """Songs in order of id, five an artist, with albums and links."""
    return [
        song(
            i, None, f"Artist {i // 5}", album=f"Album {i // 5}", url=f"https://open.spotify.com/track/{spotify_id(i)}"
        )
        for i in range(n)
    ]


def playlist(n: int, title: str) -> Collection:
    return Collection(f"spotify:playlist:{spotify_id(n)}", CollectionKind.PLAYLIST, title)


def audio_of(track: Track, *, owned: bool = True, address: str | None = None) -> StoredAudio:
    digest = sha256(track.id.encode())
    return StoredAudio(track.id, address or f"key-{track.id}", owned, digest, 1000, "deezer")


def embedding(
    track: Track, vector: npt.ArrayLike = (1, 2, 3), tags: npt.ArrayLike = (0.25, 0.5), *, audio: str | None = None
) -> Embedding:
    """What a network heard in a track. `audio` is the sha256 of what it heard; without it, that of `audio_of`."""
    digest = audio or sha256(track.id.encode())
    return Embedding(track.id, np.array(vector, np.float32), np.array(tags, np.float32), "deezer", digest)


def hear(
    store: FeatureStore,
    tracks: Sequence[Track],
    vectors: npt.ArrayLike | None = None,
    tags: npt.ArrayLike | None = None,
    *,
    model: ModelId = CHOI,
    audio: str | None = None,
) -> None:
    """Save what `model` heard in tracks that the store has.

    Args:
        vectors: shape (n_tracks, model.dim), or what broadcasts to it; without them, each track lies a little further
            along from the one before.
        tags: shape (n_tracks, 50), or what broadcasts to it; without them, each track sounds of one of five.
        audio: the sha256 that they all share.
    """
    if vectors is None:
        base, away = np.random.default_rng(0).uniform(0.5, 1.5, (2, model.dim))
        vectors = base + 0.1 * np.arange(len(tracks))[:, None] * away
    if tags is None:
        tags = one_tag_each(np.arange(len(tracks)) % 5)
    vectors = np.broadcast_to(vectors, (len(tracks), model.dim))
    tags = np.broadcast_to(tags, (len(tracks), N_TAGS))
    heard = (embedding(t, v, own, audio=audio) for t, v, own in zip(tracks, vectors, tags, strict=True))
    store.embeddings.save(model, heard)


def fill(
    where: FeatureStore | Path,
    tracks: Sequence[Track],
    vectors: npt.ArrayLike | None = None,
    tags: npt.ArrayLike | None = None,
    *,
    listed_in: Collection | None = None,
    model: ModelId = CHOI,
    audio: str | None = None,
) -> None:
    """Put tracks, and what was heard in them (see `hear`), into a store or the one of a home."""
    with FeatureStore(where / "data" / "spotrec.db") if isinstance(where, Path) else nullcontext(where) as store:
        store.tracks.add(tracks, listed_in)
        hear(store, tracks, vectors, tags, model=model, audio=audio)


def fill_groups(home: Path, n: int) -> dict[str, list[Track]]:
    """Fill a home's store with three groups of `n` tracks that sound alike, each track by an artist of its own."""
    groups = {
        name: [song(1_000 * k + i, f"{name} {i}", f"{name} band {i}") for i in range(n)]
        for k, name in enumerate(("red", "blue", "green"), 1)
    }
    fill(home, [*chain(*groups.values())], alike(np.repeat(range(3), n)))
    return groups


def embeddings_by(store: FeatureStore, *models: ModelId) -> JointEmbeddings:
    """What several networks heard, with all their tags side by side."""
    return JointEmbeddings(store, Ears.of(*models), lambda tags: tags)


def write(store: Path, sql: str) -> None:
    """Change a store's file past all that keeps it sound, as time or another program may."""
    with closing(sqlite3.connect(store)) as connection, connection:
        connection.execute(sql)


def scattered(n: int, seed: int = 0, model: AudioModel = CHOI_1) -> FloatArray:
    """Vectors as of music, drawn from the moments of free recordings; shape (n, model.id.dim)."""
    moments = model.moments()
    assert moments is not None
    drawn = np.random.default_rng(seed).standard_normal((n, len(moments.mean)))
    return (moments.mean + drawn @ root(moments.covariance)).astype(np.float32)


def root(covariance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    variance, axes = np.linalg.eigh(covariance)
    matrix: npt.NDArray[np.float64] = (axes * np.sqrt(np.maximum(variance, 0))).T
    return matrix


def alike(groups: Sequence[int] | npt.NDArray[np.int64], seed: int = 0) -> FloatArray:
    """Vectors, shape (n_tracks, 160): alike within a group, each group in a corner of its own."""
    rng = np.random.default_rng(seed)
    corners = rng.standard_normal((max(groups) + 1, CHOI.dim))
    return (corners[groups] + 0.3 * rng.standard_normal((len(groups), CHOI.dim))).astype(np.float32)


def one_tag_each(which: Sequence[int] | npt.NDArray[np.int64]) -> FloatArray:
    """Tags, shape (n_tracks, 50), of tracks that each sound of one."""
    return np.where(np.arange(N_TAGS) == np.asarray(which)[:, None], 0.9, 0.01).astype(np.float32)


def sounds_by_artists(n: int) -> tuple[FloatArray, FloatArray]:
    """Vectors and tags for `songs_by_artists`: each artist's are alike, and sound of a tag of their own."""
    artists = np.arange(n) // 5
    return alike(artists), one_tag_each(artists % N_TAGS)


def tagged(n: int, usual: float = 0.1, **names: dict[int, float]) -> FloatArray:
    """Tags, shape (n, 50): `tagged(9, metal={3: 0.8})` has track 3 sound like metal."""
    probabilities = np.full((n, N_TAGS), usual, np.float32)
    probabilities += np.random.default_rng(0).uniform(-usual / 10, usual / 10, probabilities.shape).astype(np.float32)
    for name, of_tracks in names.items():
        for track, probability in of_tracks.items():
            probabilities[track, TAGS.index(name.replace("_", " "))] = probability
    return probabilities


def unit_points(n: int, dim: int = 20, seed: int = 0) -> FloatArray:
    """Where tracks are compared: shape (n, dim), unit length, in no order."""
    points = np.random.default_rng(seed).standard_normal((n, dim))
    return np.asarray(points / np.linalg.norm(points, axis=1, keepdims=True), np.float32)
