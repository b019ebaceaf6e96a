"""Extractions as lines and tables."""

from typing import TYPE_CHECKING

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, reasons, say
from spotrec.cli.show.tables import print_table, table_of
from spotrec.cli.show.units import counted

if TYPE_CHECKING:
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.uploads.worker import QueueReport


def print_extraction(report: "ExtractReport", *, says_next: bool = True) -> None:
    to = console()
    deleted = f", {counted(report.deleted, 'cached file')} deleted" if report.deleted else ""
    say(to, f"{counted(report.extracted, 'track')} heard by {_as_sum(report.model)}{deleted}")
    if report.at_hand or report.fetched_again:
        again = f"{report.at_hand} from stored audio, {report.fetched_again} fetched again"
        say(to, f"already heard by another model: {again}")
    if report.heard_again:
        say(to, f"heard again in more excerpts: {counted(report.heard_again, 'track')}")
    if report.without_more:
        say(to, f"{counted(report.without_more, 'track')} heard in fewer excerpts: the audio is not at hand any more")
    if report.tempo_heard:
        alone = f", of {report.tempo_alone:,} without the networks" if report.tempo_alone else ""
        say(to, f"tempo and key heard: {counted(report.tempo_heard, 'track')}{alone}")
    if report.fingerprinted_alone:
        say(to, f"fingerprints heard: {counted(report.fingerprinted_alone, 'track')} without the networks")
    reasons(to, f"{len(report.failures)} failed", [(failure.message, failure.reason) for failure in report.failures])
    for why in report.undeleted:
        say(to, f"cached audio could not be deleted, the next run tries again: {why}", "yellow")
    earlier = report.left - len(report.failures)
    if earlier > 0:
        why = with_flags("`spotrec status` shows why, `spotrec extract --retry-failed` tries again")
        say(to, f"{earlier} failed earlier: {why}")
    if report.audio_gone:
        gone = f"the audio of {counted(report.audio_gone, 'track')} with features of another model is gone"
        models = " ".join(f"--model {model.partition('+')[0]}" for model in report.model.split(","))
        again = to_paste(f"spotrec crawl --retry {models}")
        say(to, f"{gone}; `{again}` tries to fetch it again", "yellow")
    if report.extracted and says_next:
        to.print(f"next: {to_paste('spotrec index')}", style="dim", soft_wrap=True)


def print_queue(report: "QueueReport") -> None:
    to = console()
    say(
        to,
        f"{counted(report.messages, 'message')}: {counted(report.extracted, 'clip')} heard by {_as_sum(report.model)}, "
        f"{report.known} known, {report.gone} gone, {counted(report.deleted, 'object')} deleted",
    )
    if report.left:
        say(to, f"{counted(report.left, 'time')} a message stayed in the queue (--json shows why)", "yellow")
    if report.extracted:
        to.print(f"next: {to_paste('spotrec index')}", style="dim", soft_wrap=True)


def print_embedded(rows: "list[tuple[HeardFile, dict[str, float]]]") -> None:
    columns = {
        "file": [str(heard.path) for heard, _ in rows],
        "numbers": [str(len(heard.vector)) for heard, _ in rows],
        "tags": [", ".join(f"{name} {p:.2f}" for name, p in tags.items()) for _, tags in rows],
    }
    print_table(console(), table_of(columns))


def _as_sum(models: str) -> str:
    """Return the name of several models as people see it: `choi-2 + mn04-1`."""
    return models.replace(",", " + ")
