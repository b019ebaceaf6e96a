"""Stored tracks and collections as tables, and what was removed."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, harmless, say, say_indented
from spotrec.cli.show.outputs import print_csv
from spotrec.cli.show.tables import Columns, print_table, table_of
from spotrec.cli.show.tracks import link, track_table
from spotrec.cli.show.units import counted, local_time
from spotrec.operations.as_json.tracks import RECORD_COLUMNS
from spotrec.track import Outcome

if TYPE_CHECKING:
    from spotrec.operations.results import Removal, TagReport
    from spotrec.store import KnownCollection, ProviderAnswer, TrackRecord
    from spotrec.track import Track

_LISTED = 10


def print_records(shown: "list[TrackRecord]", *, answers: bool, failures: bool, more: bool, words: str) -> None:
    """Print tracks as a table, or one by one with each provider's answer (`answers`) or its faults (`failures`).

    Args:
        words: what the tracks were chosen by, "" for all tracks.
    """
    to = console()
    if not shown:
        what = " has failed" if failures else " is without audio" if answers else ""
        if words:
            say(
                to,
                with_flags(
                    f"no stored track{what} and matches {words}" if what else f"no stored track matches {words}"
                ),
            )
            to.print(with_flags("`spotrec tracks` lists all, `spotrec crawl SOURCE` adds some"), style="dim")
        else:
            say(to, f"no track{what}" if what else with_flags("no tracks yet: `spotrec crawl SOURCE` adds some"))
    elif answers or failures:
        for one in shown:
            _record(to, one, answers=answers, failures=failures)
    else:
        print_table(to, track_table(to, RECORD_COLUMNS, shown))
    if more:
        to.print("… and more: --limit, --csv and --json show them", style="dim")


def print_records_csv(records: "Iterable[TrackRecord]", *, raw: bool) -> None:
    """Print a line of CSV for each track as it is read."""
    print_csv(
        RECORD_COLUMNS, records, raw=raw, answers=lambda one: "; ".join(_answer(answer, str) for answer in one.answers)
    )


def print_collections(known: "list[KnownCollection]") -> None:
    to = console()
    if not known:
        to.print("no collections yet")
        return
    columns: Columns = {
        "collection": [_collection(one) for one in known],
        "tracks": [str(one.n_tracks) for one in known],
        "crawled": [local_time(one.crawled_at)[:10] for one in known],
    }
    print_table(to, table_of(columns, numbers=["tracks"]))


def print_removal(removal: "Removal", *, next_command: str = "", stderr: bool = False) -> None:
    to = console(stderr=stderr)
    verb = "removed" if removal.is_done else "to remove"
    _going(to, "collection", verb, [(one.collection.title, one.id) for one in removal.collections])
    _going(to, "track", verb, [(track.name, track.id) for track in sorted(removal.tracks, key=_in_order)])
    if next_command:
        to.print(f"next: {to_paste(next_command)}", style="dim", soft_wrap=True)


def print_tags(report: "TagReport", command: str) -> None:
    """Print the files and their tags.

    Args:
        command: what writes what a dry run shows.
    """
    to = console()
    for file in report.files:
        if file.state == "left":
            say(to, file.reason, "yellow")
            continue
        tempo = [] if file.bpm is None else [f"{file.bpm:g} bpm"]
        key = [file.musical_key] if file.musical_key else []
        say(to, f"{', '.join([*tempo, *key])}  {file.path}")
    left = f", {report.count('left')} left as they are" if report.count("left") else ""
    if report.is_done:
        say(to, f"tags written: {counted(report.count('written'), 'file')}{left}")
        if report.count("written"):
            to.print(f"next: {to_paste('spotrec index')}", style="dim", soft_wrap=True)
    else:
        say(to, f"tags to write: {counted(report.count('to write'), 'file')}{left}")
        if report.count("to write"):
            to.print(
                harmless(f"nothing is written yet; to write them: {to_paste(command)}"), style="dim", soft_wrap=True
            )


def _in_order(track: "Track") -> tuple[str, str, str]:
    return track.name.casefold(), track.album or "", track.id


def _collection(one: "KnownCollection") -> Text:
    kind, address = f" ({one.collection.kind})", one.collection.url or one.id
    return Text.assemble(one.collection.title, (kind, "dim"), "\n", (address, "dim"))


def _record(to: Console, one: "TrackRecord", *, answers: bool, failures: bool) -> None:
    say(to, Text(one.track.name, "bold"))
    say_indented(to, link(one.track, on_terminal=to.is_terminal))
    if answers:
        for answer in one.answers:
            say_indented(to, _answer(answer, local_time))
        if not one.answers:
            to.print("  no provider has been queried yet")
    if failures:
        for fault in one.faults:
            say_indented(to, Text(fault, "yellow"))


def _answer(answer: "ProviderAnswer", shown_time: Callable[[str], str]) -> str:
    result = f"{answer.provider}: {answer.outcome}" + (f" ({answer.reason})" if answer.reason else "")
    if answer.outcome is Outcome.FOUND:
        return result
    again = f"after {shown_time(answer.ask_again_at)}" if answer.ask_again_at else "with --retry-all"
    return f"{result}, queried again {again}"


def _going(to: Console, what: str, verb: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    to.print(f"{counted(len(rows), what)} {verb}:")
    for name, id_ in rows[:_LISTED]:
        say_indented(to, Text.assemble(name, "  ", (id_, "dim")))
    if len(rows) > _LISTED:
        to.print(f"  … and {len(rows) - _LISTED} more (--json lists all)")
