"""`spotrec embed`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.operations.as_json import tracks

EXAMPLES = """
\b
Examples:
  spotrec embed song.mp3
  spotrec embed *.flac --json > vectors.json
\b
With --json: a list of {"path", "model", "vector", "tags"}.
"""


@options.with_settings("model", "weights")
def embed(
    *,
    files: Annotated[list[Path], typer.Argument(help="Audio files.", metavar="FILE")],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Show features and tags of any audio file; store nothing."""
    from spotrec.cli.show.extraction import print_embedded

    with open_recommender() as recommender:
        heard = recommender.embed(files)
        rows = [(one, recommender.top_tags(one.tags)) for one in heard]
        heard_by = ",".join(str(model.id) for model in recommender.models)
    outputs.show(
        rows,
        print_embedded,
        json=json,
        form=lambda rows: [tracks.embedded(one, tags, heard_by) for one, tags in rows],
    )
