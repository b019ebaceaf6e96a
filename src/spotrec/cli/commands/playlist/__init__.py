"""`spotrec playlist`: a command a file."""

import typer

from spotrec.cli import options
from spotrec.cli.commands.playlist import create, dedupe, extend, fill, reorder

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Make, extend, reorder, clean and fill playlists.",
)


@app.callback()
def playlist() -> None:
    """Make, extend, reorder, clean and fill playlists."""


for module, command in (
    (create, create.create),
    (extend, extend.extend),
    (reorder, reorder.reorder),
    (dedupe, dedupe.dedupe),
    (fill, fill.fill),
):
    app.command(cls=options.Command, epilog=module.EXAMPLES)(command)
