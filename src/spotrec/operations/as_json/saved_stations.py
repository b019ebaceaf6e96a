"""Stations, their lists, and what was heard of them."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.schema import (
    NUMBER_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    WHOLE,
    WHOLE_OR_NULL,
    Schema,
    list_,
    object_,
)
from spotrec.operations.as_json.tracks import track

if TYPE_CHECKING:
    from spotrec.operations.play_station import StationPlay
    from spotrec.operations.stations import StationRefresh, StationsReport
    from spotrec.store import Station


def station(station: "Station") -> dict[str, Any]:
    from spotrec.operations.saved_query import stored_query
    from spotrec.operations.station_target import stored_target
    from spotrec.operations.stations import every_of

    query, target = stored_query(station.query), stored_target(station.target)
    return {
        "name": station.name,
        "seeds": [asdict(seed) for seed in query.seeds],
        "unlike": [asdict(seed) for seed in query.unlike],
        "mood": query.mood,
        "mood_weight": query.mood_weight,
        "options": dict(query.options),
        "every": every_of(station.every_s),
        "to": target.name if target else None,
        "relative_to": target.relative_to if target else None,
        "address": station.address,
        "added_at": station.added_at,
        "written_at": station.written_at,
        "written": station.n_written,
    }


def stations(found: "Iterable[Station]") -> list[dict[str, Any]]:
    return [station(one) for one in found]


def stations_report(report: "StationsReport") -> list[dict[str, Any]]:
    return [_refreshed(one) for one in report.stations]


def _refreshed(one: "StationRefresh") -> dict[str, Any]:
    made, written, error = one.made, one.written, one.error
    return {
        "station": station(one.station),
        "track_ids": [track.id for track in made.tracks] if made else [],
        "repeated": made.n_repeated if made else 0,
        "written": written.n_tracks if written else None,
        "left_out": [{"name": name, "reason": reason} for name, reason in written.left_out] if written else [],
        "error": error.message if error else None,
        "hint": error.hint if error else "",
        "exit_code": error.exit_code if error else 0,
    }


def station_play(played: "StationPlay") -> dict[str, Any]:
    return {
        "station": played.made.station.name,
        "track_ids": [track.id for track in played.made.tracks],
        "opened": played.opened.address if played.opened else None,
        "added": [track(one) for one in played.added],
        "left_out": [track(one) for one in played.left_out],
    }


_LASTING_SEEDS = list_(object_({"kind": TEXT, "id": TEXT, "name": TEXT}))

_STATION = object_(
    {
        "name": TEXT,
        "seeds": _LASTING_SEEDS,
        "unlike": _LASTING_SEEDS,
        "mood": TEXT_OR_NULL,
        "mood_weight": NUMBER_OR_NULL,
        "options": {"type": "object"},
        "every": TEXT,
        "to": TEXT_OR_NULL,
        "relative_to": TEXT_OR_NULL,
        "address": TEXT_OR_NULL,
        "added_at": TEXT,
        "written_at": TEXT_OR_NULL,
        "written": WHOLE_OR_NULL,
    }
)

_EVENING = {
    "name": "Evening",
    "seeds": [{"kind": "track", "id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq", "name": "Miles Davis – So What"}],
    "unlike": [],
    "mood": "chill",
    "mood_weight": None,
    "options": {"n": 30, "max_per_artist": 1},
    "every": "1d",
    "to": "spotify",
    "relative_to": None,
    "address": "https://open.spotify.com/playlist/37i9dQZF1DX0SM0LYsmbMT",
    "added_at": "2026-11-30T09:28:42.981052+00:00",
    "written_at": "2026-11-30T09:28:47.648226+00:00",
    "written": 30,
}

STATION = Schema("A station: a saved query, and where its list was written.", _STATION, _EVENING)
STATIONS = Schema("The saved stations, by name.", list_(_STATION), [_EVENING])
HEARD = Schema("How many of the tracks were noted as heard.", object_({"noted": WHOLE}), {"noted": 1})

REFRESHED_STATIONS = Schema(
    "What became of each station.",
    list_(
        object_(
            {
                "station": _STATION,
                "track_ids": TEXTS,
                "repeated": WHOLE,
                "written": WHOLE_OR_NULL,
                "left_out": list_(object_({"name": TEXT, "reason": TEXT})),
                "error": TEXT_OR_NULL,
                "hint": TEXT,
                "exit_code": WHOLE,
            }
        )
    ),
    [
        {
            "station": _EVENING,
            "track_ids": ["spotify:track:4vLYewWIvqHfKtJDk8c8tq"],
            "repeated": 0,
            "written": 1,
            "left_out": [],
            "error": None,
            "hint": "",
            "exit_code": 0,
        }
    ],
)
