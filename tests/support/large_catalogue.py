"""Made-up catalogues of any size whose vectors lie as those of real music do, and stores filled with them.

A vector is what a style's tracks share, what an artist's tracks share, what a recording is, and what an excerpt of it
is. Mean and covariances are those of 971 free recordings in several excerpts (`reference_space.npz`): the first three
are spread as recordings are, the last as excerpts of one recording are. A tenth of the variance between recordings is
the style's, a fifth the artist's, and artists differ in how alike their own tracks are (log-normal, σ = .5); there are
50 styles, an artist for every 12 tracks with Pareto-distributed sizes, and 5 excerpts of every 4 recordings.

These shares are such that 82 vectors in 65 recordings by 30 artists in 11 styles lie as the 82 clips of
`../shared/audio` do (medians of 16 draws; 10 %, 50 % and 90 % of the cosines in the searched space):

                                      real               made up
    same recording                    .31  .68  .81      .55  .67  .77
    same artist, other recording     -.08  .25  .77      .03  .28  .50
    same style, other artist         -.13  .05  .31     -.13  .06  .28
    other style                      -.18 -.01  .20     -.21  .00  .20
    the nearest                       .32  .51  .81      .33  .54  .75
    the tenth nearest                 .14  .20  .37      .15  .25  .40
    local dimension (10 nearest)            9.2               12.1

So real tracks are, if anything, a little easier to find among each other than these.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec.extract.models.choi.model import CHOI_1
from spotrec.store import FeatureStore
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray
from support.catalogue import CHOI, N_TAGS, root

_BLOCK = 65_536
_STYLE, _ARTIST, _ALIKE = 0.1, 0.2, 0.5


@dataclass(frozen=True)
class Realistic:
    """`n` tracks: which artist's each is, and their vectors, a block at a time; the same for the same seed."""

    n: int
    seed: int = 0
    n_styles: int = 50

    def blocks(self) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
        """Artists, shape (n,), and vectors, shape (n, 160), of at most 65,536 tracks at a time."""
        rng = np.random.default_rng(self.seed)
        moments = CHOI_1.moments()
        assert moments is not None
        assert moments.within is not None
        between, within = (
            root(covariance).astype(np.float32) for covariance in (moments.covariance - moments.within, moments.within)
        )
        mean = moments.mean.astype(np.float32)
        n_artists, n_recordings = max(1, self.n // 12), max(1, int(self.n / 1.25))
        dim = len(mean)
        style = rng.standard_normal((self.n_styles, dim), np.float32)
        artist = rng.standard_normal((n_artists, dim), np.float32)
        recording = rng.standard_normal((n_recordings, dim), np.float32)
        style_of = rng.integers(0, self.n_styles, n_artists)
        own = np.exp(rng.normal(-(_ALIKE**2), _ALIKE, n_artists)).astype(np.float32)[:, None]
        sizes = rng.pareto(1.2, n_artists) + 0.2
        artist_of = rng.choice(n_artists, n_recordings, p=sizes / sizes.sum())
        recordings = np.concatenate([np.arange(n_recordings), rng.integers(0, n_recordings, self.n - n_recordings)])
        rng.shuffle(recordings)
        for start in range(0, self.n, _BLOCK):
            of = recordings[start : start + _BLOCK]
            by = artist_of[of]
            shared = _STYLE**0.5 * style[style_of[by]] + _ARTIST**0.5 * artist[by]
            heard = own[by] * (1 - _STYLE - _ARTIST) ** 0.5 * recording[of]
            excerpt = own[by] * rng.standard_normal((len(of), dim), np.float32)
            yield by, ((shared + heard) @ between + excerpt @ within + mean).astype(np.float32)

    def vectors(self) -> FloatArray:
        return np.concatenate([vectors for _, vectors in self.blocks()])


def track_id(i: int) -> TrackId:
    """Of the i-th track; in no order, as real ids are."""
    return TrackId(f"spotify:track:{(i * 0x9E3779B97F4A7C15) % 2**64:022d}")


def hear_also(path: Path, model: ModelId, n_tags: int, seed: int = 0) -> None:
    """Put embeddings by another model beside those of a store: each vector turned at random, and as much noise."""
    db = sqlite3.connect(path)
    db.execute("pragma synchronous = off")
    rng = np.random.default_rng(seed)
    rows = db.execute("select track_id, vector from embedding where model = ? order by rowid", (str(CHOI),)).fetchall()
    turn = rng.standard_normal((CHOI.dim, model.dim), np.float32)
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        vectors = np.frombuffer(b"".join(vector for _, vector in block), "<f4").reshape(len(block), -1) @ turn
        vectors += vectors.std() * rng.standard_normal(vectors.shape, np.float32)
        tags = (rng.random((len(block), n_tags), np.float32) ** 8).astype("<f4")
        db.executemany(
            f"insert into embedding values (?, '{model}', ?, ?, 'file', ?, '2026-01-01T00:00:00+00:00')",
            (
                (id_, vector.tobytes(), tag.tobytes(), f"{start + i:064x}")
                for i, ((id_, _), vector, tag) in enumerate(zip(block, vectors, tags, strict=True))
            ),
        )
    db.commit()
    db.close()


def write_store(path: Path, tracks: Realistic) -> None:
    """Put tracks into a new store as if each had been crawled and heard."""
    FeatureStore(path).close()
    db = sqlite3.connect(path)
    db.execute("pragma synchronous = off")
    rng = np.random.default_rng(tracks.seed + 1)
    at = 0
    for artists, vectors in tracks.blocks():
        numbers = range(at, at + len(vectors))
        tags = (rng.random((len(vectors), N_TAGS), np.float32) ** 8).astype("<f4")
        db.executemany(
            "insert into track (id, title, artists, search_text, recording_key, in_catalogue, added_at, crawled_singly)"
            " values (?, ?, ?, ?, ?, 1, '2026-01-01T00:00:00+00:00', 1)",
            (
                (track_id(i), f"Song {i}", f'["Artist {by}"]', f"song {i} artist {by}", f"artist {by}\tsong {i}")
                for i, by in zip(numbers, artists.tolist(), strict=True)
            ),
        )
        db.executemany(
            f"insert into embedding values (?, '{CHOI}', ?, ?, 'file', ?, '2026-01-01T00:00:00+00:00')",
            (
                (track_id(i), vector.tobytes(), tag.tobytes(), f"{i:064x}")
                for i, vector, tag in zip(numbers, vectors, tags, strict=True)
            ),
        )
        at += len(vectors)
    db.commit()
    db.close()
