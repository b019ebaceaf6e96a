"""`spotrec playlist fill`."""

from typing import Annotated

import typer

from spotrec.cli import options, query_options
from spotrec.cli.commands.playlist.target import Target, with_target
from spotrec.errors import UsageError
from spotrec.operations.as_json import playlists

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


@query_options.with_filters
@with_target
@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def fill(
    *,
    names: Annotated[
        list[str],
        typer.Argument(help="The list, and two of its tracks; without a list, any two tracks.", metavar="[LIST] A B"),
    ],
    n: Annotated[int, typer.Option("-n", "--count", min=1, max=198, help="Number of new tracks.", metavar="N")] = 5,
    max_per_artist: query_options.MaxPerArtist = None,
    exclude_known: query_options.ExcludeKnown = None,
    filters: query_options.Filters,
    fetch: Annotated[
        bool, typer.Option("--fetch/--no-fetch", help="Without a list, fetch A or B if it is not stored.")
    ] = True,
    target: Target,
    open_recommender: options.Opener,
) -> None:
    """Insert tracks that bridge two tracks of a list."""
    if not _WITH_A_LIST - 1 <= len(names) <= _WITH_A_LIST:
        raise UsageError("`fill` needs two tracks, or a list and two tracks", "spotrec playlist fill [LIST] A B")
    *given, start, end = names
    if not given and target.in_place:
        raise UsageError("--in-place needs a list", "give the list before its two tracks")
    target.checked(given[0] if given else None)
    with open_recommender() as recommender:
        found = recommender.fill_playlist(
            target.list_of(given[0]) if given else None,
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

        target.deliver(recommender, found.playlist, found, print_filled, playlists.filled_playlist)
