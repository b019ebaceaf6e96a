"""Backends: ways to search the vectors of an index, one module each, which writes its own files and opens them again.

To add a backend, add a module with the functions of `Backend`, and its name in `BACKENDS`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from spotrec.errors import IndexFault, UsageError
from spotrec.progress import Progress

if TYPE_CHECKING:  # the help of `spotrec index` lists the backends without importing NumPy
    from spotrec.index.arrays import SealedFiles
    from spotrec.index.neighbours import NeighbourSearch
    from spotrec.vectors import FloatArray

AUTO = "auto"
BACKENDS = ("exact", "cells", "annoy")
"""The modules of this package that are backends. A module is imported when it is first needed."""


class Backend(Protocol):
    """A way to search unit vectors: a module of this package.

    Attributes:
        FILES: the names of its own files. A small index may not have all of them.
        EARLIER_FILES: the names of files that only earlier versions wrote. `load` opens them too.
        AUTO_FROM: `auto` uses it from this number of tracks on, up to the number of the next backend; None: never.
        HAS_TREES: whether it uses `trees`.
    """

    FILES: tuple[str, ...]
    EARLIER_FILES: tuple[str, ...]
    AUTO_FROM: int | None
    HAS_TREES: bool

    def versions(self) -> dict[str, str]:
        """Return the version of each package that its files depend on, by the package's name.

        Raises:
            IndexFault: one of them is not installed.
        """

    def write(self, folder: Path, trees: int, progress: Progress) -> None:
        """Write its own files next to `vectors.npy`, float32, shape (n_tracks, dim), unit length.

        Raises:
            OSError: the disk is full, or the folder cannot be written.
            IndexFault: the backend does not work on this machine.
        """

    def load(self, files: "SealedFiles", vectors: "FloatArray") -> "NeighbourSearch":
        """Open the search over `vectors`. The files were checked against the manifest.

        Raises:
            ValueError, KeyError, OSError: a file is missing, or does not belong to these vectors.
        """

    def check(self, files: "SealedFiles", vectors: "FloatArray") -> None:
        """Check all that a search may read, of files from another machine that `load` opened. This may take seconds.

        Raises:
            IndexFault: a search would crash, not end, or miss tracks.
        """


def backend_of(name: str) -> Backend:
    """Return the backend with this name, as it is in a manifest.

    Raises:
        IndexFault: this version has no backend with this name.
    """
    if name not in BACKENDS:
        raise IndexFault(f"this version of spotrec has no index backend {name!r}", "build the index: `spotrec index`")
    return cast("Backend", import_module(f"{__name__}.{name}"))


def choose_backend(wanted: str, n_tracks: int) -> str:
    """Return the name of the backend for an index of `n_tracks`.

    Args:
        wanted: a name, or `auto`.

    Raises:
        UsageError: there is no backend with this name.
    """
    if wanted == AUTO:
        starts = {name: backend_of(name).AUTO_FROM for name in BACKENDS}
        return max((start, name) for name, start in starts.items() if start is not None and start <= n_tracks)[1]
    if wanted not in BACKENDS:
        raise UsageError(f"there is no backend “{wanted}”", f"choose {names_of_backends()}")
    return wanted


def names_of_backends() -> str:
    """Return all choices: `auto, exact, cells or annoy`."""
    *names, last = (AUTO, *BACKENDS)
    return f"{', '.join(names)} or {last}"
