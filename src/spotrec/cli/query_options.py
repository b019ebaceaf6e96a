"""Options that say what a query is asked with, and which results are wanted."""

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

from spotrec.query.filters import FILTERS, Filter

Filters = dict[str, Any]
"""The values of all filters by name: `with_filters` makes an option of each."""

Seeds = Annotated[
    list[str] | None,
    typer.Argument(
        help="A Spotify track (link, URI, id), an audio file, or words of a stored title or artist; a known "
        "playlist, album or folder; artist:NAME, album:NAME or collection:NAME.",
        metavar="SEED",
        show_default=False,
    ),
]
Like = Annotated[
    list[str] | None,
    typer.Option(help="One more seed. Repeatable.", metavar="SEED", show_default=False),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option(help="Keep away from what sounds like it. Repeatable.", metavar="SEED", show_default=False),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--count",
        min=1,
        max=1000,
        help="How many tracks; with --min-similarity at most. [default: 10, with --min-similarity 1000]",
        metavar="N",
        show_default=False,
    ),
]
MinSimilarity = Annotated[
    float | None,
    typer.Option(
        min=-1, max=1, help="All tracks that are at least so similar, -1 to 1.", metavar="X", show_default=False
    ),
]
MaxPerArtist = Annotated[
    int | None, typer.Option(min=1, help="At most so many by one artist.", metavar="N", show_default=False)
]
Diversity = Annotated[
    float, typer.Option(min=0, max=1, help="From 0, the most similar, to 1, the most varied of them.", metavar="X")
]
Shuffle = Annotated[bool, typer.Option("--shuffle", help="Give the results in an order drawn by --seed.")]
ShuffleSeed = Annotated[
    int | None,
    typer.Option("--seed", help="What draws the order of --shuffle. [default: 0]", metavar="N", show_default=False),
]
ExcludeKnown = Annotated[
    list[str] | None,
    typer.Option(
        help="Nothing of this collection: its link, path or title. Repeatable.",
        metavar="COLLECTION",
        show_default=False,
    ),
]
Mood = Annotated[
    str | None,
    typer.Option(
        help="What it should sound like, in the network's tags; a minus before those it should not.",
        metavar="WORDS",
        show_default=False,
    ),
]
MoodWeight = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="What the mood counts beside the seeds. [default: 0.5]",
        metavar="X",
        show_default=False,
    ),
]
Explain = Annotated[bool, typer.Option("--explain", help="Say why each track is among the results.")]


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each filter, in place of its parameter `filters`."""
    signature = inspect.signature(command)
    parameters = list(signature.parameters.values())
    at = list(signature.parameters).index("filters")
    parameters[at : at + 1] = map(_option, FILTERS)

    @wraps(command)
    def with_options(**given: Any) -> None:
        filters = {one.name: given.pop(one.name) for one in FILTERS}
        command(filters=filters, **given)

    with_options.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined] # read by inspect
    with_options.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_options


def _option(one: Filter) -> inspect.Parameter:
    annotation: Any = Annotated[one.takes | None, typer.Option(help=one.help, metavar=one.metavar, show_default=False)]
    return inspect.Parameter(one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
