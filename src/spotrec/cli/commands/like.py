"""`spotrec like`."""

from spotrec.cli import options
from spotrec.cli.taste_options import Lists, Names, show_report

EXAMPLES = """
\b
Examples:
  spotrec like "so what" "blue in green"
  spotrec like artist:Portishead "album:Miles Davis - Kind of Blue"
  spotrec like --from favourites.m3u8
  spotrec query "so what" --ids | spotrec like --from -
\b
`spotrec query --taste` leans towards what you like. `spotrec taste` shows it,
`spotrec taste forget` takes it back.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


@options.with_settings("store", "encoding")
def like(
    *, names: Names = None, lists: Lists = None, open_recommender: options.Opener, json: options.Json = False
) -> None:
    """Remember what you like, for `query --taste`."""
    with open_recommender() as recommender:
        report = recommender.like(*(names or ()), lists=lists or (), source="cli")
    show_report(report, json=json)
