"""Stored tracks, their states and embeddings."""

import dataclasses
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import ADDRESSES, LINK, NAMES, TEMPO_AND_KEY, Column, fields, schema_of_rows
from spotrec.operations.as_json.examples import SO_WHAT
from spotrec.operations.as_json.schema import (
    NUMBER,
    NUMBER_OR_NULL,
    SOURCE_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    WHOLE,
    WHOLE_OR_NULL,
    Schema,
    list_,
    object_,
)
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.extract.extract import HeardFile
    from spotrec.operations.results import TrackEmbedding
    from spotrec.store import TrackRecord


TRACK = object_(
    {
        "track_id": TEXT,
        "title": TEXT,
        "artists": TEXTS,
        "album": TEXT_OR_NULL,
        "isrc": TEXT_OR_NULL,
        "duration_ms": WHOLE_OR_NULL,
        "release_date": TEXT_OR_NULL,
        "explicit": {"type": ["boolean", "null"]},
        "url": TEXT_OR_NULL,
        "path": TEXT_OR_NULL,
        "genre": TEXT_OR_NULL,
        "mood": TEXT_OR_NULL,
        "bpm": NUMBER_OR_NULL,
        "bpm_source": SOURCE_OR_NULL,
        "musical_key": TEXT_OR_NULL,
        "musical_key_source": SOURCE_OR_NULL,
    }
)
"""The schema of what `track` makes."""
_FAILURES = list_(object_({"stage": TEXT, "reason": TEXT, "message": TEXT, "attempts": WHOLE}))
_ANSWERS = list_(object_({"provider": TEXT, "outcome": TEXT, "reason": TEXT, "ask_again_at": TEXT_OR_NULL}))


def track(track: Track) -> dict[str, Any]:
    """Return a track; of tempo and key, what is known of each and from where."""
    tempo_and_key = {
        "bpm": track.known_bpm,
        "bpm_source": track.bpm_source,
        "musical_key": track.known_key,
        "musical_key_source": track.key_source,
    }
    stored = zip(_OF_A_TRACK, _values(track), strict=True)
    return {"track_id": track.id, **dict(stored), "artists": list(track.artists), **tempo_and_key}


_NOT_IN_JSON = {"id", "preview_url", "heard_bpm", "bpm_confidence", "heard_key", "key_confidence", "heard_by"}
_OF_A_TRACK = tuple(one.name for one in dataclasses.fields(Track) if one.name not in _NOT_IN_JSON)
_values = attrgetter(*_OF_A_TRACK)

RECORD_COLUMNS = (
    *NAMES,
    Column("isrc", TEXT_OR_NULL, lambda row: row.track.isrc),
    Column("genre", TEXT_OR_NULL, lambda row: row.track.genre),
    Column("mood", TEXT_OR_NULL, lambda row: row.track.mood),
    *TEMPO_AND_KEY,
    Column("state", TEXT, lambda row: row.state, "state"),
    Column(
        "failures",
        _FAILURES,
        lambda row: [
            {"stage": one.stage, "reason": one.reason, "message": one.message, "attempts": one.attempts}
            for one in row.failures
        ],
        shown=lambda row: "; ".join(row.faults),
    ),
    Column(
        "answers",
        _ANSWERS,
        lambda row: [
            {"provider": one.provider, "outcome": one.outcome, "reason": one.reason, "ask_again_at": one.ask_again_at}
            for one in row.answers
        ],
    ),
    *(*ADDRESSES, LINK),
)
"""The columns of a `TrackRecord`."""


def record(record: "TrackRecord") -> dict[str, Any]:
    return track(record.track) | fields(RECORD_COLUMNS, record)


def embedding(found: "TrackEmbedding") -> dict[str, Any]:
    return {"track_id": found.track.id, "model": found.model, "vector": found.vector.tolist(), "tags": found.tags}


def embedded(heard: "HeardFile", tags: dict[str, float], model: str) -> dict[str, Any]:
    return {"path": str(heard.path), "model": model, "vector": heard.vector.tolist(), "tags": tags}


_RECORD = object_(TRACK["properties"] | schema_of_rows(RECORD_COLUMNS)["properties"])
_RECORD_OF_SO_WHAT = SO_WHAT | {"state": "heard", "failures": [], "answers": []}
RECORD = Schema("A stored track and its state.", _RECORD, _RECORD_OF_SO_WHAT)
RECORDS = Schema("Stored tracks, each with its state.", list_(_RECORD), [_RECORD_OF_SO_WHAT])

EMBEDDING = Schema(
    "What the networks heard in a track.",
    object_(
        {
            "track_id": TEXT,
            "model": TEXT,
            "vector": list_(NUMBER),
            "tags": {"type": "object", "additionalProperties": NUMBER},
        }
    ),
    {
        "track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
        "model": "choi-2",
        "vector": [0.31, 1.2, 0.07],
        "tags": {"jazz": 0.91, "instrumental": 0.44},
    },
)
