"""Building, switching and loading the index.

An index is a folder of its own generation, named by its content (`generations.py` has how it is switched):

    <index>/<model>/current                        the name of the generation in use
    <index>/<model>/<generation>/manifest.json     what it is; checked before anything is loaded
                                 space.npz  vectors.npy  ids.npy  tags.npy  tag_means.npy  [trees.ann]

Building the same catalogue again finds its generation already there.
"""

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from spotrec.errors import IndexFault, UsageError
from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.manifest import FORMAT, Manifest
from spotrec.index.neighbours import (
    EXACT_BELOW,
    SEED,
    TREES,
    AnnoySearch,
    ExactSearch,
    NeighbourSearch,
    annoy_works,
    build_trees,
)
from spotrec.index.part import Part
from spotrec.index.space import SPACE, Space, fit, reference_moments
from spotrec.progress import Progress
from spotrec.store import Catalogue
from spotrec.track import ModelId, TrackId

FloatArray = npt.NDArray[np.float32]
Backend = Literal["auto", "exact", "annoy"]

_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track near to what was asked for; `similarity` is the cosine in the index's space, -1 to 1."""

    track_id: TrackId
    similarity: float


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

    def nearest(self, point: FloatArray, n: int) -> list[Neighbour]:
        """The `n` tracks nearest to a placed point, shape (dim,), unit length, best first; equals in order of id."""
        found = []
        for part in self.parts:
            positions, cosines = part.search.nearest(point, n)
            for position, cosine in zip(positions, cosines, strict=True):
                found.append(Neighbour(TrackId(part.ids[position].decode()), float(np.clip(cosine, -1, 1))))
        return sorted(found, key=lambda near: (-near.similarity, near.track_id))[:n] if len(self.parts) > 1 else found

    def among(self, track_ids: Collection[TrackId]) -> "Index":
        """Only those of `track_ids` that are here, searched exactly."""
        return replace(self, parts=tuple(part.at(part.positions_of(track_ids)) for part in self.parts))

    def blocks(self) -> Iterator[Part]:
        """All tracks, a bounded number at a time, for what must look at each."""
        for part in self.parts:
            for start in range(0, len(part), _BLOCK):
                yield part.at(np.arange(start, min(start + _BLOCK, len(part))))


def build(
    root: Path,
    model: ModelId,
    catalogue: Catalogue,
    *,
    progress: Progress,
    trees: int = TREES,
    backend: Backend = "auto",
) -> Index:
    """Build an index of a catalogue and make it the current one.

    Args:
        root: the folder of all indexes.
        trees: how many of Annoy's trees.
        backend: `auto` searches small catalogues exactly.

    Raises:
        IndexFault: a vector is not finite, or the folder cannot be written.
        DiskFull: no room; the index in use is untouched.
    """
    _refuse(catalogue)
    chosen = _backend(backend, len(catalogue.ids), progress)
    recipe = _Recipe(model, chosen, trees if chosen == "annoy" else 0)
    content = _content(recipe, catalogue)
    generations.make_current(
        root / str(model), content[:16], lambda folder: _write(folder, recipe, catalogue, content, progress)
    )
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
        vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        ids = np.load(folder / "ids.npy", mmap_mode="r", allow_pickle=False)
        tag_means = np.load(folder / "tag_means.npy", allow_pickle=False)
        tags = np.load(folder / "tags.npy", mmap_mode="r", allow_pickle=False) if manifest.format > 1 else None
        if vectors.shape != (manifest.n_tracks, model.dim) or vectors.dtype != np.float32:
            raise ValueError("the vectors have another shape")
        if ids.shape != (manifest.n_tracks,) or ids.dtype.kind != "S":
            raise ValueError("the ids have another shape")
        if tags is not None and (tags.shape != (len(ids), len(tag_means)) or tags.dtype != np.float32):
            raise ValueError("the tags have another shape")
        has_trees = manifest.backend == "annoy"
        search: NeighbourSearch = AnnoySearch(folder / "trees.ann", vectors) if has_trees else ExactSearch(vectors)
    except (OSError, ValueError, KeyError) as exc:
        raise IndexFault(f"the index {folder} is damaged: {exc}", manifests.REBUILD) from exc
    return Index(folder, manifest, space, tag_means, (Part(ids, vectors, tags, search),))


def recall_at(index: Index, n: int = 10, sample: int = 500, *, progress: Progress) -> float:
    """The share of the true `n` nearest that the index finds, over an even sample of its own tracks."""
    part = index.parts[0]
    exact = ExactSearch(np.asarray(part.vectors))
    positions = np.unique(np.linspace(0, len(part) - 1, min(sample, len(part))).astype(int))
    found = wanted = 0
    with progress.meter("check", len(positions), "queries") as meter:
        for position in positions:
            truth = set(exact.nearest(part.vectors[position], n)[0].tolist())
            found += len(truth & set(part.search.nearest(part.vectors[position], n)[0].tolist()))
            wanted += len(truth)
            meter.advance()
    return found / wanted


@dataclass(frozen=True, slots=True)
class _Recipe:
    """How an index is made; `trees` is 0 without Annoy."""

    model: ModelId
    backend: str
    trees: int


def _refuse(catalogue: Catalogue) -> None:
    finite = np.isfinite(catalogue.vectors).all(axis=1)
    if not finite.all():
        bad = catalogue.ids[int(np.argmin(finite))]
        raise IndexFault(
            f"the embedding of {bad} holds values that are no numbers", "the store is damaged: `spotrec doctor`"
        )


def _backend(wanted: Backend, n_tracks: int, progress: Progress) -> str:
    if wanted not in ("auto", "exact", "annoy"):
        raise UsageError(f"there is no backend “{wanted}”", "choose auto, exact or annoy")
    chosen = ("exact" if n_tracks < EXACT_BELOW else "annoy") if wanted == "auto" else wanted
    if chosen == "annoy" and not annoy_works():
        if wanted == "annoy":
            raise IndexFault(
                "this build of Annoy does not find neighbours",
                "build it with another compiler, or use --backend exact",
            )
        progress.note("this build of Annoy does not find neighbours: searching exactly instead, slower but complete")
        return "exact"
    return chosen


def _content(recipe: _Recipe, catalogue: Catalogue) -> str:
    """sha256 of all that makes the index what it is."""
    digest = hashlib.sha256(f"{FORMAT}\n{recipe}\n{SPACE}\n{_versions()}\n".encode())
    digest.update("\n".join(catalogue.ids).encode())
    digest.update(np.ascontiguousarray(catalogue.vectors).data)
    digest.update(np.ascontiguousarray(catalogue.tags).data)
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # a query has no use for it

    return {name: version(name) for name in ("annoy", "numpy", "spotrec")}


def _write(folder: Path, recipe: _Recipe, catalogue: Catalogue, content: str, progress: Progress) -> None:
    with progress.meter("index", 3, "steps") as meter:
        space = fit(catalogue.vectors, reference_moments(recipe.model))
        space.save(folder / "space.npz")
        meter.advance(note="space")
        placed = space.place(catalogue.vectors)
        np.save(folder / "vectors.npy", placed)
        np.save(folder / "ids.npy", np.array([id_.encode() for id_ in catalogue.ids]))
        np.save(folder / "tags.npy", catalogue.tags)
        np.save(folder / "tag_means.npy", catalogue.tag_means)
        meter.advance(note="vectors")
        if recipe.backend == "annoy":
            build_trees(placed, folder / "trees.ann", recipe.trees)
        meter.advance(note="trees")
    Manifest(
        format=FORMAT,
        model=str(recipe.model),
        dim=recipe.model.dim,
        metric="angular",
        backend=recipe.backend,
        trees=recipe.trees,
        seed=SEED,
        n_tracks=len(catalogue.ids),
        content=content,
        versions=_versions(),
        files={path.name: manifests.seal(path) for path in sorted(folder.iterdir())},
    ).write(folder)
