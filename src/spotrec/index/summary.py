"""The summary of a catalogue, read once block by block: the moments for its space, and a digest of all its data."""

import hashlib
from dataclasses import dataclass

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index.space import RunningMoments
from spotrec.progress import Progress
from spotrec.store import Catalogue, CatalogueBlocks
from spotrec.store.embedding import blob
from spotrec.vectors import FloatArray, Moments


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of a catalogue. `tag_means` has shape (n_tags,), `digest` is of ids, vectors and tags."""

    n_tracks: int
    moments: Moments
    tag_means: FloatArray
    digest: str


def summarise(catalogue: CatalogueBlocks, dim: int, progress: Progress) -> Summary:
    """Read a catalogue once and summarise it.

    Raises:
        IndexFault: a vector is not finite.
    """
    moments, tag_sums = RunningMoments(dim), np.zeros(0)
    digests = [hashlib.sha256() for _ in range(3)]
    with progress.meter("read the embeddings", len(catalogue)) as meter:
        for block in catalogue.blocks():
            _refuse(block)
            moments.add(block.vectors)
            sums = block.tags.sum(axis=0, dtype=np.float64)
            tag_sums = tag_sums + sums if tag_sums.size else sums
            ids = "".join(f"{id_}\n" for id_ in block.ids).encode()
            for digest, content in zip(digests, (ids, blob(block.vectors), blob(block.tags)), strict=True):
                digest.update(content)
            meter.advance(len(block))
    n_tracks = moments.so_far.n
    whole = hashlib.sha256(b"".join(digest.digest() for digest in digests))
    means = (tag_sums / max(n_tracks, 1)).astype(np.float32)
    return Summary(n_tracks, moments.so_far, means, whole.hexdigest())


def _refuse(block: Catalogue) -> None:
    for values in (block.vectors, block.tags):
        finite = np.isfinite(values).all(axis=1)
        if not finite.all():
            bad = block.ids[int(np.argmin(finite))]
            raise IndexFault(
                f"the embedding of {bad} has values that are not numbers", "the store is damaged: `spotrec doctor`"
            )
