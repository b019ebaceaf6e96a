"""A journey for people."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, print_table, table_of, track_columns

if TYPE_CHECKING:
    from spotrec.operations.results import Journey


def journey(found: "Journey") -> None:
    to = console()
    first, last = found.steps[0].track, found.steps[-1].track
    to.print(Text.assemble("From ", (first.name, "bold"), " to ", (last.name, "bold"), ":"))
    numbers = {"#": [Text(str(step.number)) for step in found.steps]}
    beside = {
        "step": [Text("" if step.similarity is None else f"{step.similarity:.3f}") for step in found.steps],
        "along": [Text(f"{step.along:.0%}") for step in found.steps],
    }
    tags = [", ".join(step.tags) for step in found.steps]
    columns = track_columns(to, [step.track for step in found.steps], beside, tags)
    print_table(to, table_of(numbers | columns, numbers=["#", "step", "along"]))
