"""How the vectors of an index are searched: one way a file, each of which writes its own files and opens them again.

A new way is one file with what `Backend` has, and its name in `BACKENDS`.
"""

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from spotrec.errors import IndexFault, UsageError
from spotrec.progress import Progress

if TYPE_CHECKING:  # the help of `spotrec index` names them, and needs no NumPy
    from spotrec.index.arrays import SealedFiles
    from spotrec.index.neighbours import NeighbourSearch
    from spotrec.vectors import FloatArray

AUTO = "auto"
BACKENDS = ("exact", "cells", "annoy")
"""The modules of this package that are backends. A module is loaded when it is first needed."""


class Backend(Protocol):
    """A way to search unit vectors: a module of this package.

    Attributes:
        FILES: names of the files that are its own. A small index may lack some.
        AUTO_FROM: `auto` takes it for so many tracks or more, until another one starts at more; None: never.
        HAS_TREES: whether `trees` means something to it.
    """

    FILES: tuple[str, ...]
    AUTO_FROM: int | None
    HAS_TREES: bool

    def write(self, folder: Path, trees: int, progress: Progress) -> None:
        """Write its own files beside `vectors.npy`, float32, shape (n_tracks, dim), unit length.

        Raises:
            OSError: there is no room, or the folder cannot be written.
            IndexFault: it does not work on this machine.
        """

    def load(self, files: "SealedFiles", vectors: "FloatArray") -> "NeighbourSearch":
        """The search over `vectors` by files that were checked against the manifest.

        Raises:
            ValueError, KeyError, OSError: a file is missing, or does not belong to these vectors.
        """


def backend_of(name: str) -> Backend:
    """The backend of this name, as a manifest has it.

    Raises:
        IndexFault: this version has none of the name.
    """
    if name not in BACKENDS:
        raise IndexFault(f"this version of spotrec has no index backend {name!r}", "build the index: `spotrec index`")
    return cast("Backend", import_module(f"{__name__}.{name}"))


def choose_backend(wanted: str, n_tracks: int) -> str:
    """The name of the backend that builds an index of `n_tracks`.

    Args:
        wanted: a name, or `auto`.

    Raises:
        UsageError: there is no backend of the name.
    """
    if wanted == AUTO:
        starts = {name: backend_of(name).AUTO_FROM for name in BACKENDS}
        return max((start, name) for name, start in starts.items() if start is not None and start <= n_tracks)[1]
    if wanted not in BACKENDS:
        raise UsageError(f"there is no backend “{wanted}”", f"choose {names_of_backends()}")
    return wanted


def names_of_backends() -> str:
    """`auto, exact, cells or annoy`: all that can be chosen."""
    *names, last = (AUTO, *BACKENDS)
    return f"{', '.join(names)} or {last}"
