"""`spotrec radio`."""

from typing import TYPE_CHECKING, Annotated

import typer

from spotrec.cli import options, query_options
from spotrec.cli.show import outputs
from spotrec.errors import ExitCode, UsageError
from spotrec.operations.as_json import ranked_tracks

if TYPE_CHECKING:
    from spotrec.operations.radio import RadioReport

EXAMPLES = f"""
\b
Examples:
  spotrec radio --mpd
  spotrec radio "billie holiday" --mpd
  spotrec radio --mpd 192.168.1.20:6600 --ahead 10 --max-per-artist 1
  spotrec radio --mpd /run/mpd/socket --year 60s..70s --exclude christmas
  spotrec radio --mood "chill instrumental" --mpd
  spotrec radio "so what" --mpd --once && mpc play
\b
The radio goes on from the last three tracks that MPD played. A track that you
skip within 30 seconds counts against what sounds like it, and is remembered
as disliked (--no-learn: only by this radio). Nothing is played twice until
everything was, and nothing that you queued is removed.
\b
Without an address, MPD is found as mpc finds it. The password is the setting
mpd_password. docs/radio.md shows the way step by step, and a systemd unit.
\b
It needs python-mpd2:
  {options.install_lines("mpd")}
\b
Exit codes: 0 ended by SIGTERM, or done (--once), 1 MPD cannot be reached, 4
MPD needs a password, 5 nothing to go on from, 130 ended by Ctrl-C.
"""


@query_options.with_filters
@options.with_settings("model", "weights", "store", "cache", "index_dir", "encoding")
def radio(
    *,
    seeds: query_options.Seeds = None,
    mpd: Annotated[
        str | None,
        typer.Option(
            help="Fill MPD's queue. Its address: host, host:port or the path of a socket.",
            metavar="[HOST:PORT]",
            show_default=False,
        ),
    ] = None,
    ahead: Annotated[
        int, typer.Option(min=1, max=200, help="How many tracks to keep after the one that plays.", metavar="N")
    ] = 5,
    once: Annotated[bool, typer.Option("--once", help="Fill the queue once, print what was added, and end.")] = False,
    learn: Annotated[
        bool, typer.Option("--learn/--no-learn", help="Remember a track that you skip as disliked.")
    ] = True,
    unlike: query_options.Unlike = None,
    mood: query_options.Mood = None,
    mood_weight: query_options.MoodWeight = None,
    taste: query_options.Taste = False,
    min_similarity: query_options.MinSimilarity = None,
    max_per_artist: query_options.MaxPerArtist = None,
    diversity: query_options.Diversity = 0.0,
    exclude_known: query_options.ExcludeKnown = None,
    filters: query_options.Filters,
    fetch: Annotated[bool, typer.Option("--fetch/--no-fetch", help="Fetch a seed that is not stored.")] = True,
    open_recommender: options.Opener,
    json: options.Json = False,
    ids: outputs.Ids = False,
) -> None:
    """Keep MPD's queue filled with tracks like the last ones."""
    from spotrec.cli.signals import stop_on_signals

    output = outputs.Output(json=json, ids=ids)
    if (json or ids) and not once:
        raise UsageError("--json and --ids need --once", "add --once: without it the radio does not end")
    with open_recommender(mpd=mpd or None) as recommender:
        if mpd is None and not recommender.settings.mpd:
            raise UsageError("a radio needs a player", "add --mpd")
        with stop_on_signals() as stop:
            report = recommender.radio(
                *(seeds or ()),
                unlike=unlike or (),
                mood=mood,
                mood_weight=mood_weight,
                ahead=ahead,
                once=once,
                stop=stop.event,
                fetch=fetch,
                learn=learn,
                taste=taste,
                min_similarity=min_similarity,
                max_per_artist=max_per_artist,
                diversity=diversity,
                exclude_known=exclude_known or (),
                **filters,
            )
        if once:
            outputs.show_tracks(
                recommender,
                output,
                report,
                _print,
                form=ranked_tracks.radio,
                columns=ranked_tracks.RESULT_COLUMNS,
                rows=report.added,
            )
    if stop.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)


def _print(report: "RadioReport") -> None:
    from spotrec.cli.show.radio import print_radio  # JSON needs no tables

    print_radio(report)
