"""`spotrec dislike`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations import as_json

EXAMPLES = """
\b
Examples:
  spotrec dislike "my heart will go on"
  spotrec dislike "artist:Crazy Frog"
  spotrec dislike --from skipped.m3u8
\b
`spotrec query --taste` leans away from what you dislike; it may still be
among the results. `spotrec ban` keeps it out.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


def dislike(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help='Stored tracks: id, link, path or words; artist:NAME, album:NAME or "album:ARTIST - NAME".',
            metavar="TRACK",
            show_default=False,
        ),
    ] = None,
    lists: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            help="All tracks of this list: .m3u8, .csv, .xspf, …, a folder, a link, or - for stdin. Repeatable.",
            metavar="LIST",
            show_default=False,
        ),
    ] = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Remember what you dislike, for `query --taste`."""
    from spotrec.cli.show.taste import print_report

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.dislike(*(names or ()), lists=lists or (), source="cli")
    outputs.show(report, print_report, json=json, form=as_json.taste_report)
    raise typer.Exit(report.exit_code)
