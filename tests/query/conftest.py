"""Real music, heard once for all tests that ask of it."""

import csv
from pathlib import Path

import pytest

from spotrec import Recommender


@pytest.fixture(scope="session")
def heard_clips(shared: Path, choi_weights: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the team's clips, heard by the published network and indexed; ask of it, do not write."""
    folder = tmp_path_factory.mktemp("clips")
    with Recommender(data_dir=folder, weights=choi_weights) as recommender:
        recommender.crawl(str(shared / "audio"))
        recommender.extract()
        recommender.index()
    return folder


@pytest.fixture(scope="session")
def style_of(shared: Path) -> dict[str, str]:
    """The style of each clip, by the name of its file."""
    with (shared / "audio" / "clips.csv").open(newline="") as file:
        return {row["file"]: row["style"] for row in csv.DictReader(file)}
