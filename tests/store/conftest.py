"""A store on a real SQLite file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from spotrec.store import FeatureStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FeatureStore]:
    with FeatureStore(tmp_path / "spotrec.db") as store:
        yield store
