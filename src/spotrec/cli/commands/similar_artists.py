"""`spotrec similar-artists`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import artists

if TYPE_CHECKING:
    from spotrec.operations.similar_artists import SimilarArtists

EXAMPLES = """
\b
Examples:
  spotrec similar-artists Portishead
  spotrec similar-artists "sigur ros" -n 20
  spotrec similar-artists coltrane --json
  spotrec similar-artists Portishead --csv > artists.csv
\b
All stored tracks of both artists are compared, not their mean: who plays
ballads and punk is similar to who plays both. Up to 50 tracks of an artist
count. Tracks that both made together do not.
\b
Exit codes: 0 done, 2 several artists have these words in their names, 5 no
stored track is by this artist (the message names similar ones).
"""


@options.with_settings("model", "weights", "store", "index_dir")
def similar_artists(
    *,
    name: Annotated[
        str, typer.Argument(help="An artist's name, or words of it that no other name has.", metavar="NAME")
    ],
    n: Annotated[
        int, typer.Option("-n", "--count", min=1, max=1000, help="The largest number of artists.", metavar="N")
    ] = 10,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
) -> None:
    """Find the artists whose tracks sound like an artist's."""
    if json and csv:
        raise UsageError("--json and --csv cannot be combined", "choose one")
    outputs.check_raw(raw=raw, csv=csv)
    with open_recommender() as recommender:
        found = recommender.similar_artists(name, n)
    if csv:
        outputs.print_csv(artists.ARTIST_COLUMNS, found.results, raw=raw)
    else:
        outputs.show(found, _print, json=json, form=artists.similar_artists)


def _print(found: "SimilarArtists") -> None:
    from spotrec.cli.show.similar_artists import print_similar_artists  # JSON needs no tables

    print_similar_artists(found)
