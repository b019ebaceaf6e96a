"""`spotrec playlist dedupe`."""

from spotrec.cli import options
from spotrec.cli.commands.playlist.target import List, Target, with_target
from spotrec.operations.as_json import playlists

EXAMPLES = """
\b
Examples:
  spotrec playlist dedupe evening.m3u8
  spotrec playlist dedupe evening.m3u8 --in-place
  spotrec playlist dedupe evening.csv --json
\b
Two entries are the same recording if they are the same track, or have the
same ISRC, artist and title, or audio; the first one stays. Live versions,
remixes and covers are other recordings. Nothing is written without
--in-place, --output or --to.
\b
Exit codes: 0 done or shown, 2 the list cannot be read or written like this,
3 sent, but some tracks are not there, 4 sign in (again), 5 no such list.
"""


@with_target
@options.with_settings("store", "encoding")
def dedupe(
    *,
    playlist: List,
    target: Target,
    open_recommender: options.Opener,
) -> None:
    """Leave out the recordings that a list has twice."""
    with open_recommender() as recommender:
        found = recommender.dedupe_playlist(target.list_of(playlist))
        from spotrec.cli.show.lists import print_deduped

        target.deliver(recommender, found.playlist, found, print_deduped, playlists.deduped_playlist)
