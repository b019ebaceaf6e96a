"""The arrays of a generation, mapped and held against its manifest before they are searched."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from spotrec.index import bounds
from spotrec.index.manifest import Manifest
from spotrec.index.neighbours import AnnoySearch, ExactSearch, NeighbourSearch
from spotrec.index.segment import Segment
from spotrec.vectors import FloatArray

_TAGS_SINCE_FORMAT = 2


def open_segment(folder: Path, manifest: Manifest, n_tags: int) -> Segment:
    """The tracks of a generation whose files were checked.

    Raises:
        ValueError, KeyError, OSError: an array is missing or has another shape than it should.
    """
    n = manifest.n_tracks
    vectors = _rows(folder, manifest, "vectors.npy", (n, manifest.dim))
    tags = _rows(folder, manifest, "tags.npy", (n, n_tags)) if manifest.format >= _TAGS_SINCE_FORMAT else None
    ids = _array(folder, manifest, "ids.npy")
    if ids.shape != (n,) or ids.dtype.kind != "S":
        raise ValueError("the ids have another shape")
    brief = (n, bounds.width(manifest.dim))
    search: NeighbourSearch
    if manifest.backend == "annoy":
        search = AnnoySearch(_sealed(folder, manifest, "trees.ann"), vectors)
    elif manifest.backend == "cells":
        from spotrec.index.cells import CellSearch

        starts, order = _array(folder, manifest, "starts.npy"), _array(folder, manifest, "order.npy")
        if starts.dtype != np.int64 or order.dtype != np.int32:
            raise ValueError("the cells are not told by numbers")
        centres = _rows(folder, manifest, "centres.npy", (len(starts) - 1, manifest.dim))
        search = CellSearch(vectors, centres, starts, order, _rows(folder, manifest, "cells.npy", brief))
    elif "bounds.npy" in manifest.files:
        search = ExactSearch(vectors, _rows(folder, manifest, "bounds.npy", brief))
    else:
        search = ExactSearch(vectors)
    return Segment(ids, vectors, tags, search)


def open_tag_means(folder: Path, manifest: Manifest) -> FloatArray:
    """How probable each tag is over the catalogue, shape (n_tags,). Raises what `open_segment` does."""
    means = _array(folder, manifest, "tag_means.npy")
    if means.ndim != 1 or means.dtype != np.float32 or not np.isfinite(means).all():
        raise ValueError("the means of the tags are no numbers")
    return np.array(means)


def check_contents(segment: Segment) -> None:
    """Look at every value, which takes seconds where there are many: for an index that came from elsewhere.

    Raises:
        ValueError: ids that are not in order, or values that are no numbers.
    """
    if not (segment.ids[1:] > segment.ids[:-1]).all():
        raise ValueError("the ids are not in order")
    for block in segment.blocks():
        for id_ in block.ids.tolist():
            id_.decode()
        for values in (block.vectors, block.tags):
            if values is not None and not np.isfinite(values).all():
                raise ValueError("some values are no numbers")


def _rows(folder: Path, manifest: Manifest, name: str, shape: tuple[int, int]) -> FloatArray:
    rows = _array(folder, manifest, name)
    if rows.shape != shape or rows.dtype != np.float32:
        raise ValueError(f"{name} has another shape than it should")
    return rows


def _array(folder: Path, manifest: Manifest, name: str) -> npt.NDArray[Any]:
    mapped: npt.NDArray[Any] = np.load(_sealed(folder, manifest, name), mmap_mode="r", allow_pickle=False)
    return np.asarray(mapped)  # the map is slower to index than a plain array over it


def _sealed(folder: Path, manifest: Manifest, name: str) -> Path:
    """A file that the manifest speaks for."""
    if name not in manifest.files:
        raise KeyError(f"its manifest does not name {name}")
    return folder / name
