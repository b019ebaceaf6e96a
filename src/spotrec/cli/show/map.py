"""A map that was drawn, as lines."""

from typing import TYPE_CHECKING

from spotrec.cli.show.console import console, note, say
from spotrec.cli.show.units import counted

if TYPE_CHECKING:
    from spotrec.operations.results import MapReport


def print_map(report: "MapReport") -> None:
    files = " and ".join(str(file) for file in (report.html, report.png) if file)
    say(console(), f"{counted(report.n_tracks, 'track')} on the map: {files}")
    if report.missing:
        note(
            f"{counted(report.missing, 'track')} not on the map, because the index lacks them: "
            "run `spotrec extract`, then `spotrec index`"
        )
