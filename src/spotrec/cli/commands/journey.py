"""`spotrec journey`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options, query_options
from spotrec.cli.show import outputs
from spotrec.operations.as_json import journeys

if TYPE_CHECKING:
    from spotrec.operations.journey import Journey

EXAMPLES = """
\b
Examples:
  spotrec journey "bohemian rhapsody" "blue in green"
  spotrec journey ~/Music/loud.mp3 ~/Music/quiet.mp3 -n 20 --max-per-artist 1
  spotrec journey spotify:track:4uLU6hMCjMI75M1A2tKUQC end.mp3
  spotrec journey a.mp3 b.mp3 --collection "My playlist" --m3u evening.m3u8
  spotrec journey a.mp3 b.mp3 --ids | spotrec playlist create Evening
\b
A is the first track and B the last, even if they do not pass the filters.
Each is named like a seed of `spotrec query`, but must be one track. A track
that is not stored yet is fetched and extracted first.
\b
Exit codes: 0 done, 2 several tracks match, 4 sign-in needed to fetch A or B,
5 no such track, or too few tracks for the journey.
"""


@query_options.with_filters
@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def journey(
    *,
    start: Annotated[
        str, typer.Argument(help="The first track: a link, an audio file, or words of a stored track.", metavar="A")
    ],
    end: Annotated[str, typer.Argument(help="The last track, named in the same way.", metavar="B")],
    n: Annotated[
        int, typer.Option("-n", "--count", min=2, max=200, help="Number of tracks, including A and B.", metavar="N")
    ] = 12,
    max_per_artist: query_options.MaxPerArtist = None,
    exclude_known: query_options.ExcludeKnown = None,
    filters: query_options.Filters,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch A or B if it is not stored.")] = True,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
    ids: outputs.Ids = False,
    m3u: outputs.M3u = None,
    relative_to: outputs.RelativeTo = None,
    open_player: outputs.Open = False,
) -> None:
    """Go from one sound to another in even steps."""
    output = outputs.Output(json=json, csv=csv, raw=raw, ids=ids, m3u=m3u, relative_to=relative_to, open=open_player)
    with open_recommender() as recommender:
        found = recommender.journey(
            start,
            end,
            n,
            fetch=fetch,
            max_per_artist=max_per_artist,
            exclude_known=exclude_known or (),
            **filters,
        )
        outputs.show_tracks(
            recommender, output, found, _print, form=journeys.journey, columns=journeys.STEP_COLUMNS, rows=found.steps
        )
    if found.unknown:
        from spotrec.cli.show.recommendations import note_unknown

        note_unknown(found.unknown)


def _print(found: "Journey") -> None:
    from spotrec.cli.show.journey import print_journey  # JSON needs no tables

    print_journey(found)
