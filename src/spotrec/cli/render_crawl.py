"""Crawls for people: what came of them, or would."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.cli.console import console, error, reasons
from spotrec.errors import SpotrecError
from spotrec.track import Outcome

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, SourceReport
    from spotrec.library import SyncReport


def crawl_report(report: "CrawlReport") -> None:
    to = console()
    to.print(
        f"{report.seen} tracks seen, {report.new} new, {report.with_audio} with audio ({report.fetched} fetched now)"
    )
    if len(report.sources) > 1:
        to.print(_sources_table(report.sources, "missing"))
    if report.providers:
        to.print(_providers_table(report.providers))
    reasons(to, "skipped", [(skipped.name, skipped.reason) for skipped in report.skipped])
    _without_audio(to, report)
    if report.with_audio:
        to.print("next: spotrec extract", style="dim")


def crawl_plan(plan: "CrawlPlan") -> None:
    to = console()
    to.print(_sources_table(plan.sources, "to fetch"))
    ways = Counter((one.provider, one.how) for one in plan.tracks)
    for (provider, how), n in ways.most_common():
        first = (
            f"first from {provider}, {how}" if provider else "from nobody now: all have answered, or cannot be asked"
        )
        to.print(f"{n} to fetch {first}")
    reasons(to, "skipped", [(skipped.name, skipped.reason) for skipped in plan.skipped])
    to.print("nothing was stored or fetched; --json lists every track", style="dim")


def crawl_faults(report: "CrawlReport | CrawlPlan") -> None:
    """Say on stderr which lists may be cut, which sources failed, and who asks us to wait."""
    for notice in report.notices:
        console(stderr=True).print(Text.assemble(("note: ", "bold yellow"), notice), soft_wrap=True)
    for failed in report.failed_sources:
        error(SpotrecError(f"{failed.source}: {failed.error.message}", failed.error.hint))
    for waiting in getattr(report, "waiting_for", ()):
        error(waiting)


def sync_report(report: "SyncReport") -> None:
    if report.crawl.seen:
        crawl_report(report.crawl)
    to = console()
    for change in report.changes:
        if change.added or change.dropped or change.removed:
            to.print(
                f"“{change.title}” ({change.id}): {change.added} added, {change.dropped} no longer listed, "
                f"{change.removed} removed from the catalogue",
                soft_wrap=True,
            )


def _sources_table(sources: "list[SourceReport]", missing: str) -> Table:
    table = Table("source", box=None, pad_edge=False, header_style="bold")
    for name in ("seen", "new", "with audio", missing, "skipped"):
        table.add_column(name, justify="right")
    for source in sources:
        numbers = (source.seen, source.new, source.with_audio, source.missing, source.skipped)
        name = f"{source.title} ({source.name})" if source.title else source.name
        table.add_row(name, *map(str, numbers), style="" if source.is_complete else "yellow")
    return table


def _providers_table(providers: "Mapping[str, Mapping[str, int]]") -> Table:
    table = Table("asked", box=None, pad_edge=False, header_style="bold")
    for outcome in Outcome:
        table.add_column(outcome.value, justify="right")
    for provider, outcomes in providers.items():
        table.add_row(provider, *(str(outcomes.get(outcome, 0)) for outcome in Outcome))
    return table


def _without_audio(to: Console, report: "CrawlReport") -> None:
    """Every track without audio, by what the providers said of it."""
    by_reason: dict[str, list[str]] = {}
    for missing in report.missing:
        by_reason.setdefault(missing.reason, []).append(missing.track.name)
    if report.missing:
        to.print(f"{len(report.missing)} without audio:")
    for reason, names in by_reason.items():
        to.print(f"  {reason}", style="yellow")
        for name in names:
            to.print(f"    {name}", soft_wrap=True)
