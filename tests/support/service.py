"""The service over real HTTP, on a free port of loopback."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from spotrec import Recommender
from spotrec.serve.app import create_app
from spotrec.serve.options import ServeOptions
from spotrec.serve.server import bind
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
        return self.http.get(path, params=parameters)

    def json(self, path: str, **parameters: Any) -> Any:
        answer = self.get(path, **parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Served]:
    """Serve the data folder's store over real uvicorn, in a thread."""
    wanted = ServeOptions(**{"port": 0, "rate": 0, "fetch": False, **options})
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender, bind(wanted) as listener:
        config = uvicorn.Config(
            create_app(recommender, wanted, is_ending=lambda: server.should_exit), log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
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
