"""`spotrec playlist dedupe`."""

from spotrec.cli import options
from spotrec.cli.commands.playlist import target
from spotrec.cli.show import outputs
from spotrec.operations import as_json

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


def dedupe(
    *,
    playlist: target.List,
    output: target.ToFile = None,
    in_place: target.InPlace = False,
    relative_to: outputs.RelativeTo = None,
    to: target.ToService = None,
    name: target.Name = None,
    public: target.Public = False,
    yes: target.Yes = False,
    store: options.Store = None,
    config: options.Config = None,
    json: options.Json = False,
    ids: outputs.Ids = False,
    progress: options.ShowProgress = True,
) -> None:
    """Leave out the recordings that a list has twice."""
    goal = target.Target(
        file=output, in_place=in_place, relative_to=relative_to, to=to, name=name, public=public, yes=yes,
        json=json, ids=ids,
    )  # fmt: skip
    with options.recommender(progress=progress, config=config, store=store) as recommender:
        found = recommender.dedupe_playlist(goal.list_of(playlist))
        from spotrec.cli.show.lists import print_deduped

        goal.deliver(recommender, found.playlist, found, print_deduped, as_json.deduped_playlist)
