"""The application: its commands, and what becomes of an error."""

import os
import shlex
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from spotrec.cli import (
    cache,
    config,
    crawl,
    demo,
    doctor,
    embed,
    evaluate,
    extract,
    features,
    index,
    journey,
    login,
    logout,
    map,  # noqa: A004 - the command's name
    models,
    options,
    playlist,
    query,
    remove,
    status,
    sync,
    tracks,
    whoami,
)
from spotrec.errors import ExitCode, SpotrecError

_EPILOG = """
\b
From nothing to a recommendation:
  spotrec demo                         see it work, on music it makes itself
  spotrec crawl ~/Music                or a Spotify playlist, album or track
  spotrec extract
  spotrec index
  spotrec query "title of a track"     or its link, or any audio file
\b
Exit codes: 0 done, 1 failure, 2 usage, 3 done in part (the report says which
and why), 4 sign-in needed or refused, 5 not found, 130 interrupted.
"""

_PIPELINE = ("crawl", "extract", "index", "query")


class Commands(TyperGroup):
    """Turns what goes wrong into a message, a hint and an exit code, on stderr."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The pipeline first, in its order."""
        return [*_PIPELINE, *(name for name in super().list_commands(ctx) if name not in _PIPELINE)]

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SpotrecError as error:
            _tell(error)
            raise typer.Exit(error.exit_code) from error
        except KeyboardInterrupt as interrupt:
            again = shlex.join(["spotrec", *sys.argv[1:]])
            _tell(SpotrecError("stopped", f"what is finished is kept\nto go on: {again}"))
            raise typer.Exit(ExitCode.INTERRUPTED) from interrupt


def _tell(error: SpotrecError) -> None:
    from spotrec.cli import console

    console.error(error)
    if os.environ.get("SPOTREC_DEBUG"):
        raise error


def _version(wanted: bool) -> None:
    if wanted:
        from spotrec import __version__

        typer.echo(f"spotrec {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode=None,  # rich's help takes longer to import than all else that --help does
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EPILOG,
)


@app.callback()
def spotrec(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Give it a track, get the tracks that sound like it."""


_COMMANDS = (
    *(crawl, extract, query, journey, map, embed, evaluate),
    *(status, tracks, remove, sync, doctor, demo),
)
for _module in (*_COMMANDS, login, logout, whoami):
    _name = _module.__name__.rpartition(".")[2]
    app.command(_name, cls=options.Command, epilog=_module.EXAMPLES)(getattr(_module, _name))
app.add_typer(index.app, name="index")
app.add_typer(playlist.app, name="playlist")
app.add_typer(features.app, name="features")
app.add_typer(models.app, name="models")
app.add_typer(cache.app, name="cache")
app.add_typer(config.app, name="config")
