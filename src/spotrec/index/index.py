"""A loaded index: what is near to a point, and what is known of its tracks.

An index is a folder of its own generation, named by its content (`generations.py` has how it is switched):

    <index>/<model>/current                        the name of the generation in use
    <index>/<model>/<generation>/manifest.json     what it is; checked before anything is loaded
                                 space.npz  vectors.npy  ids.npy  tags.npy  tag_means.npy  and what is searched
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.arrays import SealedFiles
from spotrec.index.manifest import Manifest
from spotrec.index.segment import Segment, load_segment
from spotrec.index.space import Space
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray, Mask


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track near to what was asked for; `similarity` is the cosine in the index's space, -1 to 1."""

    track_id: TrackId
    similarity: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Tracks side by side: which are `known`, shape (n,), their placed `vectors`, (n, dim), and `tags`, (n, n_tags).

    What is not known is zero; `tags` is None for an index that keeps none.
    """

    known: Mask
    vectors: FloatArray
    tags: FloatArray | None


@dataclass(frozen=True, slots=True)
class Index:
    """A loaded generation, or a choice of its tracks."""

    folder: Path
    manifest: Manifest
    space: Space
    tag_means: FloatArray
    segments: tuple[Segment, ...]

    @property
    def name(self) -> str:
        return f"{self.manifest.model}/{self.folder.name}"

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Bring embeddings as the network gave them, shape (n, dim), to where they are searched: unit length."""
        return self.space.place(embeddings)

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """What each of so many equal pieces of embeddings adds to `place`; shape (n, n_parts, dim)."""
        return self.space.parts(embeddings, n_parts)

    def nearest(self, point: FloatArray, n: int) -> list[Neighbour]:
        """The `n` tracks nearest to a placed point, shape (dim,), unit length, best first; equals in order of id."""
        found = [
            Neighbour(track_id, min(max(cosine, -1.0), 1.0))
            for segment in self.segments
            for track_id, cosine in segment.nearest(point, n)
        ]
        return sorted(found, key=lambda near: (-near.similarity, near.track_id))[:n]

    def nearest_ids(self, point: FloatArray, n: int) -> tuple[npt.NDArray[np.bytes_], FloatArray]:
        """Their ids and cosines, each of shape (at most n,), best first: for what asks for many."""
        found = [(segment, *segment.nearest_rows(point, n)) for segment in self.segments]
        ids = np.concatenate([segment.ids[positions] for segment, positions, _ in found])
        cosines = np.concatenate([cosines for _, _, cosines in found])
        order = np.argsort(-cosines, kind="stable")[:n]
        return ids[order], cosines[order]

    def among(self, track_ids: Collection[TrackId]) -> "Index":
        """Only those of `track_ids` that are here, searched exactly."""
        return replace(self, segments=tuple(segment.at(segment.positions_of(track_ids)) for segment in self.segments))

    def rows_of(self, ids: npt.NDArray[np.bytes_]) -> "Rows":
        """What is here of tracks, by their ids, ascending."""
        known = np.zeros(len(ids), bool)
        vectors = np.zeros((len(ids), self.manifest.dim), np.float32)
        has_tags = all(segment.tags is not None for segment in self.segments)
        tags = np.zeros((len(ids), len(self.tag_means)), np.float32) if has_tags else None
        for segment in self.segments:
            positions, here = segment.where(ids)
            known |= here
            vectors[here] = segment.vectors[positions[here]]
            if tags is not None and segment.tags is not None:
                tags[here] = segment.tags[positions[here]]
        return Rows(known, vectors, tags)

    def blocks(self) -> Iterator[Segment]:
        """All tracks, a bounded number at a time, for what must look at each."""
        for segment in self.segments:
            yield from segment.blocks()


def load(root: Path, model: ModelId, *, thorough: bool = False) -> Index:
    """The current index of a model, held against its manifest first.

    Args:
        thorough: hash every file and look at every value.

    Raises:
        IndexFault: there is none, or it is damaged or foreign.
    """
    home = root / str(model)
    return _of_current(home, lambda folder: load_generation(folder, model, thorough=thorough))


def load_again(root: Path, model: ModelId, before: Index | None) -> Index:
    """As `load`; what was loaded before is taken where it is still the current one and its files are as they were."""

    def again(folder: Path) -> Index:
        if before is None or before.folder != folder or before.manifest != manifests.read(folder):
            return load_generation(folder, model)
        manifests.check_files(folder, before.manifest)
        return before

    return _of_current(root / str(model), again)


def _of_current(home: Path, take: Callable[[Path], Index]) -> Index:
    """Take the current generation. A build may remove it meanwhile: then another one is current."""
    while True:
        folder = generations.current(home)
        try:
            return take(folder)
        except IndexFault:
            if generations.current(home) == folder:
                raise


def load_generation(folder: Path, model: ModelId, *, thorough: bool = False) -> Index:
    """The index in a folder. The rest is as for `load`."""
    manifest = manifests.read(folder)
    if manifest.model != str(model) or manifest.dim != model.dim or manifest.metric != manifests.METRIC:
        raise IndexFault(f"the index {folder} is of another model ({manifest.model})", manifests.REBUILD)
    manifests.check_files(folder, manifest, thorough=thorough)
    files = SealedFiles(folder, manifest)
    try:
        space = Space.load(files.path("space.npz"), model.dim)
        tag_means = _tag_means(files)
        segment = load_segment(files, len(tag_means))
        if thorough:
            segment.check()
    except (OSError, ValueError, KeyError) as exc:
        raise IndexFault(f"the index {folder} is damaged: {exc}", manifests.REBUILD) from exc
    return Index(folder, manifest, space, tag_means, (segment,))


def _tag_means(files: SealedFiles) -> FloatArray:
    means = files.array("tag_means.npy")
    if means.ndim != 1 or means.dtype != np.float32 or not np.isfinite(means).all():
        raise ValueError("the means of the tags are no numbers")
    return np.array(means)
