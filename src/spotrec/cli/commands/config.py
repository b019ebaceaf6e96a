"""`spotrec config`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs
from spotrec.errors import SpotrecError, UsageError

_SET_EXAMPLES = """
\b
Examples:
  spotrec config set ears choi
  spotrec config set ears choi,mn04,musicnn
  spotrec config set store ~/Music/music.db
  pass show spotify | spotrec config set spotify_client_secret -
\b
The file is ~/.config/spotrec/config.toml, or the one given with --config. Its
comments and order stay. If a setting, a value or the file is not valid,
nothing is written. A value of - is read from standard input: a secret that is
an argument stays in the shell's history. `spotrec config show` lists all
settings.
"""
_UNSET_EXAMPLES = """
\b
Examples:
  spotrec config unset ears
  spotrec config unset spotify_client_id spotify_client_secret
\b
It is not an error if a setting was not set.
"""
_EDIT_EXAMPLES = """
\b
Examples:
  spotrec config edit
  EDITOR="code --wait" spotrec config edit
  spotrec config edit --config config/spotrec.toml
\b
The first time, the file lists all settings, commented out. After you close
the editor the file is checked; if it is not valid, you can edit it again.
\b
Exit codes: 0 the file is valid, 1 the editor failed, 2 the file is not valid,
or there is no terminal or editor.
"""
_LONGEST = 1_000_000

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Show and change the settings.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The setting.", autocompletion=completion.settings)]


@app.callback()
def config() -> None:
    """Show and change the settings."""


@app.command(epilog="\b\nExamples:\n  spotrec config show\n  spotrec config show --config other.toml --json\n")
def show(config: options.Config = None, json: options.Json = False) -> None:
    """Print every setting with its value and origin, but no secrets."""
    from spotrec.cli.show.settings import print_settings
    from spotrec.settings import describe, resolve

    outputs.show(describe(resolve(config=config)), print_settings, json=json)


@app.command("set", cls=options.Command, epilog=_SET_EXAMPLES)
def set_(
    name: Name,
    values: Annotated[
        list[str],
        typer.Argument(
            metavar="VALUE",
            help="The value, or several for a setting that is a list; - reads standard input.",
            autocompletion=completion.values,
        ),
    ],
    config: options.ConfigToChange = None,
    json: options.Json = False,
) -> None:
    """Set a setting in your settings file."""
    from spotrec.cli.show.console import note
    from spotrec.cli.show.settings import print_setting
    from spotrec.operations.config import set_value
    from spotrec.settings import current_name, spec_of

    piped = values == ["-"]
    given = _lines(name, is_secret=spec_of(current_name(name))["secret"]) if piped else values
    before = _store(config)
    change = set_value(name, given, origin="standard input" if piped else "command line", config=config)
    outputs.show(change, print_setting, json=json)
    now = _store(config)
    if before and now and before != now and before.exists() and not now.exists():
        note(
            f"there is no store at {now} yet; what is stored so far stays in {before}: "
            f"`spotrec config unset {name}` returns to it"
        )
    if change.origin != str(change.file):
        place = "the environment" if change.origin == "environment" else change.origin
        note(f"{name} is also set in {place}, which wins over {change.file}")
    if change.is_secret and not piped:
        note(f"your shell's history now contains this secret; spotrec config set {name} - reads it from standard input")


def _store(config: Path | None) -> Path | None:
    """Return the store that the settings name; None while one of them is not valid, which this command may repair."""
    from spotrec.settings import resolve

    try:
        return resolve(config=config).store_path
    except SpotrecError:
        return None


@app.command(cls=options.Command, epilog=_UNSET_EXAMPLES)
def unset(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME", help="The settings.", autocompletion=completion.settings)
    ],
    config: options.ConfigToChange = None,
    json: options.Json = False,
) -> None:
    """Remove settings from your settings file: back to the default."""
    from spotrec.cli.show.settings import print_unset
    from spotrec.operations.config import unset

    outputs.show(unset(names, config=config), print_unset, json=json)


@app.command(cls=options.Command, epilog=_EDIT_EXAMPLES)
def edit(config: options.ConfigToChange = None, json: options.Json = False) -> None:
    """Open your settings file in your editor, then check it."""
    from spotrec.cli import editor
    from spotrec.cli.show.console import error
    from spotrec.cli.show.settings import print_file
    from spotrec.operations.config import check_file, prepare_file
    from spotrec.settings import user_file

    command = editor.find_editor(config or user_file())
    file = prepare_file(config=config)
    while True:
        editor.run_editor(command, file)
        try:
            checked = check_file(file)
            break
        except SpotrecError as fault:
            error(fault)
            typer.echo("Edit it again? [Y/n] ", nl=False, err=True)
            if sys.stdin.readline().lower() not in ("\n", "y\n", "yes\n"):
                raise typer.Exit(fault.exit_code) from fault
    outputs.show(checked, print_file, json=json)


def _lines(name: str, *, is_secret: bool) -> list[str]:
    """Return the lines of standard input; on a terminal one line, which is not shown if it is a secret."""
    if sys.stdin.isatty():
        return [typer.prompt(name, hide_input=is_secret, err=True)]
    content = sys.stdin.buffer.read(_LONGEST + 1)
    try:
        text = content.decode()
    except UnicodeDecodeError as exc:
        raise UsageError("standard input is not UTF-8 text", "check the command before the pipe") from exc
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or len(content) > _LONGEST:
        raise UsageError(
            "standard input is empty" if not lines else "standard input is too long for a value",
            "check the command before the pipe",
        )
    return lines
