"""The picture: a PNG of what the page shows."""

import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from map.conftest import Draft
from spotrec.errors import UsageError
from spotrec.map.colouring import Groups
from spotrec.map.picture import need_matplotlib, write_picture
from spotrec.map.regions import Region
from spotrec.map.themes import LIGHT
from spotrec.system.installation import install_command
from support.catalogue import songs_by_artists


def test_a_picture_has_the_colours_of_the_page(draft: Draft, tmp_path: Path) -> None:
    import matplotlib.image

    write_picture(draft(songs_by_artists(40)), tmp_path / "map.png")
    pixels = (matplotlib.image.imread(tmp_path / "map.png")[:, :, :3] * 255).round().astype(int)
    assert pixels.shape == (1520, 2200, 3)
    colours = {tuple(pixel) for pixel in pixels.reshape(-1, 3)[::7]}
    for colour in (LIGHT.paper, LIGHT.groups[0]):
        assert tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5)) in colours


def test_names_are_drawn_as_they_are_and_nothing_is_said(draft: Draft, tmp_path: Path) -> None:
    names = ("$\\frac{1}{0}$", "_hidden", "日本語 " * 30, "\x00\x1b[31m\n", "other")
    chart = draft(
        songs_by_artists(10),
        title="$x_",
        groups=Groups("artist", names, np.arange(10) % 5),
        regions=[Region(0.1 * i, 0.1 * i, name, 0, 5) for i, name in enumerate(names)],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        write_picture(chart, tmp_path / "a.png")
        write_picture(chart, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_one_track_is_a_picture(draft: Draft, tmp_path: Path) -> None:
    write_picture(draft(songs_by_artists(1), regions=[], places=np.zeros((1, 2))), tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 1000


def test_without_matplotlib_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UsageError) as caught:
        need_matplotlib()
    assert caught.value.hint == install_command("plots")
