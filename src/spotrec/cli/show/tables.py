"""Tables: how every table looks is decided here."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby

from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from rich.table import Table
from rich.text import Text

from spotrec.cli.show.console import harmless

_GAP = 2
"""The blanks between two columns."""
_INDENT = 4
_ROW = "row"
_WIDER = 100_000
"""A width at which every table has room."""

Columns = Mapping[str, Sequence[Text | str]]
"""Cells by heading, in order."""


def print_table(to: Console, table: Table) -> None:
    """Print a table; in a pipe without trailing spaces."""
    if to.is_terminal:
        to.print(table)
        return
    with to.capture() as held:
        to.print(table)
    to.print("\n".join(line.rstrip() for line in held.get().splitlines()), soft_wrap=True)


def print_with_last_below(to: Console, columns: Columns, *, numbers: Collection[str], set_in: bool = False) -> None:
    """Print a table; on a terminal that is too narrow, with the cells of the last column whole below their rows."""
    whole = table_of(columns, numbers=numbers, set_in=set_in)
    if to.measure(whole, options=to.options.update(width=_WIDER)).maximum <= to.width:
        print_table(to, whole)
        return
    *names, last = columns
    others = table_of({name: columns[name] for name in names}, numbers=numbers, set_in=set_in)
    for i, row in enumerate(others.rows):
        row.style = Style(meta={_ROW: i})
    lines = to.render_lines(others, pad=False)
    for number, lines_of_row in groupby(lines, _row):
        for line in lines_of_row:
            to.print(_line(line), soft_wrap=True)
        if number is not None and (cell := columns[last][number]):
            to.print(Text(" " * _INDENT).append_text(harmless(cell)), soft_wrap=True)


def _row(line: Iterable[Segment]) -> int | None:
    """Return the row that a rendered line is of; None if it is of the headings."""
    return next((segment.style.meta[_ROW] for segment in line if segment.style and _ROW in segment.style.meta), None)


def _line(segments: Iterable[Segment]) -> Text:
    return Text.assemble(*((segment.text, segment.style or "") for segment in segments))


def pairs(rows: Iterable[tuple[str, Text | str]]) -> Table:
    """Return a table of names and values."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(harmless(name), harmless(value))
    return table


def print_columns(to: Console, columns: Columns, *, numbers: Collection[str], title: str | None = None) -> None:
    """Print a table whose first column names the rows; numbers without room go into a second table below.

    Each of the tables has the whole names of the rows.
    """
    (heading, names), *others = columns.items()
    shown = [(name, cells) for name, cells in others if any(cells)]
    width = {name: max(_width(text) for text in (name, *cells)) + _GAP for name, cells in [(heading, names), *shown]}
    left = to.width + _GAP - min(width[heading], to.width // 2)  # longer names go on in the next line
    parts: list[dict[str, Sequence[Text | str]]] = [{}]
    for name, cells in shown:
        if parts[-1] and sum(width[other] for other in parts[-1]) + width[name] > left:
            parts.append({})
        parts[-1][name] = cells
    for i, part in enumerate(parts):
        print_table(to, table_of({heading: names, **part}, numbers=numbers, title=None if i else title))


def _width(text: Text | str) -> int:
    return (text if isinstance(text, Text) else Text(text)).cell_len


def table_of(
    columns: Columns,
    *,
    numbers: Collection[str] = (),
    title: str | None = None,
    headings: bool = True,
    set_in: bool = False,
) -> Table:
    """Return a table of the columns that are not empty.

    Args:
        numbers: headings of the columns to align right.
        title: a line above the table.
        headings: whether to show the headings.
        set_in: whether to indent the table.
    """
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=set_in, show_header=headings, header_style="bold")
    table.title, table.title_justify, table.title_style = title, "left", "bold"
    for name in shown:
        is_number = name in numbers
        table.add_column(name, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*map(harmless, cells))
    return table
