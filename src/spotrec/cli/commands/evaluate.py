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
Every track is asked with, and its neighbours are compared with its labels:
artist, album, genre, mood, recording and folder from the store, others from a
CSV whose column id, path or file names the track. 95 % intervals are
bootstrapped.
"""


def evaluate(
    labels: Annotated[Path | None, typer.Option(help="A CSV of labels.", metavar="FILE", show_default=False)] = None,
    label: Annotated[
        list[str] | None, typer.Option(help="Score this label only; may be repeated.", metavar="NAME")
    ] = None,
    k: Annotated[
        int, typer.Option("-k", "--neighbours", min=1, max=1000, help="How many neighbours.", metavar="N")
    ] = 10,
    artist_filter: Annotated[
        bool, typer.Option("--artist-filter/--no-artist-filter", help="Leave out the same artist.")
    ] = True,
    compare: Annotated[bool, typer.Option("--compare", help="Beside other models, baselines and chance.")] = False,
    spaces: Annotated[
        list[str] | None,
        typer.Option("--space", help="Compare with this space only; may be repeated.", metavar="NAME"),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw it too, as .png or .svg.", metavar="FILE", show_default=False)
    ] = None,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    progress: options.ShowProgress = True,
) -> None:
    """Measure how well neighbours agree with what is known of tracks."""
    from spotrec.cli.show.evaluation import print_evaluation

    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store
    ) as recommender:
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
