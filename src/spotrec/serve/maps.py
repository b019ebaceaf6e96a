"""The map of an index: drawn once in the background, and kept until its index is forgotten."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import SpotrecError, UsageError
from spotrec.serve.answers import as_bytes
from spotrec.serve.problems import Problem, problem_of
from spotrec.system.files import locked, make_folder, write_whole

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_KEPT = 3


class Maps:
    """The maps of a recommender's indexes, as JSON in a folder of its data. Threads and processes may share it."""

    def __init__(self, recommender: "Recommender") -> None:
        self._recommender = recommender
        self._lock = threading.Lock()
        self._drawing: threading.Thread | None = None
        self._problem: Problem | None = None

    def get(self) -> tuple[bytes, str] | None:
        """Return the map of the index in use and the index's name; None while it is drawn, which this starts.

        Raises:
            Problem: it cannot be drawn.
        """
        with self._recommender.session.view() as view:
            name = view.built.name
        try:
            return self._path(name).read_bytes(), name
        except OSError:
            self._draw(name)
            return None

    def _draw(self, name: str) -> None:
        with self._lock:
            if self._drawing and self._drawing.is_alive():
                return
            problem, self._problem = self._problem, None
            if problem:
                raise problem
            self._drawing = threading.Thread(target=self._run, args=(name,), name="map", daemon=True)
            self._drawing.start()

    def _run(self, name: str) -> None:
        try:
            make_folder(self._folder)
            with locked(self._folder / ".lock"):
                if not self._path(name).exists():
                    data, drawn = self._recommender.map_data()
                    write_whole(self._path(drawn), _writing(as_bytes(data)))
            for path in sorted(self._folder.glob("*.json"), key=lambda path: -path.stat().st_mtime)[_KEPT:]:
                path.unlink(missing_ok=True)
        except UsageError:
            self._problem = Problem(
                501,
                "no-map",
                "The server draws no maps",
                "openTSNE is not installed on the server",
                "whoever runs it can install `spotrec[plots]`",
            )
        except SpotrecError as error:
            self._problem = problem_of(error)

    @property
    def _folder(self) -> Path:
        return self._recommender.settings.data_path / "maps"

    def _path(self, index: str) -> Path:
        return self._folder / f"{index.replace('/', ' ')}.json"


def _writing(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)
