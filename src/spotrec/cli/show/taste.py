"""What was liked, disliked and banned, as a table and as lines."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show.console import console, reasons, say, say_indented
from spotrec.cli.show.tables import Columns, print_table, table_of
from spotrec.cli.show.units import counted, local_time
from spotrec.store import Thing

if TYPE_CHECKING:
    from spotrec.operations.taste import TasteReport
    from spotrec.operations.taste_file import TasteExport, TasteImport
    from spotrec.store import Signal

_DONE = {
    "like": "liked",
    "dislike": "disliked",
    "ban": "banned",
    "unban": "no longer banned",
    "forget": "forgotten",
}
_NONE = {"unban": "no ban lifted"}
_LISTED = 10


def print_signals(found: "list[Signal]") -> None:
    to = console()
    if not found:
        say(to, with_flags("nothing yet: `spotrec like TRACK`, `spotrec dislike TRACK` and `spotrec ban TRACK`"))
        return
    columns: Columns = {
        "": [one.verb for one in found],
        "what": [_what(one) for one in found],
        "when": [local_time(one.said_at) for one in found],
        "where": [one.source for one in found],
    }
    print_table(to, table_of(columns, numbers=[]))


def print_report(report: "TasteReport") -> None:
    to = console()
    verb, found = _DONE[report.verb], report.signals
    if len(found) == 1:
        say(to, Text.assemble(f"{verb}: ", _what(found[0])))
    else:
        say(to, f"{len(found)} {verb}:" if found else _NONE.get(report.verb, f"nothing {verb}"))
        for one in found[:_LISTED]:
            say_indented(to, _what(one))
        if len(found) > _LISTED:
            to.print(f"  … and {len(found) - _LISTED} more (--json lists all)")
    unknown = [(one.name, one.reason) for one in report.unknown]
    reasons(console(stderr=True), f"{counted(len(unknown), 'entry', 'entries')} left out", unknown)


def print_export(report: "TasteExport") -> None:
    say(console(), f"likes, dislikes and bans written to {report.file}: {report.n_signals}")


def print_import(report: "TasteImport") -> None:
    say(console(), f"{report.new} added, {report.known} known already, {len(report.faulty)} not valid")
    faults = [(one.name, one.reason) for one in report.faulty]
    reasons(console(stderr=True), f"{counted(len(faults), 'row')} left out", faults)


def _what(one: "Signal") -> Text:
    subject = one.subject
    match subject.thing:
        case Thing.ARTIST:
            return Text.assemble(("artist ", "dim"), subject.name)
        case Thing.ALBUM:
            by = f"{', '.join(subject.artists)} – " if subject.artists else ""
            return Text.assemble(("album ", "dim"), by, subject.name)
    return Text(f"{', '.join(subject.artists)} – {subject.name}" if subject.artists else subject.name)
