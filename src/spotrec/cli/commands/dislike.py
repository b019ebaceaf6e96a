"""`spotrec dislike`."""

from spotrec.cli import options
from spotrec.cli.taste_options import Lists, Names, show_report

EXAMPLES = """
\b
Examples:
  spotrec dislike "my heart will go on"
  spotrec dislike "artist:Crazy Frog"
  spotrec dislike --from skipped.m3u8
\b
`spotrec query --taste` leans away from what you dislike; it may still be
among the results. `spotrec ban` keeps it out.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


@options.with_settings("store", "encoding")
def dislike(
    *, names: Names = None, lists: Lists = None, open_recommender: options.Opener, json: options.Json = False
) -> None:
    """Remember what you dislike, for `query --taste`."""
    with open_recommender() as recommender:
        report = recommender.dislike(*(names or ()), lists=lists or (), source="cli")
    show_report(report, json=json)
