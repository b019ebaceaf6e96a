"""The counts of a crawl add up, and its errors name their source."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.servers import FakeDeezer

Run = Callable[..., Any]


def test_entries_that_are_listed_again_are_counted(spotrec: Run, music: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(music, tmp_path / "my music")
    shutil.copy(folder / "tune-1.flac", folder / "copy of tune 1.flac")
    (folder / "broken.flac").write_bytes(b"no audio")
    report = json.loads(spotrec("crawl", folder, folder / "tune-2.flac", "--json", code=3).stdout)
    assert (report["seen"], report["with_audio"], report["repeated"], len(report["skipped"])) == (15, 12, 2, 1)
    assert report["new"] == 12
    again = spotrec("crawl", folder, code=3).stdout
    assert again.startswith("14 tracks seen, 0 new, 12 with audio (0 fetched now), 1 listed again, 1 skipped\n")


def test_the_error_of_a_source_names_it(spotrec: Run, music: Path, deezer: FakeDeezer, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    link = "https://www.deezer.com/playlist/404404"
    for sources in ([link], [link, music], [tmp_path / "empty"], [tmp_path / "empty", music]):
        shown = " ".join(spotrec("crawl", *sources, code=None).stderr.split())
        (error,) = (line for line in shown.split("error: ") if line.strip())
        name = str(sources[0])
        assert error.count(name.removeprefix("https://www.")) == 1, error


@pytest.mark.parametrize("isrc", ["USRC17607839"])
def test_two_ids_of_one_recording_are_one_new_track(spotrec: Run, tmp_path: Path, isrc: str) -> None:
    table = tmp_path / "list.csv"
    rows = [f"spotify:track:{n:022},One,Ann,{isrc}" for n in range(2)]
    table.write_text("Track URI,Track Name,Artist Name(s),ISRC\n" + "\n".join(rows) + "\n")
    report = json.loads(spotrec("crawl", table, "--json", code=3).stdout)
    assert (report["seen"], report["new"], report["repeated"], len(report["missing"])) == (2, 1, 1, 1)
