"""`spotrec like`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations import as_json

EXAMPLES = """
\b
Examples:
  spotrec like "so what" "blue in green"
  spotrec like artist:Portishead "album:Miles Davis - Kind of Blue"
  spotrec like --from favourites.m3u8
  spotrec query "so what" --ids | spotrec like --from -
\b
`spotrec query --taste` leans towards what you like. `spotrec taste` shows it,
`spotrec taste forget` takes it back.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


def like(
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
    """Remember what you like, for `query --taste`."""
    from spotrec.cli.show.taste import print_report

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.like(*(names or ()), lists=lists or (), source="cli")
    outputs.show(report, print_report, json=json, form=as_json.taste_report)
    raise typer.Exit(report.exit_code)
