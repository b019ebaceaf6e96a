"""A small catalogue with made-up vectors, and a service over it; forty songs with audio, and their page in Chromium."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from support.catalogue import CHOI, fill, scattered, songs_by_artists
from support.music import encoded, tune
from support.pages import Chromium, Show, showing
from support.players import TOKEN, fill_for_players
from support.prepared import prepared
from support.servers import FakeDeezer, serving
from support.service import Served, make_catalogue, served


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with sixty songs, see `make_catalogue`. Copy it to write."""
    return prepared(tmp_path_factory, "served-catalogue", make_catalogue)


@pytest.fixture(scope="session")
def service(catalogue: Path) -> Iterator[Served]:
    """The catalogue, served. Ask, and change nothing."""
    with served(catalogue) as running:
        yield running


@pytest.fixture(scope="session")
def unchanged(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The catalogue without opinions and stations, served: try to change it, and leave it as it was."""
    folder = tmp_path_factory.mktemp("unchanged") / "data"
    shutil.copytree(catalogue, folder)
    with served(folder) as running:
        yield running


@pytest.fixture(scope="session")
def players(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The catalogue and what `fill_for_players` adds, served with a token."""
    folder = tmp_path_factory.mktemp("players") / "data"
    shutil.copytree(catalogue, folder)
    fill_for_players(folder)
    with served(folder, token=TOKEN) as running:
        yield running


N_SOUNDING = 40
MARKUP = "<img src=x onerror='window.broken=1'><script>window.broken=1</script>"
HOSTILE = (MARKUP, "\u202eesrever \u05d0\u05d1", "a\x00\x1b[31m\nb", "x" * 10_000)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Forty songs with audio of a second and a half; four of them have hostile titles."""
    folder = tmp_path_factory.mktemp("page")
    clip = folder / "clip.wav"
    clip.write_bytes(encoded(tune(1, 1.5), "WAV"))
    tracks = [replace(one, path=str(clip)) for one in songs_by_artists(N_SOUNDING)]
    tracks[10:14] = [
        replace(one, title=text, artists=(text,), album=text) for one, text in zip(tracks[10:14], HOSTILE, strict=True)
    ]
    with FeatureStore(folder / "spotrec.db") as store:
        fill(store, tracks, scattered(N_SOUNDING))
    with Recommender(data_dir=folder, ears=[str(CHOI)]) as recommender:
        recommender.index()
    with served(folder) as running:
        yield running


@pytest.fixture
def show(chromium: Chromium, library: Served) -> Iterator[Show]:
    """Opens the page of `library`, or of the service `at`."""
    with showing(chromium, library.url) as shown:
        yield shown


@pytest.fixture(scope="module")
def deezer() -> Iterator[FakeDeezer]:
    with serving(FakeDeezer()) as server:
        assert isinstance(server, FakeDeezer)
        for n in range(1, 9):
            isrc = f"GBAYE000000{n}"
            server.previews[isrc] = encoded(tune(40 + n))
            server.add_track(n, isrc)
        yield server


@pytest.fixture(scope="module")
def settings(weights: Path, deezer: FakeDeezer) -> dict[str, Any]:
    return {
        "ears": ["choi"],
        "weights": weights,
        "providers": ("file", "deezer"),
        "deezer_api_url": deezer.url,
        "deezer_limit": "10000/1",
        "preview_hosts": (f"127.0.0.1:{deezer.port}",),
        "embed_pages": "off",
    }


@pytest.fixture(scope="module")
def live(music: Path, settings: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service that may fetch and crawl, over twelve tunes that it has heard."""
    folder = tmp_path_factory.mktemp("live")
    with Recommender(data_dir=folder, **settings) as recommender:
        recommender.crawl(str(music))
        recommender.extract()
        recommender.index()
    with served(folder, settings, fetch=True, crawl=True, max_upload_mb=1) as running:
        yield running
