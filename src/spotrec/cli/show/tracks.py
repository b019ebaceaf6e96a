"""Tables of tracks. A terminal gets one column with all about the track, a pipe gets one column for each field."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.cli.show.tables import table_of

if TYPE_CHECKING:
    from spotrec.operations.as_json.columns import Column
    from spotrec.track import Track


def track_table(to: Console, columns: "Sequence[Column]", rows: Sequence[Any], below: Sequence[str] = ()) -> Table:
    """Return a table of rows, each with a `track`, with the columns that have a heading.

    On a terminal all fields of a track share one column, because a link that breaks over lines does not work.

    Args:
        below: for each row, text to show on a terminal below the track's name.
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
    """Return a link to the track: clickable on a terminal, the whole address in a pipe."""
    address = track.address
    if not on_terminal:
        return Text(address)
    if track.path and not track.url:
        return Text(Path(track.path).name, style=f"dim link {Path(track.path).as_uri()}")
    return Text(address, style=f"dim link {address}" if track.url else "dim")


def _named(track: "Track", also: str) -> Text:
    """Return artist, title and album; below them the link, if the name itself is not a link to a file."""
    address = link(track, on_terminal=True)
    album = f" · {track.album}" if track.album else ""
    if track.path and not track.url:
        name = Text.assemble((track.name, f"link {Path(track.path).as_uri()}"), (album, "dim"))
    else:
        name = Text.assemble(track.name, (album, "dim"), "\n", address)
    return name.append(f"\n{also}" if also else "", "italic")
