"""Crawls, planned crawls and syncs as tables."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, error, harmless, note, reasons, say, say_indented
from spotrec.cli.show.tables import print_columns, print_table, table_of
from spotrec.cli.show.units import counted, local_time
from spotrec.errors import ServiceUnavailable, SpotrecError
from spotrec.track import Outcome

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, MissingTrack, SourceReport
    from spotrec.operations.results import SyncReport

_NAMES_A_REASON = 5


def print_crawl(report: "CrawlReport", next_command: str = "") -> None:
    to = console()
    rest = {"without": len(report.missing), "listed again": report.repeated, "skipped": len(report.skipped)}
    say(
        to,
        f"{counted(report.seen, 'track')} seen, {report.new} new, {report.with_audio} with audio "
        f"({report.fetched} fetched now)" + "".join(f", {n} {what}" for what, n in rest.items() if n),
        "bold",
    )
    if len(report.sources) > 1:
        to.print()
        _print_sources(to, report.sources, "without")
    if report.providers:
        to.print()
        print_table(to, _providers_table(report.providers))
    _without_audio(to, report.missing)
    reasons(to, f"\n{len(report.skipped)} skipped", [(skipped.name, skipped.why) for skipped in report.skipped])
    if report.with_audio and next_command:
        to.print(f"next: {to_paste(next_command)}", style="dim", soft_wrap=True)


def print_retry(report: "CrawlReport", first_due_at: str | None) -> None:
    """Print why a retry queried no provider, if that is so."""
    if not report.seen:
        console().print("no track lacks audio: there is nothing to retry")
    elif report.missing and not report.providers:
        due = f"the first is due after {local_time(first_due_at)}; " if first_due_at else ""
        note(with_flags(f"no provider was queried: {due}`spotrec crawl --retry-all` queries all of them now"))


def print_plan(plan: "CrawlPlan") -> None:
    to = console()
    if not plan.tracks:
        to.print("nothing to fetch")
    ways = Counter((one.provider, one.how) for one in plan.tracks)
    for (provider, how), n in ways.most_common():
        way = (
            f"first from {provider}, {how}" if provider else "later: every provider has answered, or cannot be queried"
        )
        say(to, f"{n} to fetch {way}")
    to.print()
    _print_sources(to, plan.sources, "to fetch")
    reasons(to, f"\n{len(plan.skipped)} skipped", [(skipped.name, skipped.why) for skipped in plan.skipped])
    to.print("nothing was stored or fetched; --json lists every track", style="dim")


def print_faults(report: "CrawlReport | CrawlPlan") -> None:
    """Print on stderr which lists may be incomplete, which sources failed, and which services ask us to wait."""
    for notice in report.notices:
        note(notice)
    for failed in report.failed_sources:
        error(SpotrecError(failed.message, failed.error.hint))
    for fault in getattr(report, "faults", ()):
        others = f" and {counted(fault.n_tracks - 1, 'other track')}" if fault.n_tracks > 1 else ""
        hint = fault.error.hint
        if isinstance(fault.error, ServiceUnavailable) and fault.ask_again_at:
            hint = f"`spotrec crawl --retry` queries it again after {local_time(fault.ask_again_at.isoformat())}"
        error(SpotrecError(f"{fault.provider}, for {fault.track.name}{others}: {fault.error.message}", hint))


def print_sync(report: "SyncReport", next_command: str) -> None:
    to = console()
    for change in report.changes:
        if change.added or change.dropped or change.removed:
            say(
                to,
                f"“{change.title}” ({change.id}): {change.added} added, {change.dropped} no longer listed, "
                f"{change.removed} removed from the catalogue",
            )
    if not any(change.added or change.dropped or change.removed for change in report.changes):
        to.print("no collection has changed")
    if report.crawl.seen:
        print_crawl(report.crawl, next_command)


def _print_sources(to: Console, sources: "list[SourceReport]", missing: str) -> None:
    """Print a table with a row for each source; a source that was not read completely is yellow."""
    columns: dict[str, list[Text]] = {"source": [_source_name(to, source, sources) for source in sources]}
    numbers = {
        "seen": [source.seen for source in sources],
        "new": [source.new for source in sources],
        "with audio": [source.with_audio for source in sources],
        missing: [source.missing for source in sources],
    }
    if any(source.repeated for source in sources):
        numbers["listed again"] = [source.repeated for source in sources]
    if any(source.skipped for source in sources) or not to.is_terminal:
        numbers["skipped"] = [source.skipped for source in sources]
    for name, values in numbers.items():
        columns[name] = [
            Text(str(n) if source.seen or source.is_complete else "–", "" if source.is_complete else "yellow")
            for n, source in zip(values, sources, strict=True)
        ]
    print_columns(to, columns, numbers=numbers)


def _source_name(to: Console, source: "SourceReport", sources: "Sequence[SourceReport]") -> Text:
    """Return the source's title on a terminal if it is unique there, else the title with the source's name."""
    style = "" if source.is_complete else "yellow"
    if source.title and to.is_terminal and [other.title for other in sources].count(source.title) == 1:
        return Text(source.title, style)
    name = source.name.removeprefix("https://") if to.is_terminal else source.name
    return Text(f"{source.title} ({name})" if source.title else name, style)


def _providers_table(providers: "Mapping[str, Mapping[str, int]]") -> Table:
    columns = {"provider": [Text(provider) for provider in providers]}
    for outcome in Outcome:
        counts = [outcomes.get(outcome, 0) for outcomes in providers.values()]
        if any(counts):
            columns[outcome.value] = [Text(str(n)) for n in counts]
    return table_of(columns, numbers=[outcome.value for outcome in Outcome])


def _without_audio(to: Console, missing: "Sequence[MissingTrack]") -> None:
    """Print the tracks without audio, grouped by the providers' answers; a terminal shows only the first of each."""
    by_reason: dict[str, list[str]] = {}
    for one in missing:
        by_reason.setdefault(one.reason, []).append(one.track.name)
    if missing:
        to.print(f"\n{len(missing)} without audio:")
    is_cut = False
    for reason, names in sorted(by_reason.items(), key=lambda entry: -len(entry[1])):
        say_indented(to, Text(f"{len(names)}: {reason}", "yellow"))
        shown = names[:_NAMES_A_REASON] if to.is_terminal else names
        for name in shown:
            to.print(harmless(f"    {name}"), no_wrap=to.is_terminal, overflow="ellipsis", soft_wrap=not to.is_terminal)
        if len(shown) < len(names):
            to.print(f"    … and {len(names) - len(shown)} more", style="dim")
            is_cut = True
    if is_cut:
        to.print(with_flags("`spotrec tracks --missing-audio` lists all"), style="dim")
