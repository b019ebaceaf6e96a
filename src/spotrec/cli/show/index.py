"""Indexes as lines and tables: built, kept, published and downloaded."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import to_paste, with_flags
from spotrec.cli.show.console import console, note, say
from spotrec.cli.show.tables import Columns, print_table, table_of
from spotrec.cli.show.units import counted, local_time, megabytes
from spotrec.operations.next_step import in_fewer_excerpts

if TYPE_CHECKING:
    from spotrec.index.generations import IndexGeneration, IndexRollback
    from spotrec.index.push import IndexPush
    from spotrec.operations.results import IndexReport, PulledIndex


def print_built(report: "IndexReport", *, says_next: bool = True) -> None:
    to = console()
    to.print(f"{counted(report.n_tracks, 'track')} indexed ({report.index}, {report.backend} search)")
    if report.partly_heard:
        models = report.model.replace(",", " and ")
        note(
            f"{counted(report.partly_heard, 'track')} left out, because not all of {models} have heard them: "
            "`spotrec extract`, then `spotrec index`"
        )
    if report.in_fewer:
        note(in_fewer_excerpts(report.in_fewer, report.n_tracks, report.excerpts))
    if report.recall_at_10 is not None:
        to.print(f"recall@10 against exact search: {report.recall_at_10:.4f}")
    if says_next:
        to.print(f"next: {to_paste('spotrec query SEED')}", style="dim", soft_wrap=True)


def print_kept(found: "list[IndexGeneration]") -> None:
    to = console()
    if not found:
        say(to, with_flags("no index yet: `spotrec index` builds one"))
        return
    columns: Columns = {
        "index": [one.index for one in found],
        "tracks": ["" if one.fault else str(one.n_tracks) for one in found],
        "search": [one.backend for one in found],
        "built": [local_time(one.built_at) if one.built_at else "" for one in found],
        "": [Text("damaged", "red") if one.fault else "in use" if one.current else "" for one in found],
    }
    print_table(to, table_of(columns, numbers=["tracks"]))


def print_rolled_back(done: "IndexRollback") -> None:
    to = console()
    say(to, f"back to {done.index}, {counted(done.n_tracks, 'track')}; {done.left} is no longer in use")
    to.print(with_flags("`spotrec index` builds a new one"), style="dim")


def print_published(done: "IndexPush") -> None:
    there = f", {megabytes(done.n_bytes_there)} stored there already" if done.n_bytes_there else ""
    sent = f"{megabytes(done.n_bytes)} sent{there}"
    say(console(), f"{counted(done.n_tracks, 'track')} published at {done.address}: {sent}")


def print_pulled(done: "PulledIndex") -> None:
    to = console()
    here = f", {megabytes(done.n_bytes_here)} stored here already" if done.n_bytes_here else ""
    say(to, f"{counted(done.n_tracks, 'track')} indexed ({done.index}): {megabytes(done.n_bytes)} downloaded{here}")
    say(to, f"your store knows {done.n_known} of them")
    if done.n_known < done.n_tracks:
        note("only tracks that the store knows are recommended: `spotrec features import FILE` adds the others")
    to.print(f"next: {to_paste('spotrec query SEED')}", style="dim", soft_wrap=True)
