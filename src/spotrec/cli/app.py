"""The application: its commands, and how it shows errors."""

import errno
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Annotated, Any

import typer
import typer.main
from typer.core import TyperGroup

from spotrec.cli import options
from spotrec.cli.flags import flags_of
from spotrec.cli.show import starting
from spotrec.errors import ExitCode, SeveralMatch, SpotrecError
from spotrec.system.files import error_of_system

_EPILOG = """
\b
From nothing to a recommendation:
  spotrec demo                         see it work, on synthetic music
  spotrec add ~/Music                  or a Spotify playlist, album or track
  spotrec query "title of a track"     or its link, or any audio file
\b
Exit codes: 0 done, 1 failure, 2 usage, 3 done in part (the report says which
and why), 4 sign-in needed or refused, 5 not found, 130 interrupted.
"""

_COMMANDS = {
    "add": "Crawl, extract and index in one go.",
    "crawl": "Add tracks from files and links, and get their audio.",
    "extract": "Extract features from the audio of tracks that lack them.",
    "index": "Build the index that `query` searches.",
    "query": "Find the tracks that sound like one track or several.",
    "journey": "Go from one sound to another in even steps.",
    "similar-artists": "Find the artists whose tracks sound like an artist's.",
    "radio": "Keep MPD's queue filled with tracks like the last ones.",
    "station": "Save a query whose list stays fresh.",
    "like": "Remember what you like, for `query --taste`.",
    "dislike": "Remember what you dislike, for `query --taste`.",
    "ban": "Never recommend a track, an artist or an album again.",
    "unban": "Allow banned tracks, artists or albums again.",
    "taste": "Show, export and import what you like, dislike and ban.",
    "map": "Draw a map on which similar tracks are close together.",
    "serve": "Answer over HTTP, with a page to search and listen.",
    "embed": "Show features and tags of any audio file; store nothing.",
    "evaluate": "Measure how well neighbours match artists and genres.",
    "status": "Show what is stored, pending and failed, and what is next.",
    "tracks": "List the stored tracks and their state, or collections.",
    "duplicates": "Find recordings that you have twice; delete nothing.",
    "remove": "Remove tracks or collections, with all their data.",
    "sync": "Crawl stored collections again, to follow their changes.",
    "doctor": "Check everything that spotrec needs, and say how to fix it.",
    "demo": "Run the whole pipeline on music that spotrec makes itself.",
    "login": "Sign in to Spotify, to read and make your own playlists.",
    "logout": "Delete the Spotify tokens on this machine.",
    "whoami": "Show the Spotify account and credentials in use.",
    "playlist": "Make, extend, reorder, clean and fill playlists.",
    "features": "Export features to a file, or import such a file.",
    "models": "List the models; install and remove their weights.",
    "cache": "List, clear or copy the audio cache.",
    "config": "Show and change the settings.",
}
"""The commands with their summaries, which `spotrec --help` prints without importing any of them."""


class Modules(Mapping[str, Any]):
    """The commands by name. Each is imported on first use, so that a query does not wait for all the others."""

    def __getitem__(self, name: str) -> Any:
        if name not in _COMMANDS:
            raise KeyError(name)
        return _command(name)

    def __iter__(self) -> Iterator[str]:
        return iter(_COMMANDS)

    def __len__(self) -> int:
        return len(_COMMANDS)


@cache
def _command(name: str) -> Any:
    """Return a command. Its module has `EXAMPLES` and a function named like it; the module of a group has `app`.

    A hyphen in the command's name is an underscore in theirs.
    """
    function = name.replace("-", "_")
    module = import_module(f"spotrec.cli.commands.{function}")
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    if group := getattr(module, "app", None):
        alone.add_typer(group, name=name)
    else:
        alone.command(name, cls=options.Command, epilog=module.EXAMPLES)(getattr(module, function))
    return typer.main.get_group(alone).commands[name]


class Commands(TyperGroup):
    """The group of all commands. It turns an error into an exit code, with a message and a hint on stderr."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = Modules()

    def format_commands(self, _ctx: Any, formatter: Any) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def main(self, *args: Any, **options: Any) -> Any:
        """Run and exit. Output that only fails when it is flushed, or in a help text, is an error in words too."""
        try:
            try:
                return super().main(*args, **options)
            finally:
                if sys.stdout:  # None if it is closed
                    sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            failure = error_of_system(error)
            _show(failure)
            _give_up_stdout()
            sys.exit(failure.exit_code)

    def invoke(self, ctx: Any) -> Any:
        with flags_of(ctx):
            try:
                return self._invoke(ctx)
            except SpotrecError as error:
                _show(error)
                raise typer.Exit(error.exit_code) from error
            except OSError as error:
                if error.errno == errno.EPIPE:  # click ends quietly when nobody reads the output
                    raise
                failure = error_of_system(error)
                _show(failure)
                raise typer.Exit(failure.exit_code) from error
            except KeyboardInterrupt as interrupt:
                again = shlex.join(["spotrec", *sys.argv[1:]])
                _show(SpotrecError("stopped", f"finished work is kept\nto continue: {again}"))
                raise typer.Exit(ExitCode.INTERRUPTED) from interrupt
            finally:
                starting.end()

    def _invoke(self, ctx: Any) -> Any:
        """Run the command; if a name could mean several things and there is a terminal, ask which one is meant."""
        arguments = [*ctx._protected_args, *ctx.args]  # click has no public name for the first
        while True:
            try:
                return super().invoke(ctx)
            except SeveralMatch as several:
                from spotrec.cli.choice import choose, with_choice

                chosen = choose(several)
                again = with_choice(arguments, several.name, chosen) if chosen else arguments
                if again == arguments:
                    raise
                arguments = again
                ctx._protected_args, ctx.args = arguments[:1], arguments[1:]


def _give_up_stdout() -> None:
    """Send the rest of the output to the null device, or Python complains while it exits."""
    with suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - not a path of a person
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _show(error: SpotrecError) -> None:
    from spotrec.cli.show import console

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
    rich_markup_mode=None,  # importing rich's help takes longer than the rest of --help
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
