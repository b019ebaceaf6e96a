"""The map of an index: drawn once in the background, and kept until its index is forgotten."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.errors import SpotrecError, UsageError
from spotrec.serve.answers import as_bytes
from spotrec.serve.problems import Problem, problem_of
from spotrec.system.files import error_of_system, locked, make_folder, write_whole

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
        self._allowed: tuple[tuple[str, str], bytes] | None = None

    def get(self) -> tuple[bytes, str] | None:
        """Return the map of the index in use and the index's name; None while it is drawn, which this starts.

        Banned tracks are on it, since a ban may be lifted, but they are no track's neighbours.

        Raises:
            Problem: it cannot be drawn.
        """
        with self._recommender.session.view() as view:
            name = view.built.name
        try:
            return self._without_banned(self._path(name).read_bytes(), name), name
        except OSError:
            self._draw(name)
            return None

    def _without_banned(self, drawn: bytes, name: str) -> bytes:
        """Return a map whose lists of neighbours have no banned tracks."""
        store = self._recommender.session.store()
        if not (bans := store.taste.state_of_bans()):
            return drawn
        if self._allowed and self._allowed[0] == (name, bans):
            return self._allowed[1]
        data = json.loads(drawn)
        allowed = store.candidates.not_banned(data["ids"])
        banned = {position for position, id_ in enumerate(data["ids"]) if id_ not in allowed}
        data["near"] = [[other for other in near if other not in banned] for near in data["near"]]
        self._allowed = ((name, bans), as_bytes(data))
        return self._allowed[1]

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
        except OSError as error:  # of the file of the map
            self._problem = problem_of(error_of_system(error))

    @property
    def _folder(self) -> Path:
        return self._recommender.settings.data_path / "maps"

    def _path(self, index: str) -> Path:
        return self._folder / f"{index.replace('/', ' ')}.json"


def _writing(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)
