"""`spotrec models`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options

_INSTALL_EXAMPLES = """
\b
Examples:
  spotrec models install choi
  spotrec models install choi --from weights.hdf5
"""

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show the networks and whether their weights are here and sound.",
    epilog="\b\nExamples:\n  spotrec models\n  spotrec models --json\n",
)


@app.callback()
def models(
    ctx: typer.Context,
    weights: options.Weights = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Show the networks and whether their weights are here and sound."""
    if ctx.invoked_subcommand:
        return
    from spotrec.cli import as_json, render

    with options.recommender(config=config, weights=weights) as recommender:
        found = recommender.weights()
    if json:
        as_json.show(as_json.plain(found))
    else:
        render.models(found)


@app.command(cls=options.Command, epilog=_INSTALL_EXAMPLES)
def install(
    name: Annotated[str, typer.Argument(help="The network: choi, musicnn.", metavar="NAME")],
    source: Annotated[
        Path | None, typer.Option("--from", help="Take the weights from this file.", metavar="FILE")
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Download a network's weights, or take them from a file.

    They are checked before anything changes.
    """
    from spotrec.cli import as_json

    with options.recommender(progress=progress, config=config) as recommender:
        path = recommender.install_weights(name, source)
    if json:
        as_json.show({"model": name, "path": str(path)})
    else:
        typer.echo(f"{name}'s weights are at {path}")
