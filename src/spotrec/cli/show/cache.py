"""The audio cache as tables."""

from typing import TYPE_CHECKING

from spotrec.cli.show.console import console, reasons, say
from spotrec.cli.show.tables import print_table, table_of
from spotrec.cli.show.units import counted, megabytes
from spotrec.operations.as_json.library import CACHED_FILE_COLUMNS
from spotrec.operations.results import State

if TYPE_CHECKING:
    from spotrec.operations.results import Amount, CachedFile, Clearing, CopyReport


def print_files(files: "list[CachedFile]", amounts: "dict[State, Amount]") -> None:
    to = console()
    if files:
        shown = [column for column in CACHED_FILE_COLUMNS if column.heading]
        cells = {column.heading: [column.text(file) for file in files] for column in shown}
        print_table(to, table_of(cells, numbers=[column.heading for column in shown if column.is_number]))
        left = sum(amount.n for amount in amounts.values()) - len(files)
        if left:
            say(to, f"… and {left} more (--limit or --json shows them)")
    say(to, f"total: {_amounts(amounts)}")


def print_clearing(clearing: "Clearing", *, stderr: bool = False) -> None:
    to = console(stderr=stderr)
    did = "deleted" if clearing.is_done else "to delete"
    say(to, f"{did} from {clearing.cache}: {_amounts(clearing.goes)}")
    if clearing.stays:
        say(to, f"kept: {_amounts(clearing.stays)}")


def print_copy(report: "CopyReport") -> None:
    to = console()
    did = "moved" if report.is_move else "copied"
    say(to, f"{did} to {report.target}: {_amount(report.copied)}")
    if report.there.n:
        say(to, f"already copied: {_amount(report.there)}")
    if report.others:
        say(to, f"not cached audio, left alone: {counted(report.others, 'file')}")
    if report.failures:
        reasons(to, f"{counted(len(report.failures), 'file')} not {did}", report.failures)


def _amounts(amounts: "dict[State, Amount]") -> str:
    found = {state: amounts[state] for state in State if state in amounts}
    return ", ".join(f"{one.n} {state} ({megabytes(one.n_bytes)})" for state, one in found.items()) or "nothing"


def _amount(amount: "Amount") -> str:
    return f"{counted(amount.n, 'file')} ({megabytes(amount.n_bytes)})"
