"""Results for people."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from spotrec.cli.console import console, link, pairs, reasons

if TYPE_CHECKING:
    from spotrec.crawl.spotify_login import SignedOut, WhoAmI
    from spotrec.demo.demo import Demo
    from spotrec.doctor import Finding
    from spotrec.extract.extract import ExtractReport, Heard
    from spotrec.extract.weights import WeightsStatus
    from spotrec.recommender import IndexReport, Recommendations
    from spotrec.settings import ShownSetting
    from spotrec.status import Status


def extract_report(report: "ExtractReport") -> None:
    to = console()
    deleted = f", {report.deleted} cached files deleted" if report.deleted else ""
    to.print(f"{report.extracted} tracks heard by {report.model}{deleted}")
    reasons(to, "failed", [(failure.message, failure.reason) for failure in report.failures])
    earlier = report.left - len(report.failures)
    if earlier > 0:
        to.print(f"{earlier} failed earlier: `spotrec status` says why, `spotrec extract --retry-failed` tries again")
    if report.extracted:
        to.print("next: spotrec index", style="dim")


def index_report(report: "IndexReport") -> None:
    to = console()
    to.print(f"{report.n_tracks} tracks indexed ({report.index}, {report.backend} search)")
    if report.recall_at_10 is not None:
        to.print(f"recall@10 against exact search: {report.recall_at_10:.4f}")
    to.print("next: spotrec query SEED", style="dim")


def recommendations(found: "Recommendations") -> None:
    to = console()
    to.print(Text.assemble("What sounds like ", (found.seed.name, "bold"), ":"))
    if not found.results:
        to.print("nothing: the index holds no other recording")
        return
    to.print(_results_table(found, on_terminal=to.is_terminal, width=to.width))


def embedded(rows: "list[tuple[Heard, dict[str, float]]]") -> None:
    table = Table("file", "numbers", "what it hears", box=None, pad_edge=False)
    for heard, tags in rows:
        table.add_row(str(heard.path), str(len(heard.vector)), ", ".join(f"{name} {p:.2f}" for name, p in tags.items()))
    console().print(table)


def status(now: "Status") -> None:
    to = console()
    table = pairs()
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
    to.print(table)
    for stage, reason, n in now.failures:
        to.print(f"{n} failed to {stage}: {reason}", style="yellow")
    for provider, outcome, reason, n in now.missing_audio:
        to.print(f"{n} without audio from {provider}: {outcome}" + (f" ({reason})" if reason else ""), style="yellow")
    to.print(f"next: {now.next_command}", style="bold")


def findings(found: "list[Finding]") -> None:
    to = console()
    for finding in found:
        mark = ("✓ ", "green") if finding.ok else ("✗ ", "bold red")
        to.print(Text.assemble(mark, (finding.name, "bold"), f": {finding.detail}"), soft_wrap=True)
        if finding.hint:
            to.print(f"    {finding.hint}", style="dim", soft_wrap=True)


def models(found: "list[WeightsStatus]") -> None:
    table = Table("model", "numbers", "weights", box=None, pad_edge=False)
    for one in found:
        table.add_row(one.model, "160", _weights(one))
    console().print(table)


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
    console().print(table)


def who_am_i(who: "WhoAmI") -> None:
    shown = {
        "user": f"{who.display_name or who.user_id} ({who.user_id})" if who.user_id else "none: the app itself",
        "by": who.credentials.value,
        "client id": who.client_id,
        "scopes": ", ".join(who.scopes or ()),
        "token until": who.holds_until,
        "token file": who.token_file and str(who.token_file),
    }
    table = pairs()
    for name, value in shown.items():
        if value:
            table.add_row(name, value)
    console().print(table)


def signed_out(done: "SignedOut") -> None:
    for path in done.deleted:
        console().print(f"deleted {path}", soft_wrap=True)
    if not done.deleted:
        console().print("there was no token to delete")
    if done.left:
        text = f"{done.left} tokens of other client ids are left: spotrec logout --all"
        console(stderr=True).print(Text.assemble(("note: ", "bold yellow"), text), soft_wrap=True)


def demo(shown: "Demo") -> None:
    to = console()
    to.print(
        f"The music is synthesised ({shown.n_pieces} pieces, listen: {shown.folder / 'music'}), the pipeline is real.\n"
    )
    for query in shown.queries:
        to.print(Text.assemble((query.style, "bold cyan"), ": what sounds like ", (query.found.seed.name, "bold"), "?"))
        table = Table(box=None, pad_edge=False, show_header=False)
        for result, is_same in zip(query.found.results, query.is_same_style, strict=True):
            mark = Text("✓", "green") if is_same else Text("·", "yellow")
            table.add_row(mark, f"{result.similarity:.2f}", result.track.name, Text(result.track.album or "", "dim"))
        to.print(table)
    to.print(
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
        "link": [link(track, on_terminal=on_terminal) for track in tracks],
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


def _weights(found: "WeightsStatus") -> str:
    if found.sha256 is None:
        return f"not here yet ({found.path})"
    origin = "the published file" if found.published else "not the published file"
    return f"{found.path} ({origin}, sha256 {found.sha256[:12]}…)"
