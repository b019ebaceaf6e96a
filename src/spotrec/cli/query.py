"""`spotrec query`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options, outputs

if TYPE_CHECKING:
    from spotrec.recommender import Recommendations

EXAMPLES = """
\b
Examples:
  spotrec query https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC
  spotrec query ~/Music/a-song-i-love.mp3 -n 20
  spotrec query "bohemian rhapsody" --max-per-artist 1
  spotrec query 4uLU6hMCjMI75M1A2tKUQC --json
  spotrec query song.mp3 --m3u like-a-song.m3u8 --open
  spotrec query song.mp3 --ids | spotrec playlist create "Like a song"
\b
A seed that is not stored yet is fetched and heard on the fly. The seed itself
and other copies of the same recording are never among the results.
\b
Exit codes: 0 done, 2 several tracks match, 4 sign-in needed to fetch the
seed, 5 no such track.
"""


def query(
    seed: Annotated[
        str,
        typer.Argument(
            help="A Spotify track (link, URI, id), an audio file, or words of a stored title or artist.", metavar="SEED"
        ),
    ],
    n: Annotated[int, typer.Option("-n", "--count", min=1, max=1000, help="How many tracks.", metavar="N")] = 10,
    max_per_artist: Annotated[
        int | None, typer.Option(min=1, help="At most so many by one artist.", metavar="N", show_default=False)
    ] = None,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Get and hear a seed that is not stored.")] = True,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    csv: outputs.Csv = False,
    ids: outputs.Ids = False,
    m3u: outputs.M3u = None,
    open_player: outputs.Open = False,
    progress: options.ShowProgress = True,
) -> None:
    """Find the tracks that sound like a track."""
    from spotrec.cli import as_json

    output = outputs.Output(json=json, csv=csv, ids=ids, m3u=m3u, open=open_player)
    with options.recommender(
        progress=progress, config=config, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        found = recommender.query(seed, n, max_per_artist=max_per_artist, fetch=fetch)
        outputs.show(
            recommender,
            output,
            [result.track for result in found.results],
            table=lambda: _table(found),
            json=lambda: as_json.recommendations(found),
            csv=lambda: as_json.show_csv(found),
        )


def _table(found: "Recommendations") -> None:
    from spotrec.cli import render

    render.recommendations(found)
