"""Building, switching and loading the index.

An index is a folder of its own generation, named by its content (`generations.py` has how it is switched):

    <index>/<model>/current                        the name of the generation in use
    <index>/<model>/<generation>/manifest.json     what it is; checked before anything is loaded
                                 space.npz  vectors.npy  ids.npy  tags.npy  tag_means.npy  and what is searched

Building the same catalogue again finds its generation already there.
"""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault, UsageError
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.bounds import SMALLEST_DIM
from spotrec.index.manifest import FORMAT, Manifest
from spotrec.index.neighbours import EXACT_BELOW, IN_BRIEF_FROM, SEED, TREES, annoy_works, build_trees
from spotrec.index.part import Part
from spotrec.index.reading import check_contents, open_part, open_tag_means
from spotrec.index.space import SPACE, Space, space_of
from spotrec.progress import Progress
from spotrec.store import Anchor, CatalogueBlocks
from spotrec.track import ModelId, TrackId
from spotrec.vectors import FloatArray, Mask, Moments

if TYPE_CHECKING:
    from spotrec.index.survey import Survey

Backend = Literal["auto", "exact", "cells", "annoy"]


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
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return f"{self.manifest.model}/{self.folder.name}"

    def __len__(self) -> int:
        return sum(map(len, self.parts))

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
            for part in self.parts
            for track_id, cosine in part.nearest(point, n)
        ]
        return sorted(found, key=lambda near: (-near.similarity, near.track_id))[:n]

    def nearest_ids(self, point: FloatArray, n: int) -> tuple[npt.NDArray[np.bytes_], FloatArray]:
        """Their ids and cosines, each of shape (at most n,), best first: for what asks for many."""
        found = [(part, *part.nearest_rows(point, n)) for part in self.parts]
        ids = np.concatenate([part.ids[positions] for part, positions, _ in found])
        cosines = np.concatenate([cosines for _, _, cosines in found])
        order = np.argsort(-cosines, kind="stable")[:n]
        return ids[order], cosines[order]

    def among(self, track_ids: Collection[TrackId]) -> "Index":
        """Only those of `track_ids` that are here, searched exactly."""
        return replace(self, parts=tuple(part.at(part.positions_of(track_ids)) for part in self.parts))

    def rows_of(self, ids: npt.NDArray[np.bytes_]) -> "Rows":
        """What is here of tracks, by their ids, ascending."""
        known = np.zeros(len(ids), bool)
        vectors = np.zeros((len(ids), self.manifest.dim), np.float32)
        has_tags = all(part.tags is not None for part in self.parts)
        tags = np.zeros((len(ids), len(self.tag_means)), np.float32) if has_tags else None
        for part in self.parts:
            positions, here = part.where(ids)
            known |= here
            vectors[here] = part.vectors[positions[here]]
            if tags is not None and part.tags is not None:
                tags[here] = part.tags[positions[here]]
        return Rows(known, vectors, tags)

    def blocks(self) -> Iterator[Part]:
        """All tracks, a bounded number at a time, for what must look at each."""
        for part in self.parts:
            yield from part.blocks()


def build(
    root: Path,
    model: ModelId,
    catalogue: CatalogueBlocks,
    *,
    reference: Moments | None = None,
    progress: Progress,
    trees: int = TREES,
    backend: Backend = "auto",
    keep: int = generations.KEPT,
) -> Index:
    """Build an index of a catalogue and make it the current one. The catalogue is read twice, a piece at a time.

    Args:
        root: the folder of all indexes.
        reference: what the model knows of its vectors; the catalogue's own moments are blended with it.
        trees: how many of Annoy's trees.
        backend: `auto` searches small catalogues exactly and large ones in cells.
        keep: how many generations stay, this one included.

    Raises:
        IndexFault: a vector is not finite, or the folder cannot be written.
        DiskFull: no room; the index in use is untouched.
    """
    from spotrec.index.survey import survey

    found = survey(catalogue, model.dim, progress)
    chosen = _backend(backend, found.n_tracks)
    recipe = _Recipe(model, chosen, trees if chosen == "annoy" else 0)
    space = space_of(found.moments, reference)
    content = hashlib.sha256(f"{FORMAT}\n{recipe}\n{SPACE}\n{_versions()}\n{found.digest}".encode()).hexdigest()
    home = root / str(model)
    generations.make_current(
        home,
        content[:16],
        lambda folder: _write(folder, recipe, catalogue, found, space, content, progress),
        keep=keep,
    )
    _remember_where_it_ends(home / content[:16], list(catalogue.anchors))
    return load(root, model)


def load(root: Path, model: ModelId, *, thorough: bool = False) -> Index:
    """The current index of a model, held against its manifest first.

    Raises:
        IndexFault: there is none, or it is damaged or foreign.
    """
    folder = generations.current(root / str(model))
    manifest = manifests.read(folder)
    if manifest.model != str(model) or manifest.dim != model.dim or manifest.metric != "angular":
        raise IndexFault(f"the index {folder} is of another model ({manifest.model})", manifests.REBUILD)
    manifests.check_files(folder, manifest, thorough=thorough)
    try:
        space = Space.load(folder / "space.npz", model.dim)
        tag_means = open_tag_means(folder, manifest)
        part = open_part(folder, manifest, len(tag_means))
        if thorough:
            check_contents(part)
    except (OSError, ValueError, KeyError) as exc:
        raise IndexFault(f"the index {folder} is damaged: {exc}", manifests.REBUILD) from exc
    return Index(folder, manifest, space, tag_means, (part,))


def load_again(root: Path, model: ModelId, before: Index | None) -> Index:
    """As `load`; what was loaded before is taken where it is still the current one and its files are as they were."""
    folder = generations.current(root / str(model))
    if before is None or before.folder != folder or before.manifest != manifests.read(folder):
        return load(root, model)
    manifests.check_files(folder, before.manifest)
    return before


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How an index is made; `trees` is 0 without Annoy."""

    model: ModelId
    backend: str
    trees: int


def _backend(wanted: Backend, n_tracks: int) -> str:
    if wanted not in get_args(Backend):
        raise UsageError(f"there is no backend “{wanted}”", "choose auto, exact, cells or annoy")
    if wanted == "auto":
        return "exact" if n_tracks < EXACT_BELOW else "cells"
    if wanted == "annoy" and not annoy_works():
        raise IndexFault(
            "this build of Annoy does not find neighbours",
            "build it with another compiler, or use `backend` cells",
        )
    return wanted


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # a query has no use for it

    return {name: version(name) for name in ("annoy", "numpy", "spotrec")}


def _write(
    folder: Path,
    recipe: _Recipe,
    catalogue: CatalogueBlocks,
    found: "Survey",
    space: Space,
    content: str,
    progress: Progress,
) -> None:
    from spotrec.index.cells import write_cells
    from spotrec.index.writing import write_arrays

    space.save(folder / "space.npz")
    np.save(folder / "tag_means.npy", found.tag_means)
    told_in_brief = recipe.backend == "exact" and found.n_tracks >= IN_BRIEF_FROM and recipe.model.dim >= SMALLEST_DIM
    write_arrays(folder, catalogue, space, len(found.tag_means), progress, with_bounds=told_in_brief)
    if recipe.backend == "cells":
        write_cells(folder, progress)
    if recipe.backend == "annoy":
        with progress.meter("plant the trees", recipe.trees, "trees") as meter:
            build_trees(np.load(folder / "vectors.npy", mmap_mode="r"), folder / "trees.ann", recipe.trees)
            meter.advance(recipe.trees)
    with progress.meter("seal the files", unit=""):
        sealed = {path.name: manifests.seal(path) for path in sorted(folder.iterdir())}
    Manifest(
        format=FORMAT,
        model=str(recipe.model),
        dim=recipe.model.dim,
        metric="angular",
        backend=recipe.backend,
        trees=recipe.trees,
        seed=SEED,
        n_tracks=found.n_tracks,
        content=content,
        versions=_versions(),
        anchors=list(catalogue.anchors),
        files=sealed,
    ).write(folder)


def _remember_where_it_ends(folder: Path, anchors: Sequence[Anchor]) -> None:
    """The same catalogue may have been read again from a store that is further on: seeds, other models."""
    manifest = manifests.read(folder)
    if manifest.anchors != list(anchors):
        replace(manifest, anchors=list(anchors)).write(folder)
