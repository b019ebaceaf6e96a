"""`spotrec config`."""

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Show the settings and where they come from.")


@app.callback()
def config() -> None:
    """Show the settings and where they come from."""


@app.command(epilog="\b\nExamples:\n  spotrec config show\n  spotrec config show --config other.toml --json\n")
def show(config: options.Config = None, json: options.Json = False) -> None:
    """Print every setting with its value and origin, but no secrets."""
    from spotrec.cli.show.settings import print_settings
    from spotrec.settings import describe, resolve

    outputs.show(describe(resolve(config=config)), print_settings, json=json)
