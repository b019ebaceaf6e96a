"""What the commands `like`, `dislike`, `ban` and `unban` share."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli.show import outputs
from spotrec.operations.as_json import opinions

if TYPE_CHECKING:
    from spotrec.operations.taste import TasteReport

Names = Annotated[
    list[str] | None,
    typer.Argument(
        help='Stored tracks: id, link, path or words; artist:NAME, album:NAME or "album:ARTIST - NAME".',
        metavar="TRACK",
        show_default=False,
    ),
]
Lists = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        help="All tracks of this list: .m3u8, .csv, .xspf, …, a folder, a link, or - for stdin. Repeatable.",
        metavar="LIST",
        show_default=False,
    ),
]


def show_report(report: "TasteReport", *, json: bool) -> None:
    """Print what was noted or taken back, and end with the exit code of the report."""
    from spotrec.cli.show.taste import print_report

    outputs.show(report, print_report, json=json, form=opinions.taste_report)
    raise typer.Exit(report.exit_code)
