"""A loaded index: finds the tracks near a point, and returns the vectors and tags of tracks.

Each generation of an index is a folder, named by a hash of its content (`generations.py` switches between them):

    <index>/<ears>/current                        the name of the generation in use
    <index>/<ears>/<generation>/manifest.json     its description, checked before anything is loaded
                                space.npz  vectors.npy  ids.npy  tags.npy  tag_means.npy  and the backend's files
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from spotrec.errors import IndexFault
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.arrays import SealedFiles
from spotrec.index.joint_space import JointSpace
from spotrec.index.manifest import VOCABULARY, Manifest
from spotrec.index.segment import Segment, load_segment
from spotrec.index.space import Space
from spotrec.track import Ears, TrackId
from spotrec.vectors import FloatArray

FILES = ("space.npz", "vectors.npy", "ids.npy", "tags.npy", "tag_means.npy")
"""The files of every index, besides its manifest and those of its backend."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track near a point; `similarity` is the cosine in the index's space, -1 to 1."""

    track_id: TrackId
    similarity: float


@dataclass(frozen=True, slots=True)
class Index:
    """A loaded generation, or some of its tracks."""

    folder: Path
    manifest: Manifest
    space: JointSpace
    tag_means: FloatArray
    segments: tuple[Segment, ...]

    @property
    def name(self) -> str:
        return f"{self.manifest.model}/{self.folder.name}"

    def __len__(self) -> int:
        return sum(map(len, self.segments))

    def place(self, embeddings: FloatArray) -> FloatArray:
        """Transform embeddings, shape (n, ears.dim), to points of the searched space, unit length."""
        return self.space.place(embeddings)

    def parts_of(self, embeddings: FloatArray, n_parts: int) -> FloatArray:
        """Return what each of `n_parts` adds to `place`, (n, n_parts, dim): see `JointSpace.parts`."""
        return self.space.parts(embeddings, n_parts)

    def nearest(self, point: FloatArray, n: int) -> list[Neighbour]:
        """Return the `n` tracks nearest to a placed point, shape (dim,), unit length, best first; equal ones by id."""
        found = [
            Neighbour(track_id, min(max(cosine, -1.0), 1.0))
            for segment in self.segments
            for track_id, cosine in segment.nearest(point, n)
        ]
        return sorted(found, key=lambda near: (-near.similarity, near.track_id))[:n]

    def among(self, track_ids: Collection[TrackId]) -> "Index":
        """Return only these tracks, as far as they are in it, searched exactly."""
        return replace(self, segments=tuple(segment.at(segment.positions_of(track_ids)) for segment in self.segments))

    def without(self, track_ids: Collection[TrackId]) -> "Index":
        """Return all tracks but these, searched in the same way."""
        return replace(self, segments=tuple(segment.without(track_ids) for segment in self.segments))

    def vectors_of(self, track_ids: Collection[TrackId]) -> tuple[list[TrackId], FloatArray]:
        """Return these tracks, as far as they are in it, and their placed vectors, shape (n, dim).

        Raises:
            IndexFault: they are not numbers.
        """
        first, *others = (segment.vectors_of(track_ids) for segment in self.segments)
        if not others:
            return first
        ids, vectors = zip(first, *others, strict=True)
        return [id_ for some in ids for id_ in some], np.concatenate(vectors)

    def with_vocabulary(self, version: str, n_tags: int) -> "Index":
        """Return the index without its tags if they are of another version of the vocabulary.

        Args:
            version: of the joint vocabulary, "" for a model's own tags.
            n_tags: how many tags there are.
        """
        if self.manifest.versions.get(VOCABULARY, "") == version and len(self.tag_means) == n_tags:
            return self
        segments = tuple(replace(segment, tags=None) for segment in self.segments)
        return replace(self, tag_means=np.zeros(n_tags, np.float32), segments=segments)

    def blocks(self) -> Iterator[Segment]:
        """Yield all tracks, a limited number at a time."""
        for segment in self.segments:
            yield from segment.blocks()


def load(root: Path, ears: Ears, *, thorough: bool = False) -> Index:
    """Load the current index of some ears, after its files are checked against the manifest.

    Args:
        thorough: hash every file and check every value.

    Raises:
        IndexFault: there is no index, or it is damaged or of other ears.
    """
    home = root / str(ears)
    return _of_current(home, lambda folder: load_generation(folder, ears, thorough=thorough))


def load_again(root: Path, ears: Ears, before: Index | None) -> Index:
    """Do the same as `load`, but return `before` if it is still current and its files are unchanged."""

    def again(folder: Path) -> Index:
        if before is None or before.folder != folder or before.manifest != manifests.read(folder):
            return load_generation(folder, ears)
        manifests.check_files(folder, before.manifest)
        return before

    return _of_current(root / str(ears), again)


def _of_current(home: Path, take: Callable[[Path], Index]) -> Index:
    """Load the current generation. If a build removes it at the same time, try the new one."""
    while True:
        folder = generations.current(home)
        try:
            return take(folder)
        except IndexFault:
            if generations.current(home) == folder:
                raise


def load_generation(folder: Path, ears: Ears, *, thorough: bool = False) -> Index:
    """Load the index in a folder. Arguments and errors are as for `load`."""
    manifest = manifests.read(folder)
    if not manifest.is_of(ears):
        raise IndexFault(f"the index {folder} belongs to another model ({manifest.model})", manifests.REBUILD)
    manifests.check_files(folder, manifest, thorough=thorough)
    files = SealedFiles(folder, manifest)
    try:
        space = _space(files, ears)
        tag_means = _tag_means(files)
        segment = load_segment(files, len(tag_means))
        if thorough:
            segment.check()
    except (OSError, ValueError, KeyError) as exc:
        raise IndexFault(f"the index {folder} is damaged: {exc}", manifests.REBUILD) from exc
    return Index(folder, manifest, space, tag_means, (segment,))


def _space(files: SealedFiles, ears: Ears) -> JointSpace:
    path = files.path("space.npz")
    if files.manifest.format < manifests.EARS_SINCE:
        return JointSpace((Space.load(path, ears.dim),), np.ones(1))
    space = JointSpace.load(path, ears)
    if space.n_axes != files.manifest.dim:
        raise ValueError(f"its space does not have {files.manifest.dim} axes")
    return space


def _tag_means(files: SealedFiles) -> FloatArray:
    means = files.array("tag_means.npy")
    if means.ndim != 1 or means.dtype != np.float32 or not np.isfinite(means).all():
        raise ValueError("the means of the tags are not numbers")
    if not ((means >= 0) & (means <= 1)).all():
        raise ValueError("the means of the tags are not probabilities")
    return np.array(means)
