"""`spotrec unban`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.taste_options import show_report

EXAMPLES = """
\b
Examples:
  spotrec unban "last christmas"
  spotrec unban "artist:Crazy Frog" "album:Now 48"
\b
The names are as for `spotrec ban`, and may be of what is not stored any more.
\b
Exit codes: 0 done, 2 a name means several things, 5 nothing is called so.
"""


@options.with_settings("store")
def unban(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Banned tracks: id, link, path or words; artist:NAME, album:NAME.",
            metavar="TRACK",
            show_default=False,
        ),
    ],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Allow banned tracks, artists or albums again."""
    with open_recommender() as recommender:
        report = recommender.unban(*names)
    show_report(report, json=json)
