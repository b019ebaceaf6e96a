"""`spotrec query`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.errors import UsageError

EXAMPLES = """
\b
Examples:
  spotrec query https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC
  spotrec query ~/Music/a-song-i-love.mp3 -n 20
  spotrec query "bohemian rhapsody" --max-per-artist 1
  spotrec query 4uLU6hMCjMI75M1A2tKUQC --json
  spotrec query song.mp3 --ids
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
    model: options.Model = None,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the results as CSV.")] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Print one track id a line.")] = False,
    progress: options.ShowProgress = True,
) -> None:
    """Find the tracks that sound like a track."""
    from spotrec.cli import as_json

    if json + csv + ids > 1:
        raise UsageError("--json, --csv and --ids exclude each other", "choose one")
    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        found = recommender.query(seed, n, max_per_artist=max_per_artist, fetch=fetch)
    if json:
        as_json.show(as_json.recommendations(found))
    elif csv:
        as_json.show_csv(found)
    elif ids:
        typer.echo("\n".join(result.track.id for result in found.results))
    else:
        from spotrec.cli import render

        render.recommendations(found)
