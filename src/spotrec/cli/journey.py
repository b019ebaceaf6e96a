"""`spotrec journey`."""

from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli import query_options as wanted
from spotrec.errors import UsageError

EXAMPLES = """
\b
Examples:
  spotrec journey "bohemian rhapsody" "blue in green"
  spotrec journey ~/Music/loud.mp3 ~/Music/quiet.mp3 -n 20 --max-per-artist 1
  spotrec journey spotify:track:4uLU6hMCjMI75M1A2tKUQC end.mp3
  spotrec journey start.mp3 end.mp3 --collection "My playlist" --ids
\b
Both ends are among the tracks, the first and the last, whatever the options
let through. Each is one track, given as to `spotrec query`: one that is not
stored yet is fetched and heard on the fly.
\b
Exit codes: 0 done, 2 several tracks match, 4 sign-in needed to fetch an
end, 5 no such track, or too few to go by.
"""


def journey(
    start: Annotated[
        str, typer.Argument(help="Where it starts: a link, an audio file, or words of a stored track.", metavar="A")
    ],
    end: Annotated[str, typer.Argument(help="Where it ends, likewise.", metavar="B")],
    n: Annotated[
        int, typer.Option("-n", "--count", min=2, max=200, help="How many tracks, both ends counted.", metavar="N")
    ] = 12,
    max_per_artist: wanted.MaxPerArtist = None,
    exclude_known: wanted.ExcludeKnown = None,
    artist: wanted.Artist = None,
    album: wanted.Album = None,
    collection: wanted.InCollection = None,
    year: wanted.Year = None,
    duration: wanted.Duration = None,
    explicit: wanted.Explicit = None,
    tag: wanted.Tag = None,
    bpm: wanted.Bpm = None,
    key: wanted.Key = None,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Get and hear an end that is not stored.")] = True,
    weights: options.Weights = None,
    store: options.Store = None,
    cache: options.Cache = None,
    index_dir: options.IndexDir = None,
    config: options.Config = None,
    json: options.Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print the tracks as CSV.")] = False,
    ids: Annotated[bool, typer.Option("--ids", help="Print one track id a line.")] = False,
    progress: options.ShowProgress = True,
) -> None:
    """Go from one sound to another in even steps."""
    from spotrec.cli import as_json

    if json + csv + ids > 1:
        raise UsageError("--json, --csv and --ids exclude each other", "choose one")
    with options.recommender(
        progress=progress, config=config, weights=weights, store=store, cache=cache, index_dir=index_dir
    ) as recommender:
        found = recommender.journey(
            start,
            end,
            n,
            fetch=fetch,
            max_per_artist=max_per_artist,
            exclude_known=exclude_known or (),
            artist=artist,
            album=album,
            collection=collection or (),
            year=year,
            duration=duration,
            explicit=explicit,
            tag=tag or (),
            bpm=bpm,
            key=key,
        )
    if json:
        as_json.show(as_json.journey(found))
    elif csv:
        as_json.show_journey_csv(found)
    elif ids:
        typer.echo("\n".join(step.track.id for step in found.steps))
    else:
        from spotrec.cli import render_journey

        render_journey.journey(found)
    if found.unknown:
        from spotrec.cli import render

        render.left_out(found.unknown)
