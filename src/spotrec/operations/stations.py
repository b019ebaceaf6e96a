"""Stations: saved queries whose lists are made anew from what is known now, and written to their places."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from spotrec.errors import ExitCode, NotFound, SpotrecError, StoreError, UsageError, quoted
from spotrec.names.titles import one_line
from spotrec.operations.heard import note
from spotrec.operations.options import Options
from spotrec.operations.saved_query import as_stored as query_as_stored
from spotrec.operations.saved_query import query_to_save
from spotrec.operations.seeds import TypedSeed
from spotrec.operations.session import Session
from spotrec.operations.station_list import StationList, list_now
from spotrec.operations.station_target import (
    Target,
    Written,
    as_stored,
    note_first_refresh,
    stored_target,
    target_of,
    write,
)
from spotrec.operations.view import View
from spotrec.progress import Progress
from spotrec.query.filters import several
from spotrec.store import FeatureStore, Station, moment, station_key
from spotrec.system.files import error_of_system, locked, real_path

_EVERY = re.compile(r"(?P<n>[1-9]\d{0,3})(?P<unit>h|d|w)")
_UNITS_S = {"h": 3600, "d": 86_400, "w": 7 * 86_400}
_LONGEST_S = 366 * 86_400
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class StationRefresh:
    """What became of one station.

    Attributes:
        made: its list, if it could be made.
        written: what was written, if it has a place.
        error: why its list could not be made or written.
    """

    station: Station
    made: StationList | None = None
    written: Written | None = None
    error: SpotrecError | None = None


@dataclass(slots=True)
class StationsReport:
    """What became of all stations."""

    stations: list[StationRefresh] = field(default_factory=list)

    @property
    def exit_code(self) -> ExitCode:
        """3 if some could not be made or written; if it is the only one, the code of its error."""
        errors = [one.error for one in self.stations if one.error]
        if not errors:
            return ExitCode.DONE
        return ExitCode(errors[0].exit_code) if len(self.stations) == 1 else ExitCode.PARTIAL


def list_stations(session: Session) -> list[Station]:
    """See `Recommender.stations`."""
    with session.view():
        return session.store().stations.all()


def station_named(session: Session, name: str) -> Station:
    """Return the station with this name.

    Raises:
        NotFound: there is none; the hint names those that there are.
    """
    with session.view():
        return _found(session.store(), name)


def show_station(session: Session, name: str, *, explain: bool, fetch: bool, progress: Progress | None) -> StationList:
    """See `Recommender.station`."""
    with session.view(progress) as view:
        return list_now(session, _found(session.store(), name), explain=explain, fetch=fetch, progress=view.progress)


def new_station(
    session: Session,
    name: str,
    seeds: Sequence[str | TypedSeed],
    *,
    unlike: Sequence[str | TypedSeed],
    mood: str | None,
    mood_weight: float | None,
    to: str | None,
    relative_to: Path | str | None,
    every: str,
    replaces: bool,
    fetch: bool,
    paths: bool,
    options: Options,
    progress: Progress | None,
) -> StationList:
    """See `Recommender.new_station`. The list is made first, so that nothing is stored that cannot be one."""
    if relative_to is not None and to is None:
        raise UsageError("`relative_to` needs a file", "give FILE.m3u8 in `to`")
    with session.view(progress, paths=paths) as view:
        named, every_s = station_name(name), seconds_of(every)
        target = target_of(to, relative_to) if to is not None else None
        store = session.store()
        earlier = store.stations.get(named)
        _check_alone(store, named, target)
        query = query_to_save(view, seeds, several(unlike), mood, mood_weight, options, fetch=fetch)
        station = Station(
            named, query_as_stored(query), as_stored(target), every_s, moment(datetime.now().astimezone())
        )
        if earlier:
            station = replace(station, added_at=earlier.added_at, begun_at=earlier.begun_at)
            if not (replaces or _is_same(station, earlier)):
                raise _exists(earlier.name)
        made = list_now(session, station, fetch=fetch, progress=view.progress)
        note_first_refresh(view, target, is_known=earlier is not None and earlier.target == station.target)
        if earlier:
            store.stations.put(station)
        elif not store.stations.add(station):  # another process was faster
            raise _exists(named)
        return replace(made, station=_found(store, named))


def remove_stations(session: Session, names: Sequence[str]) -> list[Station]:
    """See `Recommender.remove_stations`."""
    with session.view():
        store = session.store()
        going = list({one.key: one for one in (_found(store, name) for name in names)}.values())
        for one in going:
            store.stations.remove(one.name)
        return going


def refresh_stations(
    session: Session, names: Sequence[str], *, next_list: bool, progress: Progress | None
) -> StationsReport:
    """See `Recommender.refresh_stations`."""
    with session.view(progress) as view:
        store = session.store()
        wanted = list({one.key: one for one in (_found(store, name) for name in names)}.values())
        wanted = wanted if names else store.stations.all()
        if not wanted:
            raise NotFound("there is no station yet", "save one: `spotrec station new NAME SEED`")
        view.check_index()
        report = StationsReport()
        with _one_at_a_time(session), view.progress.meter("refresh stations", len(wanted), "stations") as meter:
            for station in wanted:
                latest = store.stations.get(station.name)  # another process may have written its list meanwhile
                report.stations.append(_refreshed(view, latest or station, next_list=next_list))
                meter.advance(1, station.name)
        return report


def note_served(session: Session, made: StationList) -> None:
    """Note that a person has got the list of a station: the next ones leave it out."""
    with session.view():
        ids = [track.id for track in made.tracks]
        note(session.store(), ids, made.station.place, since=made.begun_at)


def station_name(text: str) -> str:
    """Return the name of a station as it is stored.

    Raises:
        UsageError: it cannot be a name.
    """
    name = _composed(text.encode("utf-8", "replace").decode())
    if not 0 < len(name) <= _LONGEST_NAME or name.startswith("-") or not name.strip("."):
        raise UsageError(
            f"{quoted(text)} cannot be the name of a station",
            f"give 1 to {_LONGEST_NAME} characters, not only dots, and no - at the beginning",
        )
    return name


def seconds_of(every: str) -> int:
    """Return how long a list stays, in seconds, from `12h`, `1d` or `2w`.

    Raises:
        UsageError: it is not such a time, or longer than a year.
    """
    found = _EVERY.fullmatch(every.strip())
    seconds = int(found["n"]) * _UNITS_S[found["unit"]] if found else 0
    if not 0 < seconds <= _LONGEST_S:
        raise UsageError(f"{quoted(every)} is not how long a list can stay", "give hours, days or weeks: 12h, 1d, 2w")
    return seconds


def every_of(seconds: int) -> str:
    """Return `12h`, `1d` or `2w` for seconds: what `seconds_of` reads."""
    unit = next((unit for unit in ("w", "d") if seconds % _UNITS_S[unit] == 0), "h")
    return f"{seconds // _UNITS_S[unit]}{unit}"


def _refreshed(view: View, station: Station, *, next_list: bool) -> StationRefresh:
    """Make and write the list of a station. A fault of it is in the result; of the store, it is raised."""
    session, store, made = view.session, view.session.store(), None
    try:
        if next_list:
            station = _begun_next(view, station)
        made = list_now(session, station, progress=view.progress)
        if not made.tracks:
            raise NotFound("no track passes", "what was written before stays; save it again with other options")
        if (target := stored_target(station.target)) is None:
            return StationRefresh(station, made)
        written = write(session, target, station.name, made.tracks, address=station.address, progress=view.progress)
    except StoreError:
        raise
    except SpotrecError as error:
        return StationRefresh(station, made, error=error)
    except OSError as error:
        return StationRefresh(station, made, error=error_of_system(error))
    note_served(session, made)
    store.stations.note_written(station.name, moment(datetime.now().astimezone()), written.n_tracks, written.address)
    return StationRefresh(store.stations.get(station.name) or station, made, written)


def _begun_next(view: View, station: Station) -> Station:
    """Note the list of a station as served, and let the next one begin."""
    store = view.session.store()
    made = list_now(view.session, station, progress=view.progress)
    now = datetime.now().astimezone()
    note(store, [track.id for track in made.tracks], station.place, since=made.begun_at, at=moment(now))
    store.stations.begin_next(station.name, moment(now + timedelta(microseconds=1)))
    return _found(store, station.name)


def _found(store: FeatureStore, name: str) -> Station:
    found = store.stations.get(name.encode("utf-8", "replace").decode()) or store.stations.get(_composed(name))
    if found:
        return found
    names = ", ".join(one.name for one in store.stations.all()[:5])
    raise NotFound(
        f"there is no station {quoted(name)}",
        f"stations are {names}" if names else "save one: `spotrec station new NAME SEED`",
    )


def _composed(text: str) -> str:
    """Return text as one line in which an accent is part of its letter, however it was typed."""
    return unicodedata.normalize("NFC", one_line(text))


def _exists(name: str) -> UsageError:
    return UsageError(
        f"there is a station {quoted(name)} already",
        "choose another name, or add `replace` to put this one in its place",
    )


def _check_alone(store: FeatureStore, name: str, target: Target | None) -> None:
    """Refuse a file that another station writes."""
    if target is None or target.path is None:
        return
    file = real_path(Path(target.path))
    for other in store.stations.all():
        its = stored_target(other.target)
        if other.key != station_key(name) and its and its.path and real_path(Path(its.path)) == file:
            raise UsageError(f"the station {quoted(other.name)} writes {target.path}", "choose another file")


def _is_same(station: Station, other: Station) -> bool:
    def of(one: Station) -> tuple[object, ...]:
        return (one.query, one.target, one.every_s)

    return of(station) == of(other)


@contextmanager
def _one_at_a_time(session: Session) -> Iterator[None]:
    """Wait for a refresh in another process or thread: two at once might make two playlists of one station."""
    with locked(session.settings.store_path.with_name(f".{session.settings.store_path.name}.stations.lock")):
        yield
