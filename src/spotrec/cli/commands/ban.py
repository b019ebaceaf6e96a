"""`spotrec ban`."""

from spotrec.cli import options
from spotrec.cli.taste_options import Lists, Names, show_report

EXAMPLES = """
\b
Examples:
  spotrec ban "last christmas"
  spotrec ban "artist:Crazy Frog" "album:Now 48"
  spotrec ban --from never-again.m3u8
\b
A banned track, all its copies, and every track by a banned artist or on a
banned album are never among the results of any command. A banned track may
still be a seed. A ban stays when its tracks are removed and crawled again;
`spotrec unban` lifts it.
\b
Exit codes: 0 done, 2 a name means several things, 3 some tracks of a list are
not stored (the report says which), 5 not stored.
"""


@options.with_settings("store", "encoding")
def ban(
    *, names: Names = None, lists: Lists = None, open_recommender: options.Opener, json: options.Json = False
) -> None:
    """Never recommend a track, an artist or an album again."""
    with open_recommender() as recommender:
        report = recommender.ban(*(names or ()), lists=lists or (), source="cli")
    show_report(report, json=json)
