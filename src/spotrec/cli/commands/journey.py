"""`spotrec journey`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli import query_options as wanted
from spotrec.cli.show import outputs

if TYPE_CHECKING:
    from spotrec.operations.results import Journey

EXAMPLES = """
\b
Examples:
  spotrec journey "bohemian rhapsody" "blue in green"
  spotrec journey ~/Music/loud.mp3 ~/Music/quiet.mp3 -n 20 --max-per-artist 1
  spotrec journey spotify:track:4uLU6hMCjMI75M1A2tKUQC end.mp3
  spotrec journey a.mp3 b.mp3 --collection "My playlist" --m3u evening.m3u8
  spotrec journey a.mp3 b.mp3 --ids | spotrec playlist create Evening
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
    model: options.Model = None,
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
    """Go from one sound to another in even steps."""
    from spotrec.operations import as_json

    output = outputs.Output(json=json, csv=csv, ids=ids, m3u=m3u, open=open_player)
    with options.recommender(
        progress=progress, config=config, model=model, weights=weights, store=store, cache=cache, index_dir=index_dir
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
        outputs.show(
            recommender,
            output,
            [step.track for step in found.steps],
            table=lambda: _table(found),
            json=lambda: as_json.journey(found),
            csv=lambda: as_json.show_journey_csv(found),
        )
    if found.unknown:
        from spotrec.cli.show import render

        render.left_out(found.unknown)


def _table(found: "Journey") -> None:
    from spotrec.cli.show import journey as render_journey

    render_journey.journey(found)
