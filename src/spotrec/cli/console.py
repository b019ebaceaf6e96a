"""Where results and errors are printed, and what tables share."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.errors import SpotrecError

if TYPE_CHECKING:
    from spotrec.track import Track

_PIPE_WIDTH = 240  # a table that nobody's terminal must hold is not cut
_LISTED = 10


def console(*, stderr: bool = False) -> Console:
    to = Console(stderr=stderr, highlight=False, markup=False)
    if not to.is_terminal:
        to.width = _PIPE_WIDTH
    return to


def error(error: SpotrecError) -> None:
    """Say on stderr what was wrong and what to do next."""
    to = console(stderr=True)
    to.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.hint:
        to.print(Text.assemble(("hint: ", "bold"), error.hint), soft_wrap=True)


def pairs() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def print_columns(to: Console, columns: dict[str, list[Text]]) -> None:
    """A table of those columns that say something."""
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, overflow="fold")
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*cells)
    to.print(table if shown else "nothing")


def link(track: "Track", *, on_terminal: bool) -> Text:
    """Where the track can be heard: what a terminal can click, or the whole address for a pipe."""
    address = track.url or track.path or track.id
    if track.path and not track.url and on_terminal:
        return Text(Path(track.path).name, style=f"link {Path(track.path).as_uri()}")
    return Text(address, style=f"link {address}" if track.url and on_terminal else "")


def reasons(to: Console, what: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    to.print(f"{len(rows)} {what}:")
    for name, reason in rows[:_LISTED]:
        to.print(f"  {name}: {reason}")
    if len(rows) > _LISTED:
        to.print(f"  … and {len(rows) - _LISTED} more (--json lists all)")
