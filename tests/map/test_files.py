"""Files are written whole, and over maps only."""

from pathlib import Path

import pytest

from map.conftest import Draft
from spotrec.errors import DiskFull, SpotrecError, UsageError
from spotrec.map.files import check_writable
from spotrec.map.page import write_page
from spotrec.map.picture import write_picture
from spotrec.system.files import write_output
from support.catalogue import songs_by_artists


def test_a_map_may_be_replaced_and_nothing_else(draft: Draft, tmp_path: Path) -> None:
    chart = draft(songs_by_artists(5))
    write_page(chart, tmp_path / "map.html")
    write_picture(chart, tmp_path / "map.png")
    for name in ("map.html", "map.png", "new.html"):
        check_writable(tmp_path / name)
    (tmp_path / "song.mp3").write_bytes(b"ID3")
    for name in ("song.mp3", "."):
        with pytest.raises(UsageError, match="is not a map"):
            check_writable(tmp_path / name)
    with pytest.raises(UsageError, match="there is no folder"):
        check_writable(tmp_path / "nowhere" / "map.html")


def test_what_breaks_off_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "maps" / "map.html"
    path.parent.mkdir()
    path.write_text("before")

    def half(part: Path) -> None:
        part.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(DiskFull):
        write_output(path, half)
    assert path.read_text() == "before"
    assert list(path.parent.iterdir()) == [path]


def test_a_disk_that_is_full(draft: Draft) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    chart = draft(songs_by_artists(5))
    with pytest.raises(DiskFull):
        write_output(Path("map.html"), lambda _: write_page(chart, Path("/dev/full")))
    with pytest.raises(DiskFull):
        write_output(Path("map.png"), lambda _: write_picture(chart, Path("/dev/full")))
    assert not Path("map.html").exists()


def test_a_folder_that_nobody_may_write_to() -> None:
    with pytest.raises(SpotrecError, match="cannot be written"):
        write_output(Path("/proc/map.html"), lambda part: part.write_text("x"))
