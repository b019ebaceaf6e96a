"""`spotrec unban`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations import as_json

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


def unban(
    names: Annotated[
        list[str],
        typer.Argument(
            help="Banned tracks: id, link, path or words; artist:NAME, album:NAME.",
            metavar="TRACK",
            show_default=False,
        ),
    ],
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Allow banned tracks, artists or albums again."""
    from spotrec.cli.show.taste import print_report

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.unban(*names)
    outputs.show(report, print_report, json=json, form=as_json.taste_report)
