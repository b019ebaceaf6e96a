"""`spotrec ban`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations import as_json

EXAMPLES = """
\b
Examples:
  spotrec ban "last christmas"
  spotrec ban "artist:Crazy Frog" "album:Now 48"
  spotrec ban --from never-again.m3u8
\b
A banned track, all its copies, and every track by a banned artist or on a
banned album are never among the results of any command. A banned track may
still be a seed. A ban stays when its tracks are removed and crawled again;
`spotrec unban` lifts it.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


def ban(
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
    """Never recommend a track, an artist or an album again."""
    from spotrec.cli.show.taste import print_report

    with options.recommender(progress=progress, config=config, store=store) as recommender:
        report = recommender.ban(*(names or ()), lists=lists or (), source="cli")
    outputs.show(report, print_report, json=json, form=as_json.taste_report)
    raise typer.Exit(report.exit_code)
