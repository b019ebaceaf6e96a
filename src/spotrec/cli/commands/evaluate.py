"""`spotrec evaluate`."""

from pathlib import Path
from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs

EXAMPLES = """
\b
Examples:
  spotrec evaluate
  spotrec evaluate --label artist -k 5
  spotrec evaluate --labels genres.csv --compare --plot genres.png
  spotrec evaluate --label genre --space raw --space MFCC
\b
Every track is a query, and its neighbours' labels are compared with its own:
artist, album, genre, mood, recording and folder from the store, others from a
CSV whose column id, path or file names the track. 95 % intervals are
bootstrapped.
"""


@options.with_settings("model", "weights", "store")
def evaluate(
    *,
    labels: Annotated[Path | None, typer.Option(help="A CSV of labels.", metavar="FILE", show_default=False)] = None,
    label: Annotated[list[str] | None, typer.Option(help="Score only this label. Repeatable.", metavar="NAME")] = None,
    k: Annotated[
        int, typer.Option("-k", "--neighbours", min=1, max=1000, help="Number of neighbours.", metavar="N")
    ] = 10,
    artist_filter: Annotated[
        bool, typer.Option("--artist-filter/--no-artist-filter", help="Leave out neighbours by the same artist.")
    ] = True,
    compare: Annotated[
        bool, typer.Option("--compare", help="Compare with other models, baselines and chance.")
    ] = False,
    spaces: Annotated[
        list[str] | None,
        typer.Option("--space", help="Compare only with this space. Repeatable.", metavar="NAME"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Also draw the figures, as .png or .svg.", metavar="FILE", show_default=False)
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Measure how well neighbours match artists and genres."""
    from spotrec.cli.show.console import console, say
    from spotrec.cli.show.evaluation import print_evaluation

    with open_recommender() as recommender:
        found = recommender.evaluate(
            labels=labels,
            wanted=label or (),
            k=k,
            artist_filter=artist_filter,
            compare=compare,
            spaces=spaces or (),
            plot=plot,
        )
    outputs.show(found, print_evaluation, json=json)
    if plot:
        say(console(stderr=True), f"figures drawn in {plot}", "dim")
