"""Options of queries: the seeds, and which results to return."""

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from spotrec.cli import completion
from spotrec.cli.signatures import Option, option, with_options
from spotrec.errors import UsageError
from spotrec.operations.options import Options
from spotrec.query.filters import FILTERS, Filter

Filters = dict[str, Any]
"""The values of all filters by name: `with_filters` makes an option for each."""

QueryOptions = dict[str, Any]
"""The mood and the options of a query that were given, by name: `with_query_options` makes an option for each."""

Seeds = Annotated[
    list[str] | None,
    typer.Argument(
        help="A Spotify track (link, URI, id), an audio file, or words of a stored title or artist; a stored "
        "playlist, album or folder; artist:NAME, album:NAME or collection:NAME.",
        metavar="SEED",
        show_default=False,
    ),
]
Like = Annotated[
    list[str] | None,
    typer.Option(help="Another seed. Repeatable.", metavar="SEED", show_default=False),
]
Unlike = Annotated[
    list[str] | None,
    typer.Option(help="Avoid tracks that sound like this. Repeatable.", metavar="SEED", show_default=False),
]
Count = Annotated[
    int | None,
    typer.Option(
        "-n",
        "--count",
        min=1,
        max=1000,
        help="Number of tracks; a maximum if --min-similarity is given. [default: 10, or 1000]",
        metavar="N",
        show_default=False,
    ),
]
MinSimilarity = Annotated[
    float | None,
    typer.Option(min=-1, max=1, help="Only tracks with at least this similarity.", metavar="X", show_default=False),
]
MaxPerArtist = Annotated[
    int | None, typer.Option(min=1, help="At most N tracks per artist.", metavar="N", show_default=False)
]
Diversity = Annotated[float, typer.Option(min=0, max=1, help="From 0 (most similar) to 1 (most varied).", metavar="X")]
Shuffle = Annotated[bool, typer.Option("--shuffle", help="Put the results in a random order, fixed by --seed.")]
ShuffleSeed = Annotated[
    int | None,
    typer.Option("--seed", help="The random seed of --shuffle. [default: 0]", metavar="N", show_default=False),
]
ExcludeKnown = Annotated[
    list[str] | None,
    typer.Option(
        help="Leave out this collection or folder (link, path or title), artist:NAME or album:NAME. Repeatable.",
        metavar="COLLECTION",
        show_default=False,
        autocompletion=completion.collections,
    ),
]
Mood = Annotated[
    str | None,
    typer.Option(
        help="Tags that it should sound like; a minus before a tag means not.",
        metavar="WORDS",
        show_default=False,
        autocompletion=completion.moods,
    ),
]
MoodWeight = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="How much the mood counts if there are seeds. [default: 0.5]",
        metavar="X",
        show_default=False,
    ),
]
Taste = Annotated[
    bool,
    typer.Option("--taste", help="Lean towards what you like, and away from what you dislike."),
]
Explain = Annotated[bool, typer.Option("--explain", help="Explain why each track is among the results.")]


_COMPLETIONS: dict[str, Callable[..., list[str]]] = {
    "collection": completion.collections,
    "new_artists_to": completion.collections,
    "tag": completion.tags,
    "no_tag": completion.tags,
    "exclude": completion.exclusions,
}


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for each filter in place of its parameter `filters`."""
    return with_options(command, "filters", [_filter(one) for one in FILTERS], dict)


def _filter(one: Filter) -> Option:
    flags = typer.Option(
        *((one.flags,) if one.flags else ()),
        help=one.help,
        metavar=one.metavar,
        show_default=False,
        autocompletion=_COMPLETIONS.get(one.name),
    )
    return option(one.name, Annotated[one.takes | None, flags])


_NAMES = {"n": "Count", "shuffle_seed": "ShuffleSeed"}
"""The options above whose names are not made of their parameters' names."""


def with_query_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return the command with an option for a mood and for each option of a query in place of its parameter `query`.

    Its value has the options that were given, as `Recommender.query` takes them. An option of a query is a name in
    `operations.options.Options`, and either a filter or declared above: `max_per_artist` is `MaxPerArtist`. An option
    that the command has itself stays its own.
    """
    filters = {one.name for one in FILTERS}
    own = inspect.signature(command).parameters
    names = ["mood", "mood_weight", *(name for name in Options.__annotations__ if name not in filters)]
    names = [name for name in names if _name_of(name) in globals() and name not in own]
    names.insert(names.index("shuffle") + 1, "shuffle_seed")
    options = [*(option(name, globals()[_name_of(name)]) for name in names), *(_filter(one) for one in FILTERS)]
    return with_options(command, "query", options, _given_in)


def _name_of(name: str) -> str:
    """Return the name by which the option of a parameter is declared above."""
    return _NAMES.get(name, name.title().replace("_", ""))


def _given_in(options: QueryOptions) -> QueryOptions:
    """Return the options that were given.

    Raises:
        UsageError: there is a seed number for an order that is not random.
    """
    given = {name: value for name, value in options.items() if value is not None and value != []}
    number = given.pop("shuffle_seed", None)
    if given.pop("shuffle", False):
        return {**given, "shuffle": number or 0}
    if number is not None:
        raise UsageError("--seed needs --shuffle", "add --shuffle")
    return given
