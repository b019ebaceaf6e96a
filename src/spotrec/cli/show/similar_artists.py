"""Similar artists as a table."""

from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.show.console import console, say
from spotrec.cli.show.tables import print_table, table_of
from spotrec.operations.as_json.artists import ARTIST_COLUMNS

if TYPE_CHECKING:
    from spotrec.operations.similar_artists import SimilarArtists


def print_similar_artists(found: "SimilarArtists") -> None:
    to = console()
    say(to, Text.assemble("Who sounds like ", Text(found.artist, "bold"), ":"))
    if not found.results:
        to.print("No other artist is in the index.")
        return
    shown = [column for column in ARTIST_COLUMNS if column.heading]
    cells = {column.heading: [column.text(one) for one in found.results] for column in shown}
    print_table(to, table_of(cells, numbers=[column.heading for column in shown if column.is_number]))
