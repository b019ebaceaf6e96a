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

from spotrec.extract.models import AudioModel
from spotrec.extract.models.choi.model import CHOI_1
from spotrec.store import FeatureStore
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray
from support.catalogue import CHOI, N_TAGS, root

_BLOCK = 65_536
_STYLE, _ARTIST, _ALIKE = 0.1, 0.2, 0.5
_WITHIN = 0.25
"""The share of the variance within recordings, for a model where it is not known."""


@dataclass(frozen=True)
class Realistic:
    """`n` tracks: which artist's each is, and their vectors, a block at a time; the same for the same seed."""

    n: int
    seed: int = 0
    n_styles: int = 50
    model: AudioModel = CHOI_1

    def blocks(self) -> Iterator[tuple[npt.NDArray[np.int64], FloatArray]]:
        """Artists, shape (n,), and vectors, shape (n, dim), of at most 65,536 tracks at a time.

        Several models hear the same tracks: who made them, and which are of one recording, is the same for all.
        """
        moments = self.model.moments()
        assert moments is not None
        of_excerpts = _WITHIN * moments.covariance if moments.within is None else moments.within
        between, within = (
            root(covariance).astype(np.float32) for covariance in (moments.covariance - of_excerpts, of_excerpts)
        )
        mean = moments.mean.astype(np.float32)
        n_artists, n_recordings = max(1, self.n // 12), max(1, int(self.n / 1.25))
        dim = len(mean)
        sounds = np.random.default_rng([self.seed, dim])
        style = sounds.standard_normal((self.n_styles, dim), np.float32)
        artist = sounds.standard_normal((n_artists, dim), np.float32)
        recording = sounds.standard_normal((n_recordings, dim), np.float32)
        rng = np.random.default_rng(self.seed)
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
            excerpt = own[by] * sounds.standard_normal((len(of), dim), np.float32)
            yield by, ((shared + heard) @ between + excerpt @ within + mean).astype(np.float32)

    def vectors(self) -> FloatArray:
        return np.concatenate([vectors for _, vectors in self.blocks()])


def track_id(i: int) -> TrackId:
    """Of the i-th track; in no order, as real ids are."""
    return TrackId(f"spotify:track:{(i * 0x9E3779B97F4A7C15) % 2**64:022d}")


def hear_also(path: Path, tracks: Realistic) -> None:
    """Put the vectors of another model into a store that `write_store` filled with the same tracks."""
    db = sqlite3.connect(path)
    db.execute("pragma synchronous = off")
    rng = np.random.default_rng(tracks.seed + 2)
    at = 0
    for _, vectors in tracks.blocks():
        tags = (rng.random((len(vectors), len(tracks.model.tag_names)), np.float32) ** 8).astype("<f4")
        _put(db, tracks.model.id, at, vectors, tags)
        at += len(vectors)
    db.commit()
    db.close()


def _put(db: sqlite3.Connection, model: ModelId, at: int, vectors: FloatArray, tags: FloatArray) -> None:
    db.executemany(
        f"insert into embedding values (?, '{model}', ?, ?, 'file', ?, '2026-01-01T00:00:00+00:00', 1, 0)",
        (
            (track_id(i), vector.tobytes(), tag.tobytes(), f"{i:064x}")
            for i, (vector, tag) in enumerate(zip(vectors, tags, strict=True), at)
        ),
    )


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
        _put(db, CHOI, at, vectors, tags)
        at += len(vectors)
    db.commit()
    db.close()
