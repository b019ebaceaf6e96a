"""Tables on narrow screens."""

import io

import pytest
from rich.console import Console

from spotrec.cli.show.tables import print_columns, print_with_last_below

NAMES = ["evening songs", "a playlist with a rather long name", "x"]
NUMBERS = {f"number {n}": ["1", "22", "333"] for n in range(6)}


def printed(width: int, names: list[str]) -> list[str]:
    to = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True, color_system=None)
    print_columns(to, {"source": names, **NUMBERS}, numbers=NUMBERS)
    assert isinstance(to.file, io.StringIO)
    return to.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_numbers_without_room_go_into_a_table_below_with_the_names_again(width: int) -> None:
    lines = printed(width, NAMES)
    assert max(map(len, lines)) <= width
    for heading in NUMBERS:
        assert sum(heading in line for line in lines) == 1
    n_tables = sum(line.startswith("source") for line in lines)
    assert sum(line.startswith("evening songs ") for line in lines) == n_tables
    assert (n_tables == 1) == (width == 200)


def test_a_name_longer_than_the_screen_is_continued_not_cut() -> None:
    name = "/home/me/" + "a very long folder " * 6
    lines = printed(60, [name, "b", "c"])
    assert max(map(len, lines)) <= 60
    table = lines[: next(i for i, line in enumerate(lines) if line.startswith("b "))]
    assert name.replace(" ", "") in "".join(line[:30] for line in table).replace(" ", "")


def with_last_below(width: int, cells: dict[str, list[str]]) -> list[str]:
    to = Console(file=io.StringIO(), width=width, force_terminal=True, no_color=True, color_system=None)
    print_with_last_below(to, cells, numbers=["MB"])
    assert isinstance(to.file, io.StringIO)
    return [line.rstrip() for line in to.file.getvalue().splitlines()]


def test_places_stay_whole_below_their_rows_if_the_table_has_no_room_for_them() -> None:
    places = [f"/home/me/Music/An Artist/An Album/{n:02} - a title of some length.flac" for n in (1, 2)]
    cells = {"best": ["*", ""], "format": ["FLAC", "MP3"], "MB": ["31.4", "4.1"], "place": places}
    heading, first, place, second, other_place = with_last_below(80, cells)
    assert heading.split() == ["best", "format", "MB"]
    assert (first.split(), second.split()) == (["*", "FLAC", "31.4"], ["MP3", "4.1"])
    assert (place, other_place) == (f"    {places[0]}", f"    {places[1]}")
    heading, first, second = with_last_below(120, cells)
    assert heading.split() == ["best", "format", "MB", "place"]
    assert first.endswith(places[0])
    assert second.endswith(places[1])


def test_places_stay_whole_below_rows_of_several_lines() -> None:
    places = [f"/home/me/Music/An Artist/An Album/{n:02} - a title of some length.flac" for n in (1, 2, 3)]
    albums = ["An album whose name takes more than the one line that it has", "", "Short"]
    lines = with_last_below(50, {"album": albums, "MB": ["31.4", "4.1", "5.0"], "place": places})
    at = [lines.index(f"    {place}") for place in places]
    assert lines[0].split() == ["album", "MB"]
    assert " ".join(line.removesuffix("31.4").strip() for line in lines[1 : at[0]]) == albums[0]
    assert at[0] > 2, "the first row takes several lines"
    assert (lines[at[0] + 1].split(), lines[at[1] + 1].split()) == (["4.1"], ["Short", "5.0"])
    assert at[1:] == [at[0] + 2, at[0] + 4]
