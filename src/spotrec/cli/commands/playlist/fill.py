"""`spotrec playlist fill`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli import query_options as wanted
from spotrec.cli.commands.playlist import target
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations import as_json

EXAMPLES = """
\b
Examples:
  spotrec playlist fill evening.m3u8 3 4
  spotrec playlist fill evening.m3u8 "so what" "blue train" -n 3 --in-place
  spotrec playlist fill "bohemian rhapsody" "blue in green" -o bridge.m3u8
\b
A and B are tracks of the list: numbers, ids or words. If the list has others
between them, the new tracks go where neighbours differ most. Without a list,
A and B are any two tracks, and the result is a list from one to the other.
Recordings that the list has are not inserted again.
\b
Exit codes: 0 done or shown, 2 the list cannot be read or written like this,
or several tracks match, 3 sent, but some tracks are not there, 4 sign in
(again), 5 no such list or track, or too few tracks between them.
"""
_WITH_A_LIST = 3


@wanted.with_filters
def fill(
    *,
    names: Annotated[
        list[str],
        typer.Argument(help="The list, and two of its tracks; without a list, any two tracks.", metavar="[LIST] A B"),
    ],
    n: Annotated[int, typer.Option("-n", "--count", min=1, max=198, help="Number of new tracks.", metavar="N")] = 5,
    max_per_artist: wanted.MaxPerArtist = None,
    exclude_known: wanted.ExcludeKnown = None,
    filters: wanted.Filters,
    fetch: Annotated[
        bool, typer.Option("--fetch/--no-fetch", help="Without a list, fetch A or B if it is not stored.")
    ] = True,
    output: target.ToFile = None,
    in_place: target.InPlace = False,
    relative_to: outputs.RelativeTo = None,
    to: target.ToService = None,
    name: target.Name = None,
    public: target.Public = False,
    yes: target.Yes = False,
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    ids: outputs.Ids = False,
    progress: options.ShowProgress = True,
) -> None:
    """Insert tracks that bridge two tracks of a list."""
    goal = target.Target(
        file=output, in_place=in_place, relative_to=relative_to, to=to, name=name, public=public, yes=yes,
        json=json, ids=ids,
    )  # fmt: skip
    if not _WITH_A_LIST - 1 <= len(names) <= _WITH_A_LIST:
        raise UsageError("`fill` needs two tracks, or a list and two tracks", "spotrec playlist fill [LIST] A B")
    *given, start, end = names
    if not given and in_place:
        raise UsageError("--in-place needs a list", "give the list before its two tracks")
    goal.checked(given[0] if given else None)
    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        found = recommender.fill_playlist(
            goal.list_of(given[0]) if given else None,
            start,
            end,
            n,
            fetch=fetch,
            max_per_artist=max_per_artist,
            exclude_known=exclude_known or (),
            **filters,
        )
        if found.unknown:
            from spotrec.cli.show.recommendations import note_unknown

            note_unknown(found.unknown)
        from spotrec.cli.show.lists import print_filled

        goal.deliver(recommender, found.playlist, found, print_filled, as_json.filled_playlist)
