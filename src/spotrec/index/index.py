"""Building, switching and loading the index.

An index is a folder of its own generation, named by its content, written aside and made current by the atomic
rename of one small pointer file:

    <index>/<model>/current                        the name of the generation in use
    <index>/<model>/<generation>/manifest.json     what it is; checked before anything is loaded
                                 space.npz  vectors.npy  ids.npy  tag_means.npy  [trees.ann]

Building the same catalogue again finds its generation already there.
"""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from spotrec.errors import DiskFull, IndexFault, UsageError
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
from spotrec.index.space import Space, fit, reference_moments
from spotrec.progress import Progress
from spotrec.track import ModelId, TrackId

FloatArray = npt.NDArray[np.float32]
Backend = Literal["auto", "exact", "annoy"]

_POINTER = "current"
_ASIDE_PREFIX = ".building-"
_KEPT_GENERATIONS = 2
# NumPy and Annoy raise OSError without an errno when a write falls short
_NO_ROOM = re.compile(r"\d+ requested and \d+ written|No space left|File too large|quota exceeded")
_BUILD_FIRST = "`spotrec index` builds it from what was extracted"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A track near to what was asked for; `similarity` is the cosine in the index's space, -1 to 1."""

    track_id: TrackId
    similarity: float


@dataclass(frozen=True, slots=True)
class Index:
    """A loaded generation."""

    folder: Path
    manifest: Manifest
    space: Space
    ids: npt.NDArray[np.bytes_]
    vectors: FloatArray
    tag_means: FloatArray
    search: NeighbourSearch

    @property
    def name(self) -> str:
        return f"{self.manifest.model}/{self.folder.name}"

    def __len__(self) -> int:
        return len(self.ids)

    def nearest(self, embedding: FloatArray, n: int) -> list[Neighbour]:
        """The `n` tracks that sound most like an embedding as the network gave it, shape (dim,), best first."""
        positions, cosines = self.search.nearest(self.space.place(embedding[None, :])[0], n)
        return [
            Neighbour(TrackId(self.ids[position].decode()), float(np.clip(cosine, -1, 1)))
            for position, cosine in zip(positions, cosines, strict=True)
        ]


def build(
    root: Path,
    model: ModelId,
    ids: list[TrackId],
    vectors: FloatArray,
    tag_means: FloatArray,
    *,
    progress: Progress,
    trees: int = TREES,
    backend: Backend = "auto",
) -> Index:
    """Build an index of a catalogue and make it the current one.

    Args:
        root: the folder of all indexes.
        ids: of the tracks, in order.
        vectors: their embeddings as the network gave them, shape (n_tracks, model.dim).
        tag_means: the mean probability of each tag over them, shape (n_tags,).

    Raises:
        IndexFault: a vector is not finite, or the folder cannot be written.
        DiskFull: no room; the index in use is untouched.
    """
    _refuse(ids, vectors)
    chosen = _backend(backend, len(ids), progress)
    content = _content(model, ids, vectors, tag_means, chosen, trees)
    home = root / str(model)
    generation = home / content[:16]
    with _translated(home):
        home.mkdir(parents=True, exist_ok=True)
        _sweep(home)
        if not _is_sound(generation):
            aside = Path(tempfile.mkdtemp(prefix=f"{_ASIDE_PREFIX}{os.getpid()}-", dir=home))
            try:
                _write(aside, model, ids, vectors, tag_means, chosen, trees, content, progress)
                shutil.rmtree(generation, ignore_errors=True)
                aside.rename(generation)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        _point(home, generation.name)
        _forget_old(home, generation.name)
    return load(root, model)


def load(root: Path, model: ModelId, *, thorough: bool = False) -> Index:
    """The current index of a model, held against its manifest first.

    Raises:
        IndexFault: there is none, or it is damaged or foreign.
    """
    home = root / str(model)
    folder = home / _current(home)
    manifest = manifests.read(folder)
    if manifest.model != str(model) or manifest.dim != model.dim or manifest.metric != "angular":
        raise IndexFault(f"the index {folder} is of another model ({manifest.model})", manifests.REBUILD)
    manifests.check_files(folder, manifest, thorough=thorough)
    try:
        space = Space.load(folder / "space.npz", model.dim)
        vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
        ids = np.load(folder / "ids.npy", mmap_mode="r", allow_pickle=False)
        tag_means = np.load(folder / "tag_means.npy", allow_pickle=False)
        if vectors.shape != (manifest.n_tracks, model.dim) or vectors.dtype != np.float32:
            raise ValueError("the vectors have another shape")
        if ids.shape != (manifest.n_tracks,) or ids.dtype.kind != "S":
            raise ValueError("the ids have another shape")
        has_trees = manifest.backend == "annoy"
        search: NeighbourSearch = AnnoySearch(folder / "trees.ann", vectors) if has_trees else ExactSearch(vectors)
    except (OSError, ValueError, KeyError) as exc:
        raise IndexFault(f"the index {folder} is damaged: {exc}", manifests.REBUILD) from exc
    return Index(folder, manifest, space, ids, vectors, tag_means, search)


def recall_at(index: Index, n: int = 10, sample: int = 500) -> float:
    """The share of the true `n` nearest that the index finds, over an even sample of its own tracks."""
    exact = ExactSearch(np.asarray(index.vectors))
    positions = np.unique(np.linspace(0, len(index) - 1, min(sample, len(index))).astype(int))
    found = wanted = 0
    for position in positions:
        truth = set(exact.nearest(index.vectors[position], n)[0].tolist())
        found += len(truth & set(index.search.nearest(index.vectors[position], n)[0].tolist()))
        wanted += len(truth)
    return found / wanted


def _refuse(ids: list[TrackId], vectors: FloatArray) -> None:
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        bad = ids[int(np.argmin(finite))]
        raise IndexFault(
            f"the embedding of {bad} holds values that are no numbers",
            "the store is damaged: `spotrec doctor`",
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


def _content(
    model: ModelId, ids: list[TrackId], vectors: FloatArray, tag_means: FloatArray, backend: str, trees: int
) -> str:
    digest = hashlib.sha256(
        f"{FORMAT}\n{model}\n{backend}\n{trees if backend == 'annoy' else 0}\n{_versions()}\n".encode()
    )
    digest.update("\n".join(ids).encode())
    digest.update(np.ascontiguousarray(vectors).data)
    digest.update(np.ascontiguousarray(tag_means).data)
    return digest.hexdigest()


def _versions() -> dict[str, str]:
    from importlib.metadata import version  # a query has no use for it

    return {name: version(name) for name in ("annoy", "numpy", "spotrec")}


def _write(
    folder: Path,
    model: ModelId,
    ids: list[TrackId],
    vectors: FloatArray,
    tag_means: FloatArray,
    backend: str,
    trees: int,
    content: str,
    progress: Progress,
) -> None:
    with progress.meter("index", 3, "steps") as meter:
        space = fit(vectors, reference_moments(model))
        space.save(folder / "space.npz")
        meter.advance(note="space")
        placed = space.place(vectors)
        np.save(folder / "vectors.npy", placed)
        np.save(folder / "ids.npy", np.array([id_.encode() for id_ in ids]))
        np.save(folder / "tag_means.npy", tag_means)
        meter.advance(note="vectors")
        if backend == "annoy":
            build_trees(placed, folder / "trees.ann", trees)
        meter.advance(note="trees")
    files = {path.name: manifests.seal(path) for path in sorted(folder.iterdir())}
    n_trees = trees if backend == "annoy" else 0
    Manifest(
        FORMAT,
        str(model),
        model.dim,
        "angular",
        backend,
        n_trees,
        SEED,
        len(ids),
        content,
        _versions(),
        files,
    ).write(folder)


def _is_sound(generation: Path) -> bool:
    if not generation.is_dir():
        return False
    try:
        manifests.check_files(generation, manifests.read(generation), thorough=True)
    except IndexFault:
        return False
    return True


def _current(home: Path) -> str:
    try:
        name = (home / _POINTER).read_text(encoding="utf-8").strip()
    except FileNotFoundError as exc:
        raise IndexFault(f"there is no index of {home.name} yet", _BUILD_FIRST) from exc
    except (OSError, UnicodeDecodeError) as exc:
        raise IndexFault(f"the index pointer {home / _POINTER} cannot be read: {exc}", manifests.REBUILD) from exc
    if not name.isalnum() or not (home / name).is_dir():
        raise IndexFault(f"the index pointer {home / _POINTER} points at nothing", manifests.REBUILD)
    return name


def _point(home: Path, name: str) -> None:
    aside = home / f"{_ASIDE_PREFIX}{os.getpid()}-{_POINTER}"
    with aside.open("w", encoding="utf-8") as file:
        file.write(name + "\n")
        file.flush()
        os.fsync(file.fileno())
    aside.replace(home / _POINTER)


def _generations(home: Path) -> Iterator[Path]:
    return (path for path in home.iterdir() if path.is_dir() and not path.name.startswith("."))


def _forget_old(home: Path, current: str) -> None:
    others = sorted(
        (p for p in _generations(home) if p.name != current), key=lambda p: p.stat().st_mtime_ns, reverse=True
    )
    for path in others[_KEPT_GENERATIONS - 1 :]:
        shutil.rmtree(path, ignore_errors=True)


def _sweep(home: Path) -> None:
    """Remove what killed builds left aside; a build that still runs is let be."""
    for path in home.glob(f"{_ASIDE_PREFIX}*"):
        pid = path.name.removeprefix(_ASIDE_PREFIX).split("-")[0]
        if pid.isdigit() and _is_running(int(pid)):
            continue
        remove: Callable[..., None] = shutil.rmtree if path.is_dir() else os.unlink
        remove(path)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()


@contextmanager
def _translated(home: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or _NO_ROOM.search(str(exc)):
            raise DiskFull(
                f"no room for the index in {home}", "free some space; the index in use is untouched"
            ) from exc
        raise IndexFault(
            f"the index cannot be written in {home}: {exc.strerror or exc}",
            "check --index-dir and its permissions",
        ) from exc
