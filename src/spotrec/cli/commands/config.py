"""`spotrec config`."""

import typer

from spotrec.cli import options

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Show the settings and where they come from.")


@app.callback()
def config() -> None:
    """Show the settings and where they come from."""


@app.command(epilog="\b\nExamples:\n  spotrec config show\n  spotrec config show --config other.toml --json\n")
def show(config: options.Config = None, json: options.Json = False) -> None:
    """Print every setting, its value and its origin. Secrets are only `set` or `not set`."""
    from spotrec.cli.show import render
    from spotrec.operations import as_json
    from spotrec.settings import resolve, shown

    rows = shown(resolve(config=config))
    if json:
        as_json.show(as_json.plain(rows))
    else:
        render.settings(rows)
