"""Copies of recordings as a table for each."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, say
from spotrec.cli.show.tables import print_with_last_below
from spotrec.cli.show.units import counted, megabytes
from spotrec.operations.as_json.copies import COPY_COLUMNS, copies_of

if TYPE_CHECKING:
    from spotrec.operations.duplicates import Duplicates

_IN_HEADINGS = ("#", "title", "artist")


def print_duplicates(found: "Duplicates", most: int | None) -> None:
    to = console()
    shown = [column for column in COPY_COLUMNS if column.heading and column.heading not in _IN_HEADINGS]
    for group in found.groups[:most]:
        rows = copies_of([group])
        why = Text(
            f"  by {', '.join(group.why)}" + (f"; differ in {', '.join(group.differs)}" if group.differs else "")
        )
        say(to, Text.assemble(Text(f"{group.number}. {rows[0].track.name}", "bold"), why))
        cells = {column.heading: [column.text(row) for row in rows] for column in shown}
        print_with_last_below(to, cells, numbers=[one.heading for one in shown if one.is_number], set_in=True)
    if most is not None and len(found.groups) > most:
        say(to, f"… and {len(found.groups) - most} more (--limit, --csv or --json shows them)")
    extra = [copy.n_bytes or 0 for group in found.groups for copy in group.copies[1:]]
    if not found.groups:
        say(to, f"No recording is there twice among {counted(found.n_tracks, 'track')}.")
        return
    more = f"{counted(len(extra), 'copy' if len(extra) == 1 else 'copie')} more than needed ({megabytes(sum(extra))})"
    say(to, f"{counted(len(found.groups), 'recording')}, {more}")
