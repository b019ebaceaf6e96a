"""`spotrec station`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import completion, options, query_options
from spotrec.cli.show import outputs
from spotrec.errors import UsageError
from spotrec.operations.as_json import ranked_tracks, saved_stations
from spotrec.operations.options import EVERY

if TYPE_CHECKING:
    from spotrec.operations.station_list import StationList

_EXAMPLES = """
\b
Examples:
  spotrec station
  spotrec station new Evening "so what" -n 30 --to Evening.m3u8
  spotrec station refresh
\b
A station is a saved query. Its list is made anew every day, or every --every,
from what is stored then, without what was heard in the last 14 days (the
setting heard_lately_days). docs/stations.md shows cron and systemd.
"""
_LIST_EXAMPLES = """
\b
Examples:
  spotrec station list
  spotrec station list --json
"""
_NEW_EXAMPLES = """
\b
Examples:
  spotrec station new Evening "so what" artist:Portishead -n 30
  spotrec station new Focus --mood "chill -vocal" --to ~/Music/Focus.m3u8
  spotrec station new Phone "so what" --to Phone.m3u8 --relative-to ~/Music
  spotrec station new Weekly "My playlist" -n 50 --to spotify --every 1w
  spotrec station new Kitchen album:Blue --to subsonic --max-per-artist 1
  spotrec station new Evening "blue train" --replace
\b
It takes every option of `spotrec query` that says which tracks to return.
Tracks and collections are stored by their ids, so that a station outlives new
titles and other crawls. If the list cannot be made, nothing is saved.
\b
Exit codes: as for `spotrec query`; 2 too if there is a station of this name.
"""
_SHOW_EXAMPLES = """
\b
Examples:
  spotrec station show Evening
  spotrec station show Evening --ids | spotrec playlist create Evening
  spotrec station show Evening --explain
\b
The list stays until its period is over, unless the catalogue changes. To look
at it does not count as hearing it.
\b
Exit codes: 0 done, 5 no such station, or its seeds are not stored any more.
"""
_PLAY_EXAMPLES = """
\b
Examples:
  spotrec station play Evening
  spotrec station play Evening --mpd
  spotrec station play Evening --mpd 192.168.1.20:6600
\b
With --mpd the tracks go to the end of MPD's queue, but for those that are in
it already; if nothing plays, they play. What is played counts as heard: the
next lists leave it out.
\b
Exit codes: 0 done, 1 no player, 4 MPD needs a password, 5 no such station, or
the player has none of its tracks.
"""
_REFRESH_EXAMPLES = """
\b
Examples:
  spotrec station refresh
  spotrec station refresh Evening Focus
  spotrec station refresh Evening --next
  spotrec station refresh --no-progress > /dev/null
\b
The last one is for cron: it prints only what failed. To run it twice, or to
run it again after it was killed, writes the same lists.
\b
Exit codes: 0 done, 3 one of several stations could not be made or written
(the report says why), 1, 4 or 5 if it is the only one.
"""
_REMOVE_EXAMPLES = """
\b
Examples:
  spotrec station remove Evening
\b
The files and playlists that it wrote stay.
"""

Name = Annotated[str, typer.Argument(help="The name of a station.", metavar="NAME", autocompletion=completion.stations)]
Names = Annotated[
    list[str] | None,
    typer.Argument(help="Only these stations.", metavar="NAME", show_default=False, autocompletion=completion.stations),
]
Fetch = Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch a seed that is not stored.")]

app = typer.Typer(
    rich_markup_mode=None,
    invoke_without_command=True,
    help="Save a query whose list stays fresh.",
    epilog=_EXAMPLES,
)


@app.callback()
@options.with_settings("store", progress=False)
def station(*, ctx: typer.Context, open_recommender: options.Opener, json: options.Json = False) -> None:
    """Save a query whose list stays fresh. Alone, it lists the stations."""
    if not ctx.invoked_subcommand:
        _list(open_recommender, json=json)


@app.command("list", cls=options.Command, epilog=_LIST_EXAMPLES)
@options.with_settings("store", progress=False)
def list_(
    *,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """List the stations."""
    _list(open_recommender, json=json)


def _list(open_recommender: options.Opener, *, json: bool) -> None:
    from spotrec.cli.show.stations import print_stations

    with open_recommender() as recommender:
        found = recommender.stations()
    outputs.show(found, print_stations, json=json, form=saved_stations.stations)


@app.command(cls=options.Command, epilog=_NEW_EXAMPLES)
@query_options.with_query_options
@options.with_settings("model", "weights", "store", "cache", "index_dir")
def new(
    *,
    name: Annotated[str, typer.Argument(help="The name of the station.", metavar="NAME")],
    seeds: query_options.Seeds = None,
    like: query_options.Like = None,
    unlike: query_options.Unlike = None,
    query: query_options.QueryOptions,
    to: Annotated[
        str | None,
        typer.Option(
            help="Where `refresh` writes the list: FILE.m3u8, spotify, or subsonic for your music server.",
            metavar="PLACE",
            show_default=False,
        ),
    ] = None,
    relative_to: outputs.RelativeTo = None,
    every: Annotated[str, typer.Option(help="How long a list stays: 12h, 1d, 2w.", metavar="TIME")] = EVERY,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the station of this name.")] = False,
    fetch: Fetch = True,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Save a query as a station, and show its first list."""
    from spotrec.cli.show.stations import print_new

    with open_recommender() as recommender:
        made = recommender.new_station(
            name,
            *(seeds or ()),
            like=like or (),
            unlike=unlike or (),
            to=to,
            relative_to=relative_to,
            every=every,
            replace=replace,
            fetch=fetch,
            **query,
        )
    outputs.show(made, print_new, json=json, form=lambda made: saved_stations.station(made.station))


@app.command(cls=options.Command, epilog=_SHOW_EXAMPLES)
@options.with_settings("model", "weights", "store", "cache", "index_dir")
def show(
    *,
    name: Name,
    explain: query_options.Explain = False,
    fetch: Fetch = True,
    open_recommender: options.Opener,
    json: options.Json = False,
    csv: outputs.Csv = False,
    raw: outputs.Raw = False,
    ids: outputs.Ids = False,
    m3u: outputs.M3u = None,
) -> None:
    """Show the list of a station as it is now."""
    output = outputs.Output(json=json, csv=csv, raw=raw, ids=ids, m3u=m3u)
    with open_recommender() as recommender:
        made = recommender.station(name, explain=explain, fetch=fetch)
        outputs.show_tracks(
            recommender,
            output,
            made,
            _print,
            form=lambda made: ranked_tracks.recommendations(made.found),
            columns=ranked_tracks.RESULT_COLUMNS,
            rows=made.found.results,
        )


@app.command(cls=options.Command, epilog=_PLAY_EXAMPLES)
@options.with_settings("model", "store", "index_dir")
def play(
    *,
    name: Name,
    mpd: Annotated[
        str | None,
        typer.Option(
            help="Add the list to MPD's queue. Its address: host, host:port or the path of a socket.",
            metavar="[HOST:PORT]",
            show_default=False,
        ),
    ] = None,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Play the list of a station in the desktop's player, or in MPD."""
    from spotrec.cli.show.stations import print_play

    with open_recommender(mpd=mpd or None) as recommender:
        played = recommender.play_station(name, mpd=mpd is not None)
    outputs.show(played, print_play, json=json, form=saved_stations.station_play)


@app.command(cls=options.Command, epilog=_REFRESH_EXAMPLES)
@options.with_settings("model", "weights", "store", "cache", "index_dir")
def refresh(
    *,
    names: Names = None,
    next_list: Annotated[
        bool, typer.Option("--next", help="Begin the next list now, before the time of this one is over.")
    ] = False,
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Make the lists of stations, and write each to its place."""
    from spotrec.cli.show.stations import print_refresh, print_refresh_faults

    if next_list and not names:
        raise UsageError("--next needs the name of a station", "give NAME")
    with open_recommender() as recommender:
        report = recommender.refresh_stations(*(names or ()), next_list=next_list)
    outputs.show(report, print_refresh, json=json, form=saved_stations.stations_report)
    print_refresh_faults(report)
    raise typer.Exit(report.exit_code)


@app.command(cls=options.Command, epilog=_REMOVE_EXAMPLES)
@options.with_settings("store", progress=False)
def remove(
    *,
    names: Annotated[
        list[str], typer.Argument(help="The names of stations.", metavar="NAME", autocompletion=completion.stations)
    ],
    open_recommender: options.Opener,
    json: options.Json = False,
) -> None:
    """Forget stations."""
    from spotrec.cli.show.stations import print_removed

    with open_recommender() as recommender:
        removed = recommender.remove_stations(*names)
    outputs.show(removed, print_removed, json=json, form=saved_stations.stations)


def _print(made: "StationList") -> None:
    from spotrec.cli.show.stations import print_list  # JSON needs no tables

    print_list(made)
