"""Results for people."""

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from spotrec.cli.show.console import (
    console,
    counted,
    local_time,
    note,
    pairs,
    print_table,
    reasons,
    say,
    say_indented,
    table_of,
    track_columns,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spotrec.demo.demo import Demo
    from spotrec.extract.extract import ExtractReport, HeardFile
    from spotrec.extract.uploads.worker import QueueReport
    from spotrec.extract.weights import WeightsStatus
    from spotrec.operations.results import Finding, IndexReport, Recommendations, Status
    from spotrec.query.seed import SeedGroup
    from spotrec.settings import ShownSetting
    from spotrec.spotify.login import SignedOut, WhoAmI

_NOT_KNOWN = {
    "artist": "who made them",
    "album": "their album",
    "year": "their year",
    "duration": "their length",
    "explicit": "whether they are explicit",
    "bpm": "their tempo",
    "key": "their key",
}
"""What a filter would have had to know of tracks."""
_SEEDS_NAMED = 3


def extract_report(report: "ExtractReport") -> None:
    to = console()
    deleted = f", {counted(report.deleted, 'cached file')} deleted" if report.deleted else ""
    say(to, f"{counted(report.extracted, 'track')} heard by {report.model}{deleted}")
    if report.at_hand or report.fetched_again:
        again = f"{report.at_hand} from audio that was at hand, {report.fetched_again} fetched again"
        say(to, f"heard before by another network: {again}")
    reasons(to, f"{len(report.failures)} failed", [(failure.message, failure.reason) for failure in report.failures])
    for why in report.undeleted:
        say(to, f"cached audio stays for now, the next run tries again: {why}", "yellow")
    earlier = report.left - len(report.failures)
    if earlier > 0:
        say(to, f"{earlier} failed earlier: `spotrec status` says why, `spotrec extract --retry-failed` tries again")
    if report.audio_gone:
        gone = f"{counted(report.audio_gone, 'track')} that another network heard have no audio any more"
        again = f"spotrec crawl --retry --model {report.model.partition('+')[0]}"
        say(to, f"{gone}: `{again}` asks for it again", "yellow")
    if report.extracted:
        to.print("next: spotrec index", style="dim")


def queue_report(report: "QueueReport") -> None:
    to = console()
    say(
        to,
        f"{counted(report.messages, 'message')}: {counted(report.extracted, 'clip')} heard by {report.model}, "
        f"{report.known} known, {report.gone} gone, {counted(report.deleted, 'object')} deleted",
    )
    if report.left:
        say(to, f"{counted(report.left, 'time')} a message stayed in the queue (--json says why)", "yellow")
    if report.extracted:
        to.print("next: spotrec index", style="dim")


def index_reports(reports: "IndexReport | list[IndexReport]") -> None:
    for report in reports if isinstance(reports, list) else [reports]:
        index_report(report)


def index_report(report: "IndexReport") -> None:
    to = console()
    to.print(f"{counted(report.n_tracks, 'track')} indexed ({report.index}, {report.backend} search)")
    if report.recall_at_10 is not None:
        to.print(f"recall@10 against exact search: {report.recall_at_10:.4f}")
    to.print("next: spotrec query SEED", style="dim")


def recommendations(found: "Recommendations") -> None:
    to = console()
    say(to, Text.assemble("What sounds like ", _asked(found), ":"))
    if not found.results:
        to.print("nothing: the index holds no other recording that is wanted")
        return
    ranks = {"#": [Text(str(result.rank)) for result in found.results]}
    beside = {"similarity": [Text(f"{result.similarity:.3f}") for result in found.results]}
    tags = [", ".join(result.tags) for result in found.results]
    why = [result.explanation.text if result.explanation else "" for result in found.results]
    if not to.is_terminal:
        beside["why"] = [Text(text) for text in why]
    elif any(why):
        tags = why  # which name the tags too
    columns = track_columns(to, [result.track for result in found.results], beside, tags)
    print_table(to, table_of(ranks | columns, numbers=["#", "similarity"]))


def left_out(unknown: "Mapping[str, int]") -> None:
    for name, n in unknown.items():
        note(f"{counted(n, 'track')} left out: {_NOT_KNOWN[name]} is not known")


def embedded(rows: "list[tuple[HeardFile, dict[str, float]]]") -> None:
    table = Table("file", "numbers", "what it hears", box=None, pad_edge=False)
    for heard, tags in rows:
        table.add_row(str(heard.path), str(len(heard.vector)), ", ".join(f"{name} {p:.2f}" for name, p in tags.items()))
    print_table(console(), table)


def status(now: "Status") -> None:
    to = console()
    table = pairs()
    table.add_row("store", str(now.store) + ("" if now.counts else " (none yet)"))
    if counts := now.counts:
        table.add_row("tracks", f"{counts.tracks} in {counted(counts.collections, 'collection')}")
        table.add_row("audio", f"{counts.with_audio} with audio at hand, {counts.without_audio} without any yet")
        table.add_row("features", f"{counts.embedded} by {now.model}, {counts.pending} pending, {counts.failed} failed")
        others = {model: n for model, n in now.embedded_models.items() if model != now.model}
        if others:
            table.add_row("", ", ".join(f"{n} by {model}" for model, n in others.items()))
    held = f", {counted(counts.cached, 'file')} of {counts.cached_bytes / 1e6:.1f} MB" if counts else ""
    table.add_row("cache", now.cache + held)
    table.add_row("weights", _weights(now.weights))
    table.add_row(
        "index",
        f"{now.index_name}, {counted(now.indexed, 'track')}" if now.index_name else now.index_fault or "none yet",
    )
    since = {"new": now.new, "heard anew": now.heard_anew, "gone": now.gone}
    if any(since.values()):
        table.add_row("", "since then " + ", ".join(f"{n:,} {what}" for what, n in since.items() if n))
    print_table(to, table)
    if newer := now.newer_model:
        name = newer.partition("+")[0]
        move = f"`spotrec extract --model {name}`, then `spotrec index --model {name}`"
        say(to, f"{newer}, a later model, is here: {move}", "yellow")
    for stage, reason, n in now.failures:
        say(to, f"{n} failed to {stage}: {reason}", "yellow")
    if now.missing_audio:
        to.print("\nwithout audio, as providers said (spotrec tracks --missing-audio shows which):")
        said = Table(box=None, show_header=False)
        said.add_column(justify="right")
        for provider, outcome, reason, n in now.missing_audio:
            said.add_row(str(n), Text(provider), Text(f"{outcome}: {reason}" if reason else outcome, "yellow"))
        print_table(to, said)
    to.print(f"next: {now.next_command}", style="bold")


def findings(found: "list[Finding]") -> None:
    to = console()
    for finding in found:
        mark = ("✓ ", "green") if finding.ok else ("✗ ", "bold red")
        say(to, Text.assemble(mark, (finding.name, "bold"), f": {finding.detail}"))
        if finding.hint:
            say_indented(to, Text(f"hint: {finding.hint}", "dim"))


def settings(rows: "list[ShownSetting]") -> None:
    table = pairs()
    for row in rows:
        origin = "" if row.origin == "default" else f" (from {row.origin})"
        about = Text(f"{row.environment}: {row.about}", "dim")
        table.add_row(row.name, Text.assemble((row.value or "–", "" if origin else "dim"), origin, "\n", about))
    print_table(console(), table)


def who_am_i(who: "WhoAmI") -> None:
    shown = {
        "user": f"{who.display_name or who.user_id} ({who.user_id})" if who.user_id else "none: the app itself",
        "by": who.credentials.value,
        "client id": who.client_id,
        "scopes": ", ".join(who.scopes or ()),
        "token until": who.holds_until and local_time(who.holds_until),
        "token file": who.token_file and str(who.token_file),
    }
    table = pairs()
    for name, value in shown.items():
        if value:
            table.add_row(name, value)
    print_table(console(), table)


def signed_out(done: "SignedOut") -> None:
    for path in done.deleted:
        say(console(), f"deleted {path}")
    if not done.deleted:
        console().print("there was no token to delete")
    if done.left:
        note(f"{done.left} tokens of other client ids are left: spotrec logout --all")


def demo(shown: "Demo") -> None:
    to = console()
    to.print(
        f"The music is synthesised ({shown.n_pieces} pieces, listen: {shown.folder / 'music'}), the pipeline is real; "
        f"{' and '.join(shown.models)} heard it.\n"
    )
    for query in shown.queries:
        to.print(Text.assemble((query.style, "bold cyan"), ": what sounds like ", _seeds(query.found), "?"))
        table = Table(box=None, pad_edge=False, show_header=False)
        for result, is_same in zip(query.found.results, query.is_same_style, strict=True):
            mark = Text("✓", "green") if is_same else Text("·", "yellow")
            name, album = Text(result.track.name), Text(result.track.album or "", "dim")
            table.add_row(mark, f"{result.similarity:.2f}", name, album)
        print_table(to, table)
    to.print(f"{shown.same_style:.0%} of the neighbours are of their seed's own style.")
    chosen = "" if shown.is_default else "".join(f" --model {model.rpartition('-')[0]}" for model in shown.models)
    to.print(f"Now your music: spotrec crawl ~/Music, then spotrec extract{chosen}")


def _asked(found: "Recommendations") -> Text:
    """The seeds, the mood, or the one in the other."""
    if found.mood is None:
        return _seeds(found)
    wanted, unwanted = (
        Text(", ").join(Text(tag, "bold") for tag in tags) for tags in (found.mood.wanted, found.mood.unwanted)
    )
    mood = Text.assemble(wanted, ", " if wanted and unwanted else "", "not " if unwanted else "", unwanted)
    return Text.assemble(_seeds(found), " in the mood ", mood) if found.seeds.likes else mood


def _seeds(found: "Recommendations") -> Text:
    """Those that were asked with, and those to keep away from."""
    liked, unliked = (_named(groups) for groups in (found.seeds.likes, found.seeds.unlikes))
    return Text.assemble(liked, " but not like ", unliked) if unliked else liked


def _named(groups: "Sequence[SeedGroup]") -> Text:
    named = [_group(group) for group in groups[:_SEEDS_NAMED]]
    if len(groups) > _SEEDS_NAMED:
        named.append(Text(f"{len(groups) - _SEEDS_NAMED} more"))
    return Text(" and ").join([Text(", ").join(named[:-1]), named[-1]] if named[1:] else named)


def _group(group: "SeedGroup") -> Text:
    name = Text(group.name, "bold")
    return name if group.track else Text.assemble(f"the {group.kind} ", name)


def _weights(found: "WeightsStatus") -> str:
    if found.path is None:
        return f"{found.model} brings its own"
    if found.sha256 is None:
        return f"not here yet ({found.path})"
    origin = "the published file" if found.published else "not the published file"
    return f"{found.path} ({origin}, sha256 {found.sha256[:12]}…)"
