"""What `add` did, and what it does while it watches, as lines."""

import shlex
from typing import TYPE_CHECKING

from spotrec.cli.flags import to_paste
from spotrec.cli.show.console import console, note, reasons, say
from spotrec.cli.show.crawl import print_crawl, print_faults
from spotrec.cli.show.extraction import print_extraction
from spotrec.cli.show.index import print_built

if TYPE_CHECKING:
    from spotrec.operations.results import AddReport

_SPECIAL = frozenset('"$`\\!')
"""What a shell reads inside double quotes."""


def print_added(report: "AddReport") -> None:
    """Print the three stages, then what was not read, and last the command to go on with."""
    to = console()
    print_crawl(report.crawl)
    if report.extraction:
        print_extraction(report.extraction, says_next=False)
    if report.index:
        print_built(report.index, says_next=False)
    print_faults(report.crawl)
    if report.example:
        to.print(f"next: {to_paste(f'spotrec query {in_quotes(report.example)}')}", soft_wrap=True, style="dim")
    else:
        note("nothing can be recommended yet: `spotrec status` says what is missing")


def print_followed(report: "AddReport") -> None:
    """Print one round of a watch: what was crawled first, later how the collections changed, and what failed."""
    to, crawl = console(), report.crawl
    if crawl.sources and not report.changes:
        print_crawl(crawl)
    for change in report.changes:
        if change.added or change.dropped or change.removed:
            say(
                to,
                f"“{change.title}”: {change.added} added, {change.dropped} no longer listed, "
                f"{change.removed} removed from the catalogue",
            )
    if report.changes:
        reasons(to, f"{len(crawl.skipped)} skipped", [(one.name, one.why) for one in crawl.skipped])
    if report.extraction and (report.extraction.extracted or report.extraction.failures):
        print_extraction(report.extraction, says_next=False)
    if report.index:
        print_built(report.index, says_next=False)
    print_faults(crawl)


def in_quotes(words: str) -> str:
    """Return words as one argument for a shell, in double quotes where they do."""
    return shlex.quote(words) if _SPECIAL & set(words) else f'"{words}"'
