"""How a ranked list of tracks goes out: what the commands that find tracks share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spotrec.errors import UsageError

if TYPE_CHECKING:
    from spotrec.recommender import Recommender
    from spotrec.track import Track

Csv = Annotated[bool, typer.Option("--csv", help="Print the results as CSV.")]
Ids = Annotated[bool, typer.Option("--ids", help="Print one track id a line.")]
M3u = Annotated[
    Path | None,
    typer.Option("--m3u", help="Write a playlist (.m3u8) of the results, too.", metavar="FILE", show_default=False),
]
Open = Annotated[bool, typer.Option("--open", help="Open the results in the player, too.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where results go: to stdout in one form, and beside that to a playlist file and the player.

    Raises (when it is made, before any work):
        UsageError: two forms at once, or a playlist that cannot be written there.
    """

    json: bool = False
    csv: bool = False
    ids: bool = False
    m3u: Path | None = None
    open: bool = False

    def __post_init__(self) -> None:
        if self.json + self.csv + self.ids > 1:
            raise UsageError("--json, --csv and --ids exclude each other", "choose one")
        if self.m3u:
            from spotrec.export.m3u import check_replaceable

            check_replaceable(self.m3u)


def show(
    recommender: "Recommender",
    output: Output,
    tracks: "Sequence[Track]",
    *,
    table: Callable[[], None],
    json: Callable[[], Any],
    csv: Callable[[], None],
) -> None:
    """Show results, best first.

    Args:
        table: shows them to people.
        json: their JSON value.
        csv: prints them as CSV.
    """
    if output.json:
        from spotrec.operations import as_json

        as_json.show(json())
    elif output.csv:
        csv()
    elif output.ids:
        for track in tracks:
            typer.echo(track.id)
    else:
        table()
    if output.m3u:
        _write_m3u(recommender, output.m3u, tracks)
    if output.open:
        _open(recommender, tracks)


def _write_m3u(recommender: "Recommender", file: Path, tracks: "Sequence[Track]") -> None:
    from spotrec.cli.show.console import console, counted, note, say

    written = recommender.write_m3u(file, tracks)
    say(console(stderr=True), f"{counted(written.n_tracks, 'track')} written to {written.file}", "dim")
    if written.left_out:
        names = "; ".join(track.name for track in written.left_out)
        note(f"not in it, having neither a file nor a link: {names}")


def _open(recommender: "Recommender", tracks: "Sequence[Track]") -> None:
    from spotrec.cli.show.console import console, counted, note, say

    opened = recommender.open_in_player(tracks)
    say(console(stderr=True), f"opened {opened.address} ({counted(opened.n_tracks, 'track')})", "dim")
    if opened.n_others:
        note(f"{counted(opened.n_others, 'other track')} could not be opened with it: see the list")
