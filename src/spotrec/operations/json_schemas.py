"""JSON Schemas of what `as_json` makes, each with an example: one place for `--json`, OpenAPI and tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from spotrec.operations import as_json
from spotrec.operations.as_json import Column

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_NUMBER = {"type": "number"}
_NUMBER_OR_NULL = {"type": ["number", "null"]}
_WHOLE = {"type": "integer"}
_TEXTS = {"type": "array", "items": _TEXT}


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one JSON value.

    Attributes:
        about: what it is, in a sentence.
        example: a value as it is really printed.
    """

    about: str
    schema: dict[str, Any]
    example: Any


def _object(fields: dict[str, Any], *, optional: Sequence[str] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


_BY_NAME: dict[str, dict[str, Any]] = {
    "rank": _WHOLE,
    "step": _WHOLE,
    "track_id": _TEXT,
    "title": _TEXT,
    "artists": _TEXTS,
    "album": _TEXT_OR_NULL,
    "isrc": _TEXT_OR_NULL,
    "duration_ms": {"type": ["integer", "null"]},
    "release_date": _TEXT_OR_NULL,
    "explicit": {"type": ["boolean", "null"]},
    "url": _TEXT_OR_NULL,
    "path": _TEXT_OR_NULL,
    "genre": _TEXT_OR_NULL,
    "mood": _TEXT_OR_NULL,
    "bpm": _NUMBER_OR_NULL,
    "musical_key": _TEXT_OR_NULL,
    "similarity": _NUMBER_OR_NULL,
    "along": _NUMBER,
    "tags": _TEXTS,
    "state": _TEXT,
    "id": _TEXT,
    "kind": _TEXT,
    "tracks": _WHOLE,
    "crawled_at": _TEXT,
    "failures": _list(_object({"stage": _TEXT, "reason": _TEXT, "message": _TEXT, "attempts": _WHOLE})),
    "answers": _list(_object({"provider": _TEXT, "outcome": _TEXT, "reason": _TEXT, "ask_again_at": _TEXT_OR_NULL})),
    "explanation": _object(
        {
            "beside": _or_null(_object({"track_id": _TEXT, "name": _TEXT})),
            "similarity": _NUMBER_OR_NULL,
            "tags": _TEXTS,
            "layers": _list(
                _object({"layer": _WHOLE, "name": _TEXT, "contribution": _NUMBER, "share": _NUMBER_OR_NULL})
            ),
            "mood": {"type": "object", "additionalProperties": _NUMBER},
            "text": _TEXT,
        }
    ),
}


def _columns(columns: Sequence[Column]) -> dict[str, Any]:
    named = [column for column in columns if column.name]
    return _object(
        {column.name: _BY_NAME[column.name] for column in named},
        optional=[column.name for column in named if column.is_optional],
    )


_OF_COLUMNS_ONLY = {"rank", "step", "similarity", "along", "tags", "state", "failures", "answers", "explanation"}
_OF_COLLECTIONS = {"id", "kind", "tracks", "crawled_at"}
_TRACK = _object({name: _BY_NAME[name] for name in _BY_NAME if name not in _OF_COLUMNS_ONLY | _OF_COLLECTIONS})
_SEED = _object({"name": _TEXT, "kind": _TEXT, "n_tracks": _WHOLE, "track": _or_null(_TRACK)})
_UNKNOWN = {"type": "object", "additionalProperties": _WHOLE}
_MOOD = _object({"wanted": _TEXTS, "unwanted": _TEXTS, "weight": _NUMBER})

_SO_WHAT = {
    "track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
    "title": "So What",
    "artists": ["Miles Davis"],
    "album": "Kind of Blue",
    "isrc": "USSM15900113",
    "duration_ms": 562000,
    "release_date": "1959-08-17",
    "explicit": False,
    "url": "https://open.spotify.com/track/4vLYewWIvqHfKtJDk8c8tq",
    "path": None,
    "genre": "Jazz",
    "mood": None,
    "bpm": 136.0,
    "musical_key": "Dm",
}
_BLUE_TRAIN = {
    "track_id": "file:0123456789abcdef0123456789abcdef",
    "title": "Blue Train",
    "artists": ["John Coltrane"],
    "album": "Blue Train",
    "similarity": 0.812345,
    "tags": ["jazz", "instrumental", "saxophone"],
    "url": None,
    "path": None,
}
_ANSWERED_BY = {"model": "choi-2 + mn04-1", "index": "choi-2,mn04-1/9abf22b7c840604e", "unknown": {}}

RECOMMENDATIONS = Schema(
    "The seeds, and the tracks that sound like them, best first.",
    _object(
        {
            "seed": _or_null(_TRACK),
            "seeds": _list(_SEED),
            "unlike": _list(_SEED),
            "mood": _or_null(_MOOD),
            "results": _list(_columns(as_json.RESULTS)),
            "model": _TEXT,
            "index": _TEXT,
            "unknown": _UNKNOWN,
        }
    ),
    {
        "seed": _SO_WHAT,
        "seeds": [{"name": "Miles Davis – So What", "kind": "track", "n_tracks": 1, "track": _SO_WHAT}],
        "unlike": [],
        "mood": None,
        "results": [{"rank": 1, **_BLUE_TRAIN}],
        **_ANSWERED_BY,
    },
)

JOURNEY = Schema(
    "The tracks from one to the other, in order.",
    _object(
        {
            "from": _TRACK,
            "to": _TRACK,
            "steps": _list(_columns(as_json.STEPS)),
            "model": _TEXT,
            "index": _TEXT,
            "unknown": _UNKNOWN,
        }
    ),
    {
        "from": _SO_WHAT,
        "to": _SO_WHAT | {"track_id": _BLUE_TRAIN["track_id"], "title": "Blue Train"},
        "steps": [{"step": 2, **_BLUE_TRAIN, "along": 0.5}],
        **_ANSWERED_BY,
    },
)

_RECORD = _object(_TRACK["properties"] | _columns(as_json.RECORDS)["properties"])
_RECORD_OF_SO_WHAT = _SO_WHAT | {"state": "heard", "failures": [], "answers": []}
RECORD = Schema("A stored track and its state.", _RECORD, _RECORD_OF_SO_WHAT)
RECORDS = Schema("Stored tracks, each with its state.", _list(_RECORD), [_RECORD_OF_SO_WHAT])

EMBEDDING = Schema(
    "What the networks heard in a track.",
    _object(
        {
            "track_id": _TEXT,
            "model": _TEXT,
            "vector": _list(_NUMBER),
            "tags": {"type": "object", "additionalProperties": _NUMBER},
        }
    ),
    {
        "track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
        "model": "choi-2",
        "vector": [0.31, 1.2, 0.07],
        "tags": {"jazz": 0.91, "instrumental": 0.44},
    },
)

COLLECTIONS = Schema(
    "The stored collections, by kind and title.",
    _list(_columns(as_json.COLLECTIONS)),
    [
        {
            "id": "spotify:album:1weenld61qoidwYuZ1GESA",
            "kind": "album",
            "title": "Kind of Blue",
            "url": "https://open.spotify.com/album/1weenld61qoidwYuZ1GESA",
            "tracks": 5,
            "crawled_at": "2026-11-30T04:51:19+00:00",
        }
    ],
)

PLAYLIST_TARGETS = Schema(
    "Where playlists can be made.",
    _list(_object({"to": {"type": "string", "enum": ["spotify", "subsonic"]}, "name": _TEXT})),
    [{"to": "spotify", "name": "Spotify"}],
)

PLAYLIST = Schema(
    "A playlist with the tracks that are there and those that are not; if `is_done` is false, only a plan.",
    _object(
        {
            "name": _TEXT,
            "public": {"type": "boolean"},
            "tracks": _list(_object({"track_id": _TEXT, "name": _TEXT, "by": _TEXT})),
            "left_out": _list(_object({"track_id": _TEXT, "name": _TEXT, "reason": _TEXT})),
            "repeated": _WHOLE,
            "is_done": {"type": "boolean"},
            "url": _TEXT_OR_NULL,
            "was_there": {"type": ["integer", "null"]},
        }
    ),
    {
        "name": "Like that",
        "public": False,
        "tracks": [{"track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq", "name": "Miles Davis – So What", "by": "id"}],
        "left_out": [
            {
                "track_id": "file:0123456789abcdef0123456789abcdef",
                "name": "John Coltrane – Blue Train",
                "reason": "it has no ISRC",
            }
        ],
        "repeated": 0,
        "is_done": True,
        "url": "https://open.spotify.com/playlist/37i9dQZF1DX0SM0LYsmbMT",
        "was_there": None,
    },
)

JOB = Schema(
    "A queued link, and how far it is.",
    _object(
        {
            "id": _TEXT,
            "link": _TEXT,
            "state": {"type": "string", "enum": ["queued", "running", "done", "failed"]},
            "step": _TEXT,
            "done": _WHOLE,
            "total": {"type": ["integer", "null"]},
            "unit": _TEXT,
            "result": {"type": "object", "additionalProperties": _WHOLE},
            "problem": {"type": ["object", "null"]},
        }
    ),
    {
        "id": "0123456789abcdef",
        "link": "https://open.spotify.com/album/1weenld61qoidwYuZ1GESA",
        "state": "running",
        "step": "extract",
        "done": 2,
        "total": 5,
        "unit": "tracks",
        "result": {"seen": 5, "new": 5, "with_audio": 5},
        "problem": None,
    },
)

_NUMBERS = _list(_NUMBER)
_COLOURING = {"type": "object", "required": ["groups", "group", "regions", "themes"]}
MAP = Schema(
    "Columns with an entry for each track, the tables that they refer to, and groups and regions by colour.",
    {
        "type": "object",
        "required": ["ids", "span", "x", "y", "titles", "artists", "artist", "tags", "tagNames", "near", "colours"],
        "properties": {
            "ids": _TEXTS,
            "span": _WHOLE,
            "x": _NUMBERS,
            "y": _NUMBERS,
            "titles": _TEXTS,
            "artists": _TEXTS,
            "artist": _list(_WHOLE),
            "tagNames": _TEXTS,
            "tags": _list(_list(_WHOLE)),
            "near": _list(_list(_WHOLE)),
            "colours": {"type": "object", "additionalProperties": _COLOURING},
        },
    },
    {
        "ids": ["spotify:track:4vLYewWIvqHfKtJDk8c8tq"],
        "span": 20000,
        "width": 0.9,
        "height": 1.0,
        "x": [10000],
        "y": [10000],
        "titles": ["So What"],
        "artists": ["Miles Davis"],
        "artist": [0],
        "albums": ["Kind of Blue"],
        "album": [0],
        "tagNames": ["jazz"],
        "tags": [[0]],
        "near": [[]],
        "colours": {"tag": {"groups": ["jazz"], "group": [0], "regions": [], "themes": {}}},
    },
)
