"""Songs by number, and what the store keeps of them."""

from dataclasses import replace

import numpy as np

from spotrec.store import Embedding
from spotrec.track import Collection, CollectionKind, ModelId, StoredAudio, Track, TrackId

MODEL = ModelId("choi", 1, 3)
OTHER_MODEL = ModelId("choi", 2, 3)
ISRC = "USRC17607839"
MIXTAPE = Collection("spotify:playlist:1", CollectionKind.PLAYLIST, "Mixtape", "https://example.com")


def song(n: int, **fields: object) -> Track:
    return replace(Track(TrackId(f"deezer:track:{n:04d}"), f"Song {n}", (f"Artist {n}",)), **fields)  # type: ignore[arg-type] # any field, by name


def audio_of(track: Track, *, owned: bool = True, address: str | None = None) -> StoredAudio:
    return StoredAudio(track.id, address or f"key-{track.id}", owned, f"sha of {track.id}", 1000, "deezer")


def heard(track: Track, *values: float, sha256: str | None = None) -> Embedding:
    vector = np.array(values or (1, 2, 3), np.float32)
    return Embedding(track.id, vector, np.array([0.25, 0.5], np.float32), "deezer", sha256 or f"sha of {track.id}")
