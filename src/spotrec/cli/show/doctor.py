"""The findings of `spotrec doctor` as lines."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show.console import console, say, say_indented

if TYPE_CHECKING:
    from spotrec.operations.results import Finding


def print_findings(found: "list[Finding]") -> None:
    to = console()
    for finding in found:
        mark = ("✓ ", "green") if finding.ok else ("✗ ", "bold red")
        say(to, Text.assemble(mark, (finding.name, "bold"), f": {finding.detail}"))
        if finding.hint:
            say_indented(to, Text(f"hint: {with_flags(finding.hint)}", "dim"))
