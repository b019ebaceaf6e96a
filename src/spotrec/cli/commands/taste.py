"""`spotrec taste`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.cli.taste_options import show_report
from spotrec.operations.as_json import opinions

_EXAMPLES = """
\b
Examples:
  spotrec taste
  spotrec taste --verb ban
  spotrec taste --verb like --json
"""
_EXPORT_EXAMPLES = """
\b
Examples:
  spotrec taste export taste.json
  spotrec taste export taste.csv
\b
The file is for another store, or a backup: it holds what the things are known
by, and when and where it was said.
"""
_IMPORT_EXAMPLES = """
\b
Examples:
  spotrec taste import taste.json
\b
To import a file twice changes nothing. Of two opinions about a thing, the
later one counts.
\b
Exit codes: 0 done, 2 the file is no export, 3 some rows are not valid (the
report says which), 5 there is no such file.
"""
_FORGET_EXAMPLES = """
\b
Examples:
  spotrec taste forget "so what"
  spotrec taste forget artist:Portishead
\b
This takes back likes and dislikes. `spotrec unban` lifts a ban.
\b
Exit codes: 0 done, 2 a name means several things, 5 nothing is called so.
"""

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show, export and import what you like, dislike and ban.",
    epilog=_EXAMPLES,
)


@app.callback()
@options.with_settings("store", progress=False)
def taste(
    *,
    ctx: typer.Context,
    verb: Annotated[
        list[str] | None,
        typer.Option(help="Only this: like, dislike or ban. Repeatable.", metavar="VERB", show_default=False),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most N, the latest first.", metavar="N", show_default=False)
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Show, export and import what you like, dislike and ban."""
    if ctx.invoked_subcommand:
        return
    from spotrec.cli.show.taste import print_signals

    with open_recommender() as recommender:
        found = recommender.taste(*(verb or ()), limit=limit)
    outputs.show(found, print_signals, json=json, form=opinions.signals)


@app.command("export", cls=options.Command, epilog=_EXPORT_EXAMPLES)
@options.with_settings("store", progress=False)
def export_taste(
    *,
    file: Annotated[Path, typer.Argument(help="The file to write: .json or .csv.", metavar="FILE")],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Write everything that you like, dislike and banned to a file."""
    from spotrec.cli.show.taste import print_export

    with open_recommender() as recommender:
        report = recommender.export_taste(file)
    outputs.show(report, print_export, json=json, form=opinions.taste_export)


@app.command("import", cls=options.Command, epilog=_IMPORT_EXAMPLES)
@options.with_settings("store")
def import_taste(
    *,
    file: Annotated[Path, typer.Argument(help="A file that `spotrec taste export` wrote.", metavar="FILE")],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Add what an exported file holds."""
    from spotrec.cli.show.taste import print_import

    with open_recommender() as recommender:
        report = recommender.import_taste(file)
    outputs.show(report, print_import, json=json, form=opinions.taste_import)
    raise typer.Exit(report.exit_code)


@app.command("forget", cls=options.Command, epilog=_FORGET_EXAMPLES)
@options.with_settings("store")
def forget(
    *,
    names: Annotated[
        list[str],
        typer.Argument(
            help="Liked or disliked tracks: id, link, path or words; artist:NAME, album:NAME.",
            metavar="TRACK",
            show_default=False,
        ),
    ],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Take back likes and dislikes."""
    with open_recommender() as recommender:
        report = recommender.forget_opinion(*names)
    show_report(report, json=json)
