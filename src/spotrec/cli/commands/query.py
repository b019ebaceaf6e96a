"""`spotrec query`."""

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options, query_options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import ranked_tracks

if TYPE_CHECKING:
    from spotrec.operations.query import Recommendations

EXAMPLES = """
\b
Examples:
  spotrec query https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC
  spotrec query ~/Music/a-song-i-love.mp3 -n 20
  spotrec query "bohemian rhapsody" --max-per-artist 1
  spotrec query "so what" "blue train" --unlike "kind of magic"
  spotrec query "My playlist" --exclude-known "My playlist" --diversity 0.3
  spotrec query artist:Portishead --year 1990..1999 --tag "electronic>=0.3"
  spotrec query song.mp3 --duration 2:00..4:30 --bpm 120..130 --key Am
  spotrec query song.mp3 --min-similarity 0.5 --shuffle --seed 7 --ids
  spotrec query song.mp3 --m3u like-a-song.m3u8 --open
  spotrec query --mood "chill female vocalists -metal"
  spotrec query song.mp3 --mood instrumental --mood-weight 0.3 --explain
  spotrec query song.mp3 --taste
  spotrec query --taste -n 30 --max-per-artist 2
  spotrec query song.mp3 --server http://127.0.0.1:8765
  spotrec query song.mp3 --ids | spotrec playlist create "Like a song"
\b
A seed that is not stored yet is fetched and extracted first. The seeds and
other copies of the same recordings are never among the results, nor is what
`spotrec ban` banned. --taste without a seed goes by what you like. A running
`spotrec serve`, named by --server or the setting `server`, answers an unknown
file in a second: its networks are loaded already.
\b
Exit codes: 0 done, 2 several tracks match, 4 sign-in needed to fetch a
seed, 5 no such track or collection.
"""


@query_options.with_query_options
@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def query(
    *,
    seeds: query_options.Seeds = None,
    like: query_options.Like = None,
    unlike: query_options.Unlike = None,
    query: query_options.QueryOptions,
    explain: query_options.Explain = False,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch a seed that is not stored.")] = True,
    server: Annotated[
        str | None,
        typer.Option(help="Ask this running `spotrec serve`: http://…", metavar="URL", show_default=False),
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
    ids: outputs.Ids = False,
    m3u: outputs.M3u = None,
    relative_to: outputs.RelativeTo = None,
    open_player: outputs.Open = False,
) -> None:
    """Find the tracks that sound like one track or several."""
    output = outputs.Output(json=json, csv=csv, raw=raw, ids=ids, m3u=m3u, relative_to=relative_to, open=open_player)
    given_here = bool(open_recommender.settings)
    if server and given_here:
        raise UsageError("a server has its own store and models", "give either --server or options like --store")
    with open_recommender(server=server) as recommender:
        is_there = recommender.settings.server is not None and not given_here
        ask = recommender.query_server if is_there else partial(recommender.query, fetch=fetch)
        found = ask(*(seeds or ()), like=like or (), unlike=unlike or (), explain=explain, **query)
        outputs.show_tracks(
            recommender,
            output,
            found,
            partial(_print, is_opened=output.open),
            form=ranked_tracks.recommendations,
            columns=ranked_tracks.RESULT_COLUMNS,
            rows=found.results,
        )
    if found.unknown:
        from spotrec.cli.show.recommendations import note_unknown

        note_unknown(found.unknown)


def _print(found: "Recommendations", *, is_opened: bool) -> None:
    from spotrec.cli.show.recommendations import print_recommendations, print_way_to_hear  # JSON needs no tables

    print_recommendations(found)
    if found.results and not is_opened:
        print_way_to_hear()
