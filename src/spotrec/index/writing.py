"""The arrays of a generation, written a piece at a time: a million tracks never lie in memory at once."""

from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np

from spotrec.index import bounds
from spotrec.index.space import Space
from spotrec.progress import Progress
from spotrec.store import CatalogueBlocks
from spotrec.vectors import FloatArray


def write_arrays(
    folder: Path,
    catalogue: CatalogueBlocks,
    space: Space,
    n_tags: int,
    progress: Progress,
    *,
    with_bounds: bool,
) -> None:
    """Write `ids.npy`, `vectors.npy`, `tags.npy` and, for the exact search, `bounds.npy`.

    Raises:
        OSError: there is no room, or the folder cannot be written.
    """
    n_tracks, dim = len(catalogue), len(space.mean)
    ids = []
    with ExitStack() as stack, progress.meter("place them in the space", n_tracks) as meter:
        vectors = stack.enter_context(Rows(folder / "vectors.npy", n_tracks, dim))
        tags = stack.enter_context(Rows(folder / "tags.npy", n_tracks, n_tags))
        leading = stack.enter_context(Rows(folder / "bounds.npy", n_tracks, bounds.width(dim))) if with_bounds else None
        for block in catalogue.blocks():
            placed = space.place(block.vectors)
            vectors.write(placed)
            tags.write(block.tags)
            if leading:
                leading.write(bounds.in_brief(placed))
            ids.append(np.array([id_.encode() for id_ in block.ids]))
            meter.advance(len(block))
    np.save(folder / "ids.npy", np.concatenate(ids) if ids else np.zeros(0, "S1"))


class Rows:
    """A .npy file of float32 that is written row after row."""

    def __init__(self, path: Path, n_rows: int, n_columns: int) -> None:
        self._file: IO[bytes] = path.open("wb")
        header = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, n_columns)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> "Rows":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, rows: FloatArray) -> None:
        self._file.write(np.ascontiguousarray(rows, "<f4").data)
