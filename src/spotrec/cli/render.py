"""Results and errors for people: every rich object but the progress bars."""

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.errors import SpotrecError

if TYPE_CHECKING:
    from spotrec.crawl.crawl import CrawlReport
    from spotrec.demo.demo import Demo
    from spotrec.doctor import Finding
    from spotrec.extract.extract import ExtractReport, Heard
    from spotrec.extract.weights import WeightsStatus
    from spotrec.recommender import IndexReport, Recommendations
    from spotrec.settings import ShownSetting
    from spotrec.status import Status
    from spotrec.track import Track

_PIPE_WIDTH = 240  # a table that nobody's terminal must hold is not cut
_LISTED = 10


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    return console


def error(error: SpotrecError) -> None:
    """Say on stderr what was wrong and what to do next."""
    console = _console(stderr=True)
    console.print(Text.assemble(("error: ", "bold red"), error.message), soft_wrap=True)
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold"), error.hint), soft_wrap=True)


def crawl_report(report: "CrawlReport") -> None:
    console = _console()
    console.print(
        f"{report.seen} tracks seen, {report.new} new, {report.with_audio} with audio ({report.fetched} fetched now)"
    )
    _reasons(console, "skipped", [(skipped.name, skipped.reason) for skipped in report.skipped])
    _reasons(console, "without audio", [(missing.track.name, missing.reason) for missing in report.missing])
    if report.with_audio:
        console.print("next: spotrec extract", style="dim")


def crawl_faults(report: "CrawlReport") -> None:
    """Say on stderr which lists may be cut, which sources failed, and who asks us to wait."""
    for notice in report.notices:
        _console(stderr=True).print(Text.assemble(("note: ", "bold yellow"), notice), soft_wrap=True)
    for failed in report.failed_sources:
        error(SpotrecError(f"{failed.source}: {failed.error.message}", failed.error.hint))
    for waiting in report.waiting_for:
        error(waiting)


def extract_report(report: "ExtractReport") -> None:
    console = _console()
    deleted = f", {report.deleted} cached files deleted" if report.deleted else ""
    console.print(f"{report.extracted} tracks heard by {report.model}{deleted}")
    _reasons(console, "failed", [(failure.message, failure.reason) for failure in report.failures])
    earlier = report.left - len(report.failures)
    if earlier > 0:
        console.print(
            f"{earlier} failed earlier: `spotrec status` says why, `spotrec extract --retry-failed` tries again"
        )
    if report.extracted:
        console.print("next: spotrec index", style="dim")


def index_report(report: "IndexReport") -> None:
    console = _console()
    console.print(f"{report.n_tracks} tracks indexed ({report.index}, {report.backend} search)")
    if report.recall_at_10 is not None:
        console.print(f"recall@10 against exact search: {report.recall_at_10:.4f}")
    console.print("next: spotrec query SEED", style="dim")


def recommendations(found: "Recommendations") -> None:
    console = _console()
    console.print(Text.assemble("What sounds like ", (found.seed.name, "bold"), ":"))
    if not found.results:
        console.print("nothing: the index holds no other recording")
        return
    console.print(_results_table(found, on_terminal=console.is_terminal, width=console.width))


def embedded(rows: "list[tuple[Heard, dict[str, float]]]") -> None:
    table = Table("file", "numbers", "what it hears", box=None, pad_edge=False)
    for heard, tags in rows:
        table.add_row(str(heard.path), str(len(heard.vector)), ", ".join(f"{name} {p:.2f}" for name, p in tags.items()))
    _console().print(table)


def status(now: "Status") -> None:
    console = _console()
    table = _pairs()
    table.add_row("store", str(now.store) + ("" if now.counts else " (none yet)"))
    if counts := now.counts:
        table.add_row("tracks", f"{counts.tracks} in {counts.collections} collections")
        table.add_row("audio", f"{counts.with_audio} with audio at hand, {counts.without_audio} without any yet")
        table.add_row("features", f"{counts.embedded} by {now.model}, {counts.pending} pending, {counts.failed} failed")
        others = {model: n for model, n in now.embedded_models.items() if model != now.model}
        if others:
            table.add_row("", ", ".join(f"{n} by {model}" for model, n in others.items()))
    held = f", {counts.cached} files of {counts.cached_bytes / 1e6:.1f} MB" if counts else ""
    table.add_row("cache", now.cache + held)
    table.add_row("weights", _weights(now.weights))
    table.add_row(
        "index",
        f"{now.index_name}, {now.indexed} tracks" if now.index_name else now.index_fault or "none yet",
    )
    console.print(table)
    for stage, reason, n in now.failures:
        console.print(f"{n} failed to {stage}: {reason}", style="yellow")
    for provider, outcome, reason, n in now.missing_audio:
        console.print(
            f"{n} without audio from {provider}: {outcome}" + (f" ({reason})" if reason else ""), style="yellow"
        )
    console.print(f"next: {now.next_command}", style="bold")


def findings(found: "list[Finding]") -> None:
    console = _console()
    for finding in found:
        mark = ("✓ ", "green") if finding.ok else ("✗ ", "bold red")
        console.print(Text.assemble(mark, (finding.name, "bold"), f": {finding.detail}"), soft_wrap=True)
        if finding.hint:
            console.print(f"    {finding.hint}", style="dim", soft_wrap=True)


def models(found: "list[WeightsStatus]") -> None:
    table = Table("model", "numbers", "weights", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.model, "160", _weights(one))
    _console().print(table)


def settings(rows: "list[ShownSetting]") -> None:
    table = Table("setting", "value", "from", "environment", "what it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(
            row.name,
            row.value,
            row.origin,
            row.environment,
            row.about,
            style="" if row.origin != "default" else "dim",
        )
    _console().print(table)


def demo(shown: "Demo") -> None:
    console = _console()
    console.print(
        f"The music is synthesised ({shown.n_pieces} pieces, listen: {shown.folder / 'music'}), the pipeline is real.\n"
    )
    for query in shown.queries:
        console.print(
            Text.assemble((query.style, "bold cyan"), ": what sounds like ", (query.found.seed.name, "bold"), "?")
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        for result, is_same in zip(query.found.results, query.is_same_style, strict=True):
            mark = Text("✓", "green") if is_same else Text("·", "yellow")
            table.add_row(mark, f"{result.similarity:.2f}", result.track.name, Text(result.track.album or "", "dim"))
        console.print(table)
    console.print(
        f"{shown.same_style:.0%} of the neighbours are of their seed's own style. Now your music: spotrec crawl ~/Music"
    )


def _results_table(found: "Recommendations", *, on_terminal: bool, width: int) -> Table:
    tracks = [result.track for result in found.results]
    columns = {
        "title": [Text(track.title) for track in tracks],
        "artist": [Text(", ".join(track.artists)) for track in tracks],
        "album": [Text(track.album or "") for track in tracks],
        "similarity": [Text(f"{result.similarity:.3f}") for result in found.results],
        "shared tags": [Text(", ".join(result.tags)) for result in found.results],
        "link": [_link(track, on_terminal=on_terminal) for track in tracks],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("#", justify="right")
    for name in shown:
        is_link, is_number = name == "link", name == "similarity"
        table.add_column(
            name,
            justify="right" if is_number else "left",
            no_wrap=is_number,
            max_width=max(24, width // 4) if is_link and on_terminal else None,
            overflow="fold",
        )
    for rank, cells in enumerate(zip(*shown.values(), strict=True), 1):
        table.add_row(str(rank), *cells)
    return table


def _link(track: "Track", *, on_terminal: bool) -> Text:
    """Where the track can be heard: what a terminal can click, or the whole address for a pipe."""
    address = track.url or track.path or track.id
    if track.path and not track.url and on_terminal:
        return Text(Path(track.path).name, style=f"link {Path(track.path).as_uri()}")
    return Text(address, style=f"link {address}" if track.url and on_terminal else "")


def _pairs() -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    return table


def _weights(found: "WeightsStatus") -> str:
    if found.sha256 is None:
        return f"not here yet ({found.path})"
    origin = "the published file" if found.published else "not the published file"
    return f"{found.path} ({origin}, sha256 {found.sha256[:12]}…)"


def _reasons(console: Console, what: str, rows: list[tuple[str, str]]) -> None:
    if not rows:
        return
    console.print(f"{len(rows)} {what}:")
    for name, reason in rows[:_LISTED]:
        console.print(f"  {name}: {reason}")
    if len(rows) > _LISTED:
        console.print(f"  … and {len(rows) - _LISTED} more (--json lists all)")
