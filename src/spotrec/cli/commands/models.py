"""`spotrec models`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import completion, options
from spotrec.cli.show import outputs

_EXAMPLES = """
\b
Examples:
  spotrec models
  spotrec models --bench
  spotrec models --json
\b
--bench loads each model whose weights are installed and runs it on synthetic
clips of 30 s. Without --bench no model is loaded.
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
  spotrec models install mn04
\b
musicnn's weights are in a Python package. pip downloads it, from your own
package index if you have one; none of its code is installed or run.
"""
_REMOVE_EXAMPLES = """
\b
Examples:
  spotrec models remove musicnn
\b
Stored features stay: queries by stored tracks need no weights.
"""

Name = Annotated[
    str, typer.Argument(help="The model: choi, musicnn, mn04, …", metavar="NAME", autocompletion=completion.models)
]

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="List the models; install and remove their weights.",
    epilog=_EXAMPLES,
)


@app.callback()
@options.with_settings("weights", "store")
def models(
    *,
    ctx: typer.Context,
    bench: Annotated[bool, typer.Option("--bench", help="Measure what a clip costs on this machine.")] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """List the models; install and remove their weights."""
    if ctx.invoked_subcommand:
        return
    from spotrec.cli.show.models import print_models

    with open_recommender() as recommender:
        found = recommender.known_models(bench=bench)
    outputs.show(found, print_models, json=json)


@app.command(cls=options.Command, epilog=_SHOW_EXAMPLES)
@options.with_settings("weights", "store", progress=False)
def show(
    *,
    name: Name,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Show all details of one model."""
    from spotrec.cli.show.models import print_model

    with open_recommender() as recommender:
        found = recommender.known_model(name)
    outputs.show(found, print_model, json=json)


@app.command(cls=options.Command, epilog=_INSTALL_EXAMPLES)
@options.with_settings()
def install(
    *,
    name: Name,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Install the weights from this file.", metavar="FILE", show_default=False),
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Install a model's weights, by download or from a file.

    They are checked before anything changes.
    """
    from spotrec.cli.show.models import print_installed

    with open_recommender() as recommender:
        path = recommender.install_weights(name, source)
    outputs.show({"model": name, "path": path}, print_installed, json=json, form=dict)


@app.command(cls=options.Command, epilog=_REMOVE_EXAMPLES)
@options.with_settings(progress=False)
def remove(
    *,
    name: Name,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Delete a model's installed weights.

    Features that were extracted with them stay.
    """
    from spotrec.cli.show.models import print_deleted

    with open_recommender() as recommender:
        paths = recommender.remove_weights(name)
    outputs.show({"model": name, "deleted": paths}, print_deleted, json=json, form=dict)
