"""Pictures of evaluations: what is in them, and what keeps them from being drawn."""

import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib import image

from spotrec.errors import UsageError
from spotrec.evaluate.evaluate import Evaluation, evaluate, random_vectors
from spotrec.evaluate.labels import labels_of
from spotrec.evaluate.metrics import cosine
from spotrec.evaluate.plot import Picture, figure_of
from spotrec.progress import Silent
from support.catalogue import song


def evaluated(*spaces: str, label: str = "genre") -> Evaluation:
    tracks = [song(n, genre=f"Genre {n % 3}") for n in range(30)]
    return evaluate(
        {space: cosine(random_vectors(30, seed)) for seed, space in enumerate(spaces)},
        labels_of(tracks, None, [label]),
        k=5,
        artist_filter=True,
        progress=Silent(),
    )


def texts(path: Path) -> str:
    """What an SVG says: matplotlib draws letters as shapes, and names each text in a comment."""
    return "\n".join(re.findall(r"<!-- (.*?) -->", path.read_text(encoding="utf-8")))


def test_an_svg_names_spaces_measures_and_chance(tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    Picture(path).draw(evaluated("spotrec", "choi-2", "random"))
    said = texts(path)
    for word in ("spotrec", "choi-2", "chance", "precision@5", "mean reciprocal rank", "30 tracks, 3 values"):
        assert word in said
    assert "random" not in said.split("\n"), "chance is a line, not a row"
    assert not list(tmp_path.glob(".plot*"))
    before = path.read_bytes()
    Picture(path).draw(evaluated("spotrec", "choi-2", "random"))
    assert path.read_bytes() == before, "the same on every run"


def test_a_png_is_light_and_not_empty(tmp_path: Path) -> None:
    path = tmp_path / "plot.PNG"
    Picture(path).draw(evaluated("spotrec", "random"))
    pixels = np.asarray(image.imread(path))[..., :3]
    assert (pixels[0, 0] == 1).all()
    assert 0.005 < (pixels.min(axis=2) < 0.6).mean() < 0.2


def test_rows_are_sorted_and_a_single_space_has_its_labels_as_rows() -> None:
    found = evaluated("spotrec", "a", "b", "random")
    axes = figure_of(found).axes[0]
    shown = [tick.get_text() for tick in axes.get_yticklabels()]
    (scores,) = ({one.space: one.labels[0].precision.value for one in found.spaces} for _ in "x")
    assert shown == sorted(shown, key=lambda space: -scores[space])
    assert [tick.get_text() for tick in figure_of(evaluated("spotrec")).axes[0].get_yticklabels()] == ["genre"]


@pytest.mark.parametrize("long", ["musicnn-1+0123456789abcdef, standardised", "W" * 60])
def test_no_name_is_cut_at_the_edge(tmp_path: Path, long: str) -> None:
    Picture(tmp_path / "plot.png").draw(evaluated("spotrec", long, "random"))
    pixels = np.asarray(image.imread(tmp_path / "plot.png"))[..., :3]
    for edge in (pixels[:, :8], pixels[:, -8:]):
        assert (edge == 1).all(), "nothing is drawn up to the edge"
    figure = figure_of(evaluated("spotrec", long, "random"))
    assert long in [tick.get_text() for tick in figure.axes[0].get_yticklabels()]


def test_nothing_to_score_is_a_picture_that_says_so(tmp_path: Path) -> None:
    Picture(tmp_path / "plot.png").draw(evaluated("spotrec", "random", label="mood"))
    assert (tmp_path / "plot.png").is_file()


@pytest.mark.parametrize("name", ["plot", "plot.jpg", "none/plot.png", "folder.png"])
def test_what_cannot_be_drawn_is_told_before_the_work(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(UsageError) as refused:
        Picture(tmp_path / name)
    assert refused.value.hint
