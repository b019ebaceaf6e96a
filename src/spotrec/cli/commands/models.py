"""`spotrec models`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options

_EXAMPLES = """
\b
Examples:
  spotrec models
  spotrec models --bench
  spotrec models --json
\b
--bench loads each network whose weights are here and lets it hear made-up
clips of 30 s; without it no network is loaded.
"""
_SHOW_EXAMPLES = """
\b
Examples:
  spotrec models show choi
  spotrec models show choi-1 --json
"""
_INSTALL_EXAMPLES = """
\b
Examples:
  spotrec models install choi
  spotrec models install choi --from weights.hdf5
  spotrec models install musicnn
  spotrec models install musicnn --from musicnn-0.1.0-py3-none-any.whl
\b
musicnn's weights lie in a Python package: pip fetches it, from your own
package index if you have one. Nothing of it is installed or run.
"""
_REMOVE_EXAMPLES = """
\b
Examples:
  spotrec models remove musicnn
\b
What was heard with them stays: queries by stored tracks need no weights.
"""

Name = Annotated[str, typer.Argument(help="The network: choi, musicnn, …", metavar="NAME")]

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Show the networks; install and remove their weights.",
    epilog=_EXAMPLES,
)


@app.callback()
def models(
    ctx: typer.Context,
    bench: Annotated[bool, typer.Option("--bench", help="Measure what a clip costs on this machine.")] = False,
    weights: options.Weights = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Show the networks; install and remove their weights."""
    if ctx.invoked_subcommand:
        return
    from spotrec.operations import as_json

    with options.recommender(progress=progress, config=config, weights=weights, store=store) as recommender:
        found = recommender.known_models(bench=bench)
    if json:
        as_json.show(as_json.plain(found))
        return
    from spotrec.cli.show import models as render_models

    render_models.models(found)


@app.command(cls=options.Command, epilog=_SHOW_EXAMPLES)
def show(
    name: Name,
    weights: options.Weights = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Show all that is known of one network."""
    from spotrec.operations import as_json

    with options.recommender(config=config, weights=weights, store=store) as recommender:
        found = recommender.known_model(name)
    if json:
        as_json.show(as_json.plain(found))
        return
    from spotrec.cli.show import models as render_models

    render_models.model(found)


@app.command(cls=options.Command, epilog=_INSTALL_EXAMPLES)
def install(
    name: Name,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Take the weights from this file.", metavar="FILE", show_default=False),
    ] = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Download a network's weights, or take them from a file.

    They are checked before anything changes.
    """
    from spotrec.operations import as_json

    with options.recommender(progress=progress, config=config) as recommender:
        path = recommender.install_weights(name, source)
    if json:
        as_json.show({"model": name, "path": str(path)})
    else:
        typer.echo(f"{name}'s weights are at {path}")


@app.command(cls=options.Command, epilog=_REMOVE_EXAMPLES)
def remove(
    name: Name,
    config: options.Config = None,
    json: options.Json = False,
) -> None:
    """Delete a network's installed weights.

    What was heard with them stays.
    """
    from spotrec.operations import as_json

    with options.recommender(config=config) as recommender:
        deleted = recommender.remove_weights(name)
    if json:
        as_json.show({"model": name, "deleted": [str(path) for path in deleted]})
        return
    for path in deleted:
        typer.echo(f"deleted {path}")
    if not deleted:
        typer.echo(f"no weights of {name} were installed")
