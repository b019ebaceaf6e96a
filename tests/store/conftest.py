"""A store on a real SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotrec.store import FeatureStore


@pytest.fixture
def store(tmp_path: Path, empty_store: Path) -> Iterator[FeatureStore]:
    with FeatureStore(shutil.copyfile(empty_store, tmp_path / "spotrec.db")) as store:
        yield store
