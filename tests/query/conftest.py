"""What is known of real music."""

import csv
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def style_of(shared: Path) -> dict[str, str]:
    """The style of each clip, by the name of its file."""
    with (shared / "audio" / "clips.csv").open(newline="") as file:
        return {row["file"]: row["style"] for row in csv.DictReader(file)}
