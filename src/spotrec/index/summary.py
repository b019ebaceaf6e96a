"""The summary of a catalogue, read once block by block: what its space is fitted to, and a digest of all its data."""

import hashlib
import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.joint_fit import Sample
from spotrec.index.space import RunningMoments
from spotrec.names.artists import artist_key
from spotrec.progress import Progress
from spotrec.store import Catalogue, CatalogueBlocks
from spotrec.store.embedding import blob
from spotrec.track import Ears
from spotrec.vectors import FloatArray, Moments, Positions

SAMPLE = 20_000
"""Tracks that show the axes of a joint space; and as many again that show what an artist's tracks share."""
MOST_OF_AN_ARTIST = 20


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a catalogue.

    Attributes:
        moments: of each ear's vectors.
        tag_means: shape (n_tags,).
        digest: of ids, vectors, tags, artists and recordings.
    """

    n_tracks: int
    moments: tuple[Moments, ...]
    sample: Sample
    tag_means: FloatArray
    digest: str


def summarise(
    catalogue: CatalogueBlocks, ears: Ears, progress: Progress, *, without: frozenset[str] = frozenset()
) -> Summary:
    """Read a catalogue once and summarise it.

    Args:
        without: artists, by `artist_key`, whose tracks must not show what an artist's tracks share.

    Raises:
        IndexFault: a vector is not finite.
    """
    moments, tag_sums = [RunningMoments(dim) for dim in ears.dims], np.zeros(0)
    sampler = Sampler(ears.dim, len(catalogue), without)
    digests = [hashlib.sha256() for _ in range(4)]
    with progress.meter("read the embeddings", len(catalogue)) as meter:
        for block in catalogue.blocks():
            _refuse(block)
            for one, vectors in zip(moments, np.split(block.vectors, np.cumsum(ears.dims)[:-1], axis=1), strict=True):
                one.add(vectors)
            sampler.add(block)
            sums = block.tags.sum(axis=0, dtype=np.float64)
            tag_sums = tag_sums + sums if tag_sums.size else sums
            ids = "".join(f"{id_}\n" for id_ in block.ids).encode()
            people = "".join(f"{each}\n" for each in (*block.artists, *block.recordings)).encode()
            contents = (ids, blob(block.vectors), blob(block.tags), people)
            for digest, content in zip(digests, contents, strict=True):
                digest.update(content)
            meter.advance(len(block))
    n_tracks = moments[0].so_far.n
    whole = hashlib.sha256(b"".join(digest.digest() for digest in digests))
    means = (tag_sums / max(n_tracks, 1)).astype(np.float32)
    return Summary(n_tracks, tuple(one.so_far for one in moments), sampler.sample(), means, whole.hexdigest())


class Sampler:
    """Chooses tracks while a catalogue of `n_tracks` is read: at equal distances, and whole artists."""

    def __init__(self, dim: int, n_tracks: int, without: frozenset[str]) -> None:
        self._dim = dim
        self._step = max(1, -(-n_tracks // SAMPLE))
        self._share = min(1.0, SAMPLE / max(n_tracks, 1))
        self._without = without
        self._n_seen = 0
        self._even: list[FloatArray] = []
        self._by_artist: list[FloatArray] = []
        self._artists: list[str] = []
        self._n_of: Counter[str] = Counter()
        self._recordings: set[str] = set()

    def add(self, block: Catalogue) -> None:
        """Choose from the catalogue's next tracks."""
        self._even.append(block.vectors[-self._n_seen % self._step :: self._step])
        self._n_seen += len(block)
        rows = [row for row, pair in enumerate(zip(block.artists, block.recordings, strict=True)) if self._takes(*pair)]
        self._by_artist.append(block.vectors[rows])

    def _takes(self, artist: str | None, recording: str) -> bool:
        key = artist_key(artist)
        if not key or key in self._without or zlib.crc32(key.encode()) >= self._share * 2**32:
            return False
        if self._n_of[key] == MOST_OF_AN_ARTIST or recording in self._recordings:
            return False
        self._n_of[key] += 1
        self._recordings.add(recording)
        self._artists.append(key)
        return True

    def sample(self) -> Sample:
        """Return the tracks chosen so far."""
        numbers: Positions = np.unique(np.array(self._artists or [""][:0]), return_inverse=True)[1].astype(np.int64)
        return Sample(self._stacked(self._even), self._stacked(self._by_artist), numbers)

    def _stacked(self, pieces: list[FloatArray]) -> FloatArray:
        return np.concatenate(pieces) if pieces else np.zeros((0, self._dim), np.float32)


def _refuse(block: Catalogue) -> None:
    for values in (block.vectors, block.tags):
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            bad = block.ids[int(np.argmin(finite))]
            raise IndexFault(
                f"the embedding of {bad} has values that are not numbers", "the store is damaged: `spotrec doctor`"
            )
