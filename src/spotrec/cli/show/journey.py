"""A journey as a table."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console
from spotrec.cli.show.tables import print_table
from spotrec.cli.show.tracks import track_table
from spotrec.operations.as_json.journeys import STEP_COLUMNS

if TYPE_CHECKING:
    from spotrec.operations.journey import Journey


def print_journey(found: "Journey") -> None:
    to = console()
    first, last = found.steps[0].track, found.steps[-1].track
    to.print(Text.assemble("From ", (first.name, "bold"), " to ", (last.name, "bold"), ":"))
    print_table(to, track_table(to, STEP_COLUMNS, found.steps, [", ".join(step.tags) for step in found.steps]))
