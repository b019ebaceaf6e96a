"""Stations, their lists, and what became of them."""

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show.console import console, note, reasons, say
from spotrec.cli.show.tables import Columns, print_table, print_with_last_below
from spotrec.cli.show.tracks import track_table
from spotrec.cli.show.units import counted, local_time
from spotrec.errors import ExitCode
from spotrec.operations.as_json.ranked_tracks import RESULT_COLUMNS
from spotrec.operations.saved_query import stored_query
from spotrec.operations.station_target import stored_target
from spotrec.operations.stations import every_of

if TYPE_CHECKING:
    from spotrec.operations.play_station import StationPlay
    from spotrec.operations.station_list import StationList
    from spotrec.operations.stations import StationRefresh, StationsReport
    from spotrec.store import Station

_SEEDS_NAMED = 3


def print_stations(found: "list[Station]") -> None:
    to = console()
    if not found:
        say(to, "no stations yet: spotrec station new NAME SEED")
        return
    columns: Columns = {
        "station": [Text(one.name, "bold") for one in found],
        "sounds like": [_query(one) for one in found],
        "every": [every_of(one.every_s) for one in found],
        "written": [local_time(one.written_at) if one.written_at else "" for one in found],
        "tracks": [str(one.n_written) if one.written_at else "" for one in found],
        "writes": [_place(one) for one in found],
    }
    print_with_last_below(to, columns, numbers=["tracks"])


def print_new(made: "StationList") -> None:
    say(console(), Text.assemble("saved the station ", (made.station.name, "bold")))
    print_list(made)
    if place := _place(made.station):
        say(console(stderr=True), with_flags(f"`spotrec station refresh` writes it to {place}"), "dim")


def print_list(made: "StationList") -> None:
    to = console()
    say(to, Text.assemble((made.station.name, "bold"), f", until {_until(made.ends_at)}: {_query(made.station)}"))
    results = made.found.results
    if not results:
        to.print("No track passes these filters." if made.found.is_narrowed else "No other track is in the index.")
        return
    why = [result.explanation.text if result.explanation else "" for result in results]
    tags = [", ".join(result.tags) for result in results]
    print_table(to, track_table(to, RESULT_COLUMNS, results, why if any(why) else tags))
    _note_repeated(made)


def print_play(played: "StationPlay") -> None:
    to, name = console(), played.made.station.name
    if played.opened:
        say(to, f"{name}: opened {played.opened.address} ({counted(played.opened.n_tracks, 'track')})")
        if played.opened.n_others:
            note(f"{counted(played.opened.n_others, 'other track')} could not be opened in the player")
        return
    say(to, f"{name}: {counted(len(played.added), 'track')} added to MPD's queue")
    left_out = [(one.name, "MPD's library does not have it, or its queue is full") for one in played.left_out]
    reasons(console(stderr=True), f"{counted(len(left_out), 'track')} left out", left_out)
    _note_repeated(played.made)


def print_refresh(report: "StationsReport") -> None:
    for one in report.stations:
        if one.error is None:
            say(console(), f"{one.station.name}: {_did(one)}")


def print_refresh_faults(report: "StationsReport") -> None:
    """Print what failed on stderr, and what is not in a list that was written."""
    notes = console(stderr=True)
    for one in report.stations:
        if one.error:
            say(notes, Text.assemble(("error: ", "bold red"), f"{one.station.name}: {one.error.message}"))
            if one.error.hint:
                say(notes, Text.assemble(("hint: ", "bold"), one.error.hint))
    if report.exit_code is ExitCode.PARTIAL and len(report.stations) > 1:
        n = sum(one.error is not None for one in report.stations)
        say(notes, f"{n} of {counted(len(report.stations), 'station')} failed; the others are written", "dim")


def print_removed(removed: "list[Station]") -> None:
    for one in removed:
        say(console(), f"removed the station {one.name}")
        if place := _place(one):
            say(console(stderr=True), f"what it wrote stays: {one.address or place}", "dim")


def _did(one: "StationRefresh") -> str:
    assert one.made is not None
    repeated = f", {one.made.n_repeated} of them heard lately" if one.made.n_repeated else ""
    if one.written is None:
        return f"{counted(len(one.made.tracks), 'track')}{repeated}; nothing to write: it has no place (--to)"
    left_out = f", {len(one.written.left_out)} left out that it cannot have" if one.written.left_out else ""
    where = one.station.address or _place(one.station)
    return f"{counted(one.written.n_tracks, 'track')}{repeated} written to {where}{left_out}"


def _note_repeated(made: "StationList") -> None:
    if made.n_repeated:
        those = "the last track was" if made.n_repeated == 1 else f"the last {made.n_repeated} tracks were"
        note(f"{those} heard lately: too few others pass")


def _query(station: "Station") -> str:
    """Return what a station sounds like: seeds, seeds to avoid, a mood, options."""
    query = stored_query(station.query)
    names = [one.name for one in query.seeds[:_SEEDS_NAMED]]
    if len(query.seeds) > _SEEDS_NAMED:
        names.append(f"{len(query.seeds) - _SEEDS_NAMED} more")
    parts = [", ".join(names)] if names else []
    if query.unlike:
        parts.append(f"not like {', '.join(one.name for one in query.unlike[:_SEEDS_NAMED])}")
    if query.mood:
        parts.append(f"mood {query.mood}")
    return "; ".join([*parts, *(_option(name, value) for name, value in query.options.items())])


def _option(name: str, value: object) -> str:
    if name == "n":
        return f"{value} tracks"
    if isinstance(value, bool):
        return f"{'' if value else 'not '}{name.replace('_', ' ')}"
    return f"{name.replace('_', ' ')} {', '.join(map(str, value)) if isinstance(value, list) else value}"


def _place(station: "Station") -> str:
    target = stored_target(station.target)
    return target.name if target else ""


def _until(ends_at: datetime) -> str:
    return ends_at.strftime("%Y-%m-%d %H:%M")
