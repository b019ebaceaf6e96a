"""Rows of a table and the tracks that they name."""

from pathlib import Path

import pytest

from spotrec.names.paths import rows_of_tracks
from spotrec.track import Track, TrackId

TRACKS = [
    Track(TrackId("file:1"), "A", path="/music/rock/a.mp3"),
    Track(TrackId("file:2"), "B", path="/music/rock/b.mp3"),
    Track(TrackId("file:3"), "B too", path="/music/jazz/b.mp3"),
    Track(TrackId("file:4"), "É", path="/music/jazz/e\u0301.mp3"),
    Track(TrackId("spotify:track:5"), "No file"),
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("file:2", [1]),
        ("/music/rock/a.mp3", [0]),
        ("rock/a.mp3", [0]),
        ("./rock/b.mp3", [1]),
        ("a.mp3", [0]),
        ("b.mp3", [1, 2]),
        (r"C:\old\rock\b.mp3", [1]),
        ("/elsewhere/a.mp3", [0]),
        ("/elsewhere/b.mp3", []),
        ("jazz/\u00e9.mp3", [3]),
        ("spotify:track:5", [4]),
        ("music", []),
        ("", []),
        ("x" * 10_000, []),
    ],
)
def test_what_a_text_names(text: str, named: list[int]) -> None:
    found = rows_of_tracks(TRACKS, [("row", [text])], Path("/nowhere"))
    assert [i for i, row in enumerate(found.of_tracks) if row] == named
    assert found.unnamed == ([] if named else ["row"])
    assert found.several == (["row"] if len(named) > 1 else [])


def test_the_better_name_counts_and_among_equals_the_last() -> None:
    rows = [("end", ["rock/b.mp3"]), ("name", ["b.mp3"]), ("again", ["rock/b.mp3"]), ("other", ["gone.mp3", "file:1"])]
    found = rows_of_tracks(TRACKS, rows, Path("/nowhere"))
    assert found.of_tracks == ["other", "again", "name", None, None]
    assert found.several == ["name"]


def test_a_path_starts_in_the_folder_of_the_table() -> None:
    found = rows_of_tracks(TRACKS, [("row", ["b.mp3"])], Path("/music/jazz"))
    assert found.of_tracks == [None, None, "row", None, None]
    assert not found.several
