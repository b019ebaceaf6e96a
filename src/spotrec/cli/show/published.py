"""Indexes in buckets, for people."""

from typing import TYPE_CHECKING

from spotrec.cli.show.console import console, counted, note, say

if TYPE_CHECKING:
    from spotrec.index.publish import Published
    from spotrec.operations.results import PulledIndex


def published(done: "Published") -> None:
    to = console()
    there = f", {_megabytes(done.n_bytes_there)} were there already" if done.n_bytes_there else ""
    say(to, f"{counted(done.n_tracks, 'track')} published at {done.address}: {_megabytes(done.n_bytes)} sent{there}")


def pulled(done: "PulledIndex") -> None:
    to = console()
    here = f", {_megabytes(done.n_bytes_here)} were here already" if done.n_bytes_here else ""
    say(to, f"{counted(done.n_tracks, 'track')} indexed ({done.index}): {_megabytes(done.n_bytes)} came{here}")
    say(to, f"your store knows {done.n_known} of them")
    if done.n_known < done.n_tracks:
        note("only tracks that the store knows are recommended: `spotrec features import FILE` brings the others")
    to.print("next: spotrec query SEED", style="dim")


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:.1f} MB"
