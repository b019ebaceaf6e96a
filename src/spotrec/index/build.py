"""The build of an index from a catalogue. The same catalogue gives the same generation."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np

from spotrec.index import generations
from spotrec.index import manifest as manifests
from spotrec.index.arrays import RowsFile
from spotrec.index.backends import AUTO, backend_of, choose_backend
from spotrec.index.index import Index, load_generation
from spotrec.index.joint_fit import SPACE as JOINT_SPACE
from spotrec.index.joint_fit import fit
from spotrec.index.joint_space import JointSpace
from spotrec.index.manifest import FORMAT, METRIC, SEED, VOCABULARY, Manifest
from spotrec.index.space import SPACE
from spotrec.index.summary import Summary, summarise
from spotrec.progress import Progress
from spotrec.store import CatalogueBlocks
from spotrec.system.digests import sha256
from spotrec.track import Ears
from spotrec.vectors import Moments

TREES = 50
RARE_WORD = 0.05
"""Words with a smaller mean count as this frequent, or a trace of theremin would be what is most telling of a track."""


def build(
    root: Path,
    ears: Ears,
    catalogue: CatalogueBlocks,
    *,
    references: Sequence[Moments | None] = (),
    weights: Sequence[float] = (),
    vocabulary: str = "",
    progress: Progress,
    trees: int = TREES,
    backend: str = AUTO,
    keep: int = generations.KEPT,
) -> Index:
    """Build an index of a catalogue and make it the current one. The catalogue is read twice, block by block.

    Only one thread of all processes builds an index of the same ears at a time. The others wait and use its result.

    Args:
        root: the folder of all indexes.
        references: moments of each ear's vectors on reference music, blended with the catalogue's own.
        weights: of the ears, in their order; equal if empty.
        vocabulary: the version of the joint vocabulary that the catalogue's tags are of, "" for a model's own tags.
        trees: the number of trees, for a backend that uses them.
        backend: its name. `auto` searches small catalogues exactly and large ones in cells.
        keep: how many generations to keep, including this one.

    Raises:
        UsageError: there is no backend with this name.
        IndexFault: a vector is not finite, the folder cannot be written, or the backend needs a package.
        DiskFull: the disk is full; the index in use has not changed.
    """
    chosen = choose_backend(backend, len(catalogue))
    n_trees = trees if backend_of(chosen).HAS_TREES else 0
    weights = weights or (1.0,) * len(ears.models)
    versions = _versions(chosen, vocabulary)
    summary = summarise(catalogue, ears, progress)
    with progress.meter("fit the space", unit=""):
        space = fit(summary.moments, references or (None,) * len(ears.models), weights, summary.sample)
    manifest = Manifest(
        format=FORMAT,
        model=str(ears),
        dim=space.n_axes,
        metric=METRIC,
        backend=chosen,
        trees=n_trees,
        seed=SEED,
        n_tracks=summary.n_tracks,
        content=content_hash(ears, weights, chosen, n_trees, versions, summary.digest),
        versions=versions,
        partly_heard=catalogue.n_partly_heard,
        anchors=list(catalogue.anchors),
        files={},
    )
    home, name = root / str(ears), manifest.content[:16]
    with generations.alone_in(home, progress):
        folder = generations.make_current(
            home, name, lambda folder: _write(folder, manifest, catalogue, summary, space, progress), keep=keep
        )
        _update_beside(folder, manifest)
        return load_generation(folder, ears)


def content_hash(
    ears: Ears, weights: Sequence[float], backend: str, trees: int, versions: Mapping[str, str], digest: str
) -> str:
    """Return the hash that names an index, 64 hex digits. A change of this text would rebuild every index.

    Args:
        trees: 0 for a backend without trees.
        digest: of the ids, vectors and tags.
    """
    recipe = f"{ears.models!r} {[*weights]} {backend} {trees}"
    return sha256(f"{FORMAT}\n{recipe}\n{SPACE}\n{JOINT_SPACE}\n{versions}\n{digest}".encode())


def _versions(backend: str, vocabulary: str) -> dict[str, str]:
    used = backend_of(backend).versions() | {name: version(name) for name in ("numpy", "spotrec")}
    return used | ({VOCABULARY: vocabulary} if vocabulary else {})


def _write(
    folder: Path,
    manifest: Manifest,
    catalogue: CatalogueBlocks,
    summary: Summary,
    space: JointSpace,
    progress: Progress,
) -> None:
    space.save(folder / "space.npz")
    has_words = VOCABULARY in manifest.versions
    np.save(folder / "tag_means.npy", np.maximum(summary.tag_means, RARE_WORD if has_words else 0))
    _write_tracks(folder, catalogue, space, len(summary.tag_means), progress, half_tags=has_words)
    backend_of(manifest.backend).write(folder, manifest.trees, progress)
    with progress.meter("seal the files", unit=""):
        files = {path.name: manifests.seal(path) for path in sorted(folder.iterdir())}
    replace(manifest, files=files).write(folder)


def _write_tracks(
    folder: Path, catalogue: CatalogueBlocks, space: JointSpace, n_tags: int, progress: Progress, *, half_tags: bool
) -> None:
    """Write `ids.npy`, `vectors.npy` and `tags.npy`, block by block, so that memory stays small."""
    n_tracks = len(catalogue)
    ids = []
    with ExitStack() as stack, progress.meter("place them in the space", n_tracks) as meter:
        vectors = stack.enter_context(RowsFile(folder / "vectors.npy", n_tracks, space.n_axes))
        tags = stack.enter_context(RowsFile(folder / "tags.npy", n_tracks, n_tags, half=half_tags))
        for block in catalogue.blocks():
            vectors.write(space.place(block.vectors))
            tags.write(block.tags)
            ids.append(np.array([id_.encode() for id_ in block.ids]))
            meter.advance(len(block))
    np.save(folder / "ids.npy", np.concatenate(ids) if ids else np.zeros(0, "S1"))


def _update_beside(folder: Path, now: Manifest) -> None:
    """Write what changed beside a generation that exists already: the store may have new seeds or other rows."""
    stored = manifests.read(folder)
    changed = replace(stored, anchors=now.anchors, partly_heard=now.partly_heard)
    if stored != changed:
        changed.write(folder)
