"""`spotrec embed`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options

EXAMPLES = """
\b
Examples:
  spotrec embed song.mp3
  spotrec embed *.flac --json > vectors.json
\b
With --json: a list of {"path", "model", "vector", "tags"}.
"""


def embed(
    files: Annotated[list[Path], typer.Argument(help="Audio files.", metavar="FILE")],
    model: options.Model = None,
    weights: options.Weights = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Show what the network hears in any audio file. Nothing is stored."""
    from spotrec.cli.show import render
    from spotrec.operations import as_json

    with options.recommender(progress=progress, config=config, model=model, weights=weights) as recommender:
        heard = recommender.embed(files)
        rows = [(one, recommender.top_tags(one.tags)) for one in heard]
        heard_by = str(recommender.model)
    if json:
        as_json.show([as_json.embedded(one, tags, heard_by) for one, tags in rows])
    else:
        render.embedded(rows)
