"""`spotrec playlist extend`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli import query_options as wanted
from spotrec.cli.commands.playlist import target
from spotrec.cli.show import outputs
from spotrec.operations import as_json

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


@wanted.with_wish
def extend(
    *,
    playlist: target.List,
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
    like: wanted.Like = None,
    unlike: wanted.Unlike = None,
    wish: wanted.Wish,
    explain: wanted.Explain = False,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch a seed that is not stored.")] = True,
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
    """Add tracks that sound like a list to its end."""
    goal = target.Target(
        file=output, in_place=in_place, relative_to=relative_to, to=to, name=name, public=public, yes=yes,
        json=json, ids=ids,
    )  # fmt: skip
    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        found = recommender.extend_playlist(
            goal.list_of(playlist),
            like=like or (),
            unlike=unlike or (),
            explain=explain,
            fetch=fetch,
            n=n,
            **wish,
        )
        if found.found.unknown:
            from spotrec.cli.show.recommendations import note_unknown

            note_unknown(found.found.unknown)
        from spotrec.cli.show.lists import print_extended

        goal.deliver(recommender, found.playlist, found, print_extended, as_json.extended_playlist)
