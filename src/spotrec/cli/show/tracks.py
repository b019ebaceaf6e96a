"""Rows of tracks as tables: one column that names the track on a terminal, one for each thing known in a pipe."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.cli.show.tables import table_of

if TYPE_CHECKING:
    from spotrec.operations.as_json import Column
    from spotrec.track import Track


def track_table(to: Console, columns: "Sequence[Column]", rows: Sequence[Any], below: Sequence[str] = ()) -> Table:
    """Rows, each of a `track`, by those of the columns that have a heading.

    A terminal has what belongs to a track in one column: a link that is broken over lines is none.

    Args:
        below: what else a terminal says of each track, below its name.
    """
    cells: dict[str, list[Text]] = {}
    for column in columns:
        if to.is_terminal and column.is_of_track:
            cells.setdefault("track", [Text()] * len(rows))
        elif column.heading:
            cells[column.heading] = [Text(column.text(row)) for row in rows]
    if to.is_terminal:
        cells["track"] = [_named(row.track, also) for row, also in zip(rows, below or [""] * len(rows), strict=True)]
    return table_of(cells, numbers=[column.heading for column in columns if column.is_number])


def link(track: "Track", *, on_terminal: bool) -> Text:
    """Where the track can be heard: what a terminal can click, or the whole address for a pipe."""
    address = track.address
    if not on_terminal:
        return Text(address)
    if track.path and not track.url:
        return Text(Path(track.path).name, style=f"dim link {Path(track.path).as_uri()}")
    return Text(address, style=f"dim link {address}" if track.url else "dim")


def _named(track: "Track", also: str) -> Text:
    """Artist, title and album; below them the link, where the name itself is not a link to a file."""
    address = link(track, on_terminal=True)
    album = f" · {track.album}" if track.album else ""
    if track.path and not track.url:
        name = Text.assemble((track.name, f"link {Path(track.path).as_uri()}"), (album, "dim"))
    else:
        name = Text.assemble(track.name, (album, "dim"), "\n", address)
    return name.append(f"\n{also}" if also else "", "italic")
