"""Results and errors for people: every rich object but the progress bars."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spotrec.errors import SpotrecError
from spotrec.track import Outcome

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, SourceReport
    from spotrec.crawl.spotify_login import SignedOut, WhoAmI
    from spotrec.demo.demo import Demo
    from spotrec.doctor import Finding
    from spotrec.extract.extract import ExtractReport, Heard
    from spotrec.extract.weights import WeightsStatus
    from spotrec.library import Removal, SyncReport
    from spotrec.recommender import IndexReport, Recommendations
    from spotrec.settings import ShownSetting
    from spotrec.status import Status
    from spotrec.store import KnownCollection, TrackRecord
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
    if len(report.sources) > 1:
        console.print(_sources_table(report.sources, "missing"))
    if report.providers:
        console.print(_providers_table(report.providers))
    _reasons(console, "skipped", [(skipped.name, skipped.reason) for skipped in report.skipped])
    _without_audio(console, report)
    if report.with_audio:
        console.print("next: spotrec extract", style="dim")


def crawl_plan(plan: "CrawlPlan") -> None:
    console = _console()
    console.print(_sources_table(plan.sources, "to fetch"))
    ways = Counter((one.provider, one.how) for one in plan.tracks)
    for (provider, how), n in ways.most_common():
        first = (
            f"first from {provider}, {how}" if provider else "from nobody now: all have answered, or cannot be asked"
        )
        console.print(f"{n} to fetch {first}")
    _reasons(console, "skipped", [(skipped.name, skipped.reason) for skipped in plan.skipped])
    console.print("nothing was stored or fetched; --json lists every track", style="dim")


def crawl_faults(report: "CrawlReport | CrawlPlan") -> None:
    """Say on stderr which lists may be cut, which sources failed, and who asks us to wait."""
    for notice in report.notices:
        _console(stderr=True).print(Text.assemble(("note: ", "bold yellow"), notice), soft_wrap=True)
    for failed in report.failed_sources:
        error(SpotrecError(f"{failed.source}: {failed.error.message}", failed.error.hint))
    for waiting in getattr(report, "waiting_for", ()):
        error(waiting)


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


def _without_audio(console: Console, report: "CrawlReport") -> None:
    """Every track without audio, by what the providers said of it."""
    by_reason: dict[str, list[str]] = {}
    for missing in report.missing:
        by_reason.setdefault(missing.reason, []).append(missing.track.name)
    if report.missing:
        console.print(f"{len(report.missing)} without audio:")
    for reason, names in by_reason.items():
        console.print(f"  {reason}", style="yellow")
        for name in names:
            console.print(f"    {name}", soft_wrap=True)


def sync_report(report: "SyncReport") -> None:
    if report.crawl.seen:
        crawl_report(report.crawl)
    console = _console()
    for change in report.changes:
        if change.added or change.dropped or change.removed:
            console.print(
                f"“{change.title}” ({change.id}): {change.added} added, {change.dropped} no longer listed, "
                f"{change.removed} removed from the catalogue",
                soft_wrap=True,
            )


def records(shown: "list[TrackRecord]", *, answers: bool, failures: bool, more: bool) -> None:
    """Tracks as a table, where asked for with what each provider said, or with why each failed."""
    console = _console()
    columns = {
        "title": [Text(one.track.title) for one in shown],
        "artist": [Text(", ".join(one.track.artists)) for one in shown],
        "album": [Text(one.track.album or "") for one in shown],
        "state": [Text(one.state) for one in shown],
    }
    if answers:
        columns["what providers said"] = [Text("\n".join(map(str, one.answers))) for one in shown]
    if failures:
        columns["what failed"] = [Text("\n".join(one.faults)) for one in shown]
    columns["link"] = [_link(one.track, on_terminal=console.is_terminal) for one in shown]
    _print_columns(console, columns)
    if more:
        console.print("… and more: --limit, --csv and --json show them", style="dim")


def collections(known: "list[KnownCollection]") -> None:
    _print_columns(
        _console(),
        {
            "kind": [Text(one.collection.kind) for one in known],
            "title": [Text(one.collection.title) for one in known],
            "tracks": [Text(str(one.n_tracks)) for one in known],
            "last crawled": [Text(one.crawled_at) for one in known],
            "link": [Text(one.collection.url or one.id) for one in known],
        },
    )


def removal(removal: "Removal", *, stderr: bool = False) -> None:
    console = _console(stderr=stderr)
    verb = "removed" if removal.is_done else "to remove"
    _reasons(console, f"collections {verb}", [(one.collection.title, one.id) for one in removal.collections])
    _reasons(console, f"tracks {verb}", [(track.name, track.id) for track in removal.tracks])
    if removal.is_done:
        console.print("next: spotrec index", style="dim")


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


def who_am_i(who: "WhoAmI") -> None:
    shown = {
        "user": f"{who.display_name or who.user_id} ({who.user_id})" if who.user_id else "none: the app itself",
        "by": who.credentials.value,
        "client id": who.client_id,
        "scopes": ", ".join(who.scopes or ()),
        "token until": who.holds_until,
        "token file": who.token_file and str(who.token_file),
    }
    table = _pairs()
    for name, value in shown.items():
        if value:
            table.add_row(name, value)
    _console().print(table)


def signed_out(done: "SignedOut") -> None:
    for path in done.deleted:
        _console().print(f"deleted {path}", soft_wrap=True)
    if not done.deleted:
        _console().print("there was no token to delete")
    if done.left:
        text = f"{done.left} tokens of other client ids are left: spotrec logout --all"
        _console(stderr=True).print(Text.assemble(("note: ", "bold yellow"), text), soft_wrap=True)


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


def _print_columns(console: Console, columns: dict[str, list[Text]]) -> None:
    """A table of those columns that say something."""
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in shown:
        table.add_column(name, overflow="fold")
    for cells in zip(*shown.values(), strict=True):
        table.add_row(*cells)
    console.print(table if shown else "nothing")


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
