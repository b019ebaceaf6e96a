"""`spotrec playlist extend`."""

from typing import Annotated

import typer

from spotrec.cli import options, query_options
from spotrec.cli.commands.playlist.target import List, Target, with_target
from spotrec.operations.as_json import playlists

EXAMPLES = """
\b
Examples:
  spotrec playlist extend evening.m3u8
  spotrec playlist extend evening.m3u8 -n 30 --in-place
  spotrec playlist extend evening.csv -o longer.m3u8 --relative-to ~/Music
  spotrec playlist extend "My playlist" --max-per-artist 1 --exclude speech
  spotrec playlist extend https://open.spotify.com/playlist/... --to spotify
  spotrec query SEED --ids | spotrec playlist extend - --ids
\b
All tracks of the list together are the seed; the new ones are at its end.
Nothing is written without --in-place, --output or --to. Entries that are not
in the store, comments and #EXT lines stay word for word. A Spotify playlist
of your own gets the new tracks; of anybody else's, a new one is made.
\b
Exit codes: 0 done or shown, 2 the list cannot be read or written like this,
3 sent, but some tracks are not there, 4 sign in (again), 5 no such list, or
none of its tracks is stored.
"""


@query_options.with_query_options
@with_target
@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def extend(
    *,
    playlist: List,
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--count",
            min=1,
            max=1000,
            help="Number of new tracks; a maximum if --min-similarity is given. [default: 20]",
            metavar="N",
            show_default=False,
        ),
    ] = None,
    like: query_options.Like = None,
    unlike: query_options.Unlike = None,
    query: query_options.QueryOptions,
    explain: query_options.Explain = False,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch a seed that is not stored.")] = True,
    target: Target,
    open_recommender: options.Opener,
) -> None:
    """Add tracks that sound like a list to its end."""
    with open_recommender() as recommender:
        found = recommender.extend_playlist(
            target.list_of(playlist),
            like=like or (),
            unlike=unlike or (),
            explain=explain,
            fetch=fetch,
            n=n,
            **query,
        )
        if found.found.unknown:
            from spotrec.cli.show.recommendations import note_unknown

            note_unknown(found.found.unknown)
        from spotrec.cli.show.lists import print_extended

        target.deliver(recommender, found.playlist, found, print_extended, playlists.extended_playlist)
