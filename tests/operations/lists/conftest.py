"""A catalogue of files, and lists of them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from spotrec import Recommender
from spotrec.store import FeatureStore
from spotrec.track import Track
from support.catalogue import fill, scattered, songs_by_artists

N_SONGS = 60


@dataclass(frozen=True)
class Library:
    """Sixty songs, each with a file in `folder` (empty: nobody reads it), heard and indexed."""

    folder: Path
    tracks: list[Track]

    def file(self, n: int) -> str:
        path = self.tracks[n].path
        assert path is not None
        return path

    def m3u(self, name: str, *numbers: int) -> Path:
        """Write a plain list of songs."""
        path = self.folder / name
        path.write_text("".join(f"{self.file(n)}\n" for n in numbers), encoding="utf-8")
        return path


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Library:
    folder = tmp_path / "Music"
    tracks = []
    for n, track in enumerate(songs_by_artists(N_SONGS)):
        file = folder / f"Artist {n % 7}" / f"{n:02d} – söng.flac"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
        tracks.append(replace(track, path=str(file)))
    with FeatureStore(home / "data" / "spotrec.db") as store:
        fill(store, tracks, scattered(N_SONGS))
    with Recommender() as recommender:
        recommender.index()
    return Library(folder, tracks)


@pytest.fixture
def lines() -> Callable[[Path], list[str]]:
    def read(path: Path) -> list[str]:
        return path.read_text(encoding="utf-8").splitlines()

    return read
