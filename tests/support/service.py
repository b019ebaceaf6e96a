"""The service over real HTTP, on a free port of loopback."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from spotrec import Recommender
from spotrec.serve.app import create_app
from spotrec.serve.options import ServeOptions
from spotrec.serve.server import bind, server_of
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, playlist, scattered, songs_by_artists
from support.waiting import wait_until

N_SONGS = 60
MIXTAPE = playlist(1, "Mixtape")


@dataclass(frozen=True, slots=True)
class Served:
    """A running service, and a client that is connected to it."""

    url: str
    http: httpx.Client
    recommender: Recommender

    def get(self, path: str, **parameters: Any) -> httpx.Response:
        return self.http.get(path, params=parameters or None)

    def problem(self, path: str, status: int, **parameters: Any) -> Any:
        """The problem details that a request is answered with."""
        answer = self.get(path, **parameters)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.json()

    def json(self, path: str, **parameters: Any) -> Any:
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def served(folder: Path, settings: Mapping[str, Any] | None = None, **options: Any) -> Iterator[Served]:
    """Serve the data folder's store over real uvicorn, in a thread.

    Args:
        settings: of the recommender; without them, it hears with `CHOI`.
        options: of the service.
    """
    wanted = ServeOptions(**{"port": 0, "rate": 0, "fetch": False, **options})
    known = {"ears": [str(CHOI)]} if settings is None else settings
    with Recommender(data_dir=folder, **known) as recommender, bind(wanted) as listener:
        server = server_of(create_app(recommender, wanted, is_ending=lambda: server.should_exit))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        try:
            wait_until(lambda: server.started, every_s=0.005)
            with httpx.Client(base_url=url, timeout=30) as http:
                yield Served(url, http, recommender)
        finally:
            server.should_exit = True
            thread.join(20)


def make_catalogue(folder: Path) -> None:
    """Fill a data folder with sixty songs of twelve artists, in a playlist, and build their index."""
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, songs_by_artists(N_SONGS), scattered(N_SONGS), listed_in=MIXTAPE)
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
        recommender.index()
