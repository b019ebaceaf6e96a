"""The arrays of a generation: written row by row, and memory-mapped only if the manifest lists them."""

from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from spotrec.index.manifest import Manifest
from spotrec.vectors import FloatArray, mapped


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """The files that a generation's manifest lists and that were checked against it."""

    folder: Path
    manifest: Manifest

    def __contains__(self, name: str) -> bool:
        return name in self.manifest.files

    def path(self, name: str) -> Path:
        """Return the path of a file.

        Raises:
            KeyError: the manifest does not list it.
        """
        if name not in self:
            raise KeyError(f"its manifest does not list {name}")
        return self.folder / name

    def array(self, name: str) -> npt.NDArray[Any]:
        """Memory-map a .npy file.

        Raises:
            KeyError, ValueError, OSError: it is missing, or not an array.
        """
        return mapped(self.path(name))

    def rows(self, name: str, shape: tuple[int, int]) -> FloatArray:
        """Memory-map a .npy file of float32 or float16 and this shape.

        Raises:
            KeyError, ValueError, OSError: it is missing, or has another type or shape.
        """
        rows = self.array(name)
        if rows.shape != shape or rows.dtype not in (np.float32, np.float16):
            raise ValueError(f"{name} has the wrong shape or type")
        return rows


class RowsFile:
    """A .npy file of float32, or `half` as large of float16, that is written row by row."""

    def __init__(self, path: Path, n_rows: int, n_columns: int, *, half: bool = False) -> None:
        self._file: IO[bytes] = path.open("wb")
        self._type = "<f2" if half else "<f4"
        header = {"descr": self._type, "fortran_order": False, "shape": (n_rows, n_columns)}
        np.lib.format.write_array_header_1_0(self._file, header)

    def __enter__(self) -> "RowsFile":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, rows: FloatArray) -> None:
        """Append rows, shape (n, n_columns)."""
        self._file.write(np.ascontiguousarray(rows, self._type).data)
