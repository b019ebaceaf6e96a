"""`spotrec playlist reorder`."""

from enum import StrEnum
from typing import Annotated

import typer

from spotrec.cli import options
from spotrec.cli.commands.playlist.target import List, Target, with_target
from spotrec.operations.as_json import playlists

EXAMPLES = """
\b
Examples:
  spotrec playlist reorder evening.m3u8
  spotrec playlist reorder evening.m3u8 --curve wave --in-place
  spotrec playlist reorder evening.m3u8 --first 3 --last "blue in green"
  spotrec playlist reorder "My playlist" --first --last -o smooth.m3u8
  spotrec playlist reorder mix.m3u8 --ids | spotrec playlist create Evening
\b
The distance of two tracks is 1 - their similarity. The order with the
smallest sum is found exactly for up to 12 tracks; for more, a short one, and
a bound that no order can go below. --curve rise, fall or wave lets the energy
go so: a track may be at most a tenth of the list away from its place on the
curve. Entries that are not stored, or have no features, keep their places.
\b
Exit codes: 0 done or shown, 2 the list cannot be read or written like this,
3 sent, but some tracks are not there, 4 sign in (again), 5 no such list, or
none of its tracks has features.
"""


class CurveName(StrEnum):
    """How the energy goes."""

    RISE = "rise"
    FALL = "fall"
    WAVE = "wave"


@with_target
@options.with_settings("model", "weights", "store", "index_dir", "encoding")
def reorder(
    *,
    playlist: List,
    curve: Annotated[
        CurveName | None,
        typer.Option(help="How the energy goes: rise, fall or wave.", metavar="CURVE", show_default=False),
    ] = None,
    first: Annotated[
        str | None,
        typer.Option(
            help="Begin with this track: its number in the list, its id, or words. Alone: with the one that is first.",
            metavar="[TRACK]",
            show_default=False,
        ),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option(
            help="End with this track, named in the same way. Alone: with the one that is last.",
            metavar="[TRACK]",
            show_default=False,
        ),
    ] = None,
    target: Target,
    open_recommender: options.Opener,
) -> None:
    """Put a list in an order in which neighbours sound alike."""
    with open_recommender() as recommender:
        found = recommender.reorder_playlist(target.list_of(playlist), curve=curve, first=first, last=last)
        from spotrec.cli.show.lists import print_reordered

        target.deliver(recommender, found.playlist, found, print_reordered, playlists.reordered_playlist)
