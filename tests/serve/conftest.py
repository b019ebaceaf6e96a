"""A small catalogue with made-up vectors, and a service over it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.players import TOKEN, fill_for_players
from support.prepared import prepared
from support.service import Served, make_catalogue, served


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with sixty songs, see `make_catalogue`. Copy it to write."""
    return prepared(tmp_path_factory, "served-catalogue", make_catalogue)


@pytest.fixture(scope="module")
def service(catalogue: Path) -> Iterator[Served]:
    """The catalogue, served. Ask, and change nothing."""
    with served(catalogue) as running:
        yield running


@pytest.fixture(scope="session")
def players(catalogue: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The catalogue and what `fill_for_players` adds, served with a token."""
    folder = tmp_path_factory.mktemp("players") / "data"
    shutil.copytree(catalogue, folder)
    fill_for_players(folder)
    with served(folder, token=TOKEN) as running:
        yield running
