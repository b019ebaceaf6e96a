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
_SOURCE_OR_NULL = {"enum": ["tags", "heard", None]}
_TRUTH = {"type": "boolean"}
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
    "bpm_source": _SOURCE_OR_NULL,
    "musical_key": _TEXT_OR_NULL,
    "musical_key_source": _SOURCE_OR_NULL,
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
    "bpm_source": "tags",
    "musical_key": "Dm",
    "musical_key_source": "heard",
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
    "bpm": 136.3,
    "bpm_source": "heard",
    "musical_key": "Ebm",
    "musical_key_source": "heard",
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
            "taste": _TRUTH,
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
        "taste": False,
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

_ENTRY = _object(
    {
        "place": _WHOLE,
        "number": {"type": ["integer", "null"]},
        "track_id": _TEXT_OR_NULL,
        "title": _TEXT,
        "artists": _TEXTS,
        "album": _TEXT_OR_NULL,
        "similarity": _NUMBER_OR_NULL,
        "energy": _NUMBER,
        "found_by": _TEXT_OR_NULL,
        "url": _TEXT_OR_NULL,
        "path": _TEXT_OR_NULL,
    },
    optional=["energy"],
)
_LEFT_ASIDE = _list(_object({"number": {"type": ["integer", "null"]}, "name": _TEXT}))
_PLAYLIST = {"title": _TEXT, "entries": _list(_ENTRY), "not_stored": _LEFT_ASIDE, "not_heard": _LEFT_ASIDE}
_SO_WHAT_IN_A_LIST = {
    "place": 1,
    "number": 1,
    "track_id": _SO_WHAT["track_id"],
    "title": "So What",
    "artists": ["Miles Davis"],
    "album": "Kind of Blue",
    "similarity": None,
    "found_by": "id",
    "url": _SO_WHAT["url"],
    "path": None,
}
_BLUE_TRAIN_IN_A_LIST = _SO_WHAT_IN_A_LIST | {
    "place": 2,
    "number": None,
    "track_id": _BLUE_TRAIN["track_id"],
    "title": "Blue Train",
    "artists": ["John Coltrane"],
    "album": "Blue Train",
    "similarity": 0.812345,
    "url": None,
}
_MODEL_AND_INDEX = {"model": "choi-2 + mn04-1", "index": "choi-2,mn04-1/9abf22b7c840604e"}
_NOTHING_ASIDE: dict[str, Any] = {"not_stored": [], "not_heard": []}

EXTENDED_PLAYLIST = Schema(
    "The list with new tracks at its end, and these tracks as results of a query.",
    _object(
        {
            **_PLAYLIST,
            "added": _list(_columns(as_json.RESULTS)),
            "model": _TEXT,
            "index": _TEXT,
            "unknown": _UNKNOWN,
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST],
        **_NOTHING_ASIDE,
        "added": [{"rank": 1, **_BLUE_TRAIN}],
        **_ANSWERED_BY,
    },
)

REORDERED_PLAYLIST = Schema(
    "The list in its new order, the distance along it, and a bound that no order goes below.",
    _object(
        {
            **_PLAYLIST,
            "curve": {"enum": ["rise", "fall", "wave", None]},
            "ordered": _WHOLE,
            "distance": _NUMBER,
            "distance_before": _NUMBER,
            "bound": _NUMBER,
            "gap": _NUMBER,
            "is_shortest": {"type": "boolean"},
            "mean_similarity": _NUMBER_OR_NULL,
            "mean_similarity_before": _NUMBER_OR_NULL,
            "model": _TEXT,
            "index": _TEXT,
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST | {"number": 2}],
        **_NOTHING_ASIDE,
        "curve": None,
        "ordered": 2,
        "distance": 0.187655,
        "distance_before": 0.187655,
        "bound": 0.187655,
        "gap": 0.0,
        "is_shortest": True,
        "mean_similarity": 0.812345,
        "mean_similarity_before": 0.812345,
        **_MODEL_AND_INDEX,
    },
)

DEDUPED_PLAYLIST = Schema(
    "The list with each recording once, and what was left out.",
    _object(
        {
            **_PLAYLIST,
            "repeats": _list(_object({"number": _WHOLE, "name": _TEXT, "of": _WHOLE, "reason": _TEXT})),
        }
    ),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST],
        **_NOTHING_ASIDE,
        "repeats": [{"number": 2, "name": "Miles Davis – So What", "of": 1, "reason": "the same ISRC"}],
    },
)

FILLED_PLAYLIST = Schema(
    "The list with new tracks between two of its own.",
    _object({**_PLAYLIST, "from": _TRACK, "to": _TRACK, "model": _TEXT, "index": _TEXT, "unknown": _UNKNOWN}),
    {
        "title": "playlist",
        "entries": [_SO_WHAT_IN_A_LIST, _BLUE_TRAIN_IN_A_LIST, _SO_WHAT_IN_A_LIST | {"place": 3, "number": 2}],
        **_NOTHING_ASIDE,
        "from": _SO_WHAT,
        "to": _SO_WHAT,
        **_ANSWERED_BY,
    },
)

_WHOLE_OR_NULL = {"type": ["integer", "null"]}
DUPLICATES = Schema(
    "Recordings that are in the catalogue more than once, each with its copies, the best first.",
    _object(
        {
            "groups": _list(
                _object(
                    {
                        "group": _WHOLE,
                        "why": _list({"type": "string", "enum": ["content", "sound", "isrc", "name", "audio"]}),
                        "differs": _TEXTS,
                        "copies": _list(
                            _object(
                                {
                                    "is_best": {"type": "boolean"},
                                    "track_id": _TEXT,
                                    "title": _TEXT,
                                    "artists": _TEXTS,
                                    "album": _TEXT_OR_NULL,
                                    "format": _TEXT_OR_NULL,
                                    "is_lossless": {"type": "boolean"},
                                    "bit_rate_kbps": _WHOLE_OR_NULL,
                                    "sample_rate_hz": _WHOLE_OR_NULL,
                                    "duration_ms": _WHOLE_OR_NULL,
                                    "n_bytes": _WHOLE_OR_NULL,
                                    "similarity": _NUMBER_OR_NULL,
                                    "is_missing": {"type": "boolean"},
                                    "path": _TEXT_OR_NULL,
                                    "item": _TEXT_OR_NULL,
                                    "url": _TEXT_OR_NULL,
                                }
                            )
                        ),
                    }
                )
            ),
            "n_tracks": _WHOLE,
            "n_compared": _WHOLE,
            "index": _TEXT_OR_NULL,
            "notes": _TEXTS,
        }
    ),
    {
        "groups": [
            {
                "group": 1,
                "why": ["name", "audio"],
                "differs": ["format", "bit rate", "size"],
                "copies": [
                    {
                        "is_best": is_best,
                        "track_id": id_,
                        "title": "Blue Train",
                        "artists": ["John Coltrane"],
                        "album": "Blue Train",
                        "format": kind,
                        "is_lossless": kind == "FLAC",
                        "bit_rate_kbps": kbps,
                        "sample_rate_hz": 44100,
                        "duration_ms": 643000,
                        "n_bytes": n_bytes,
                        "similarity": similarity,
                        "is_missing": False,
                        "path": path,
                        "item": None,
                        "url": None,
                    }
                    for is_best, id_, kind, kbps, n_bytes, similarity, path in (
                        (True, _BLUE_TRAIN["track_id"], "FLAC", 820, 65907500, 1.0, "/music/Blue Train.flac"),
                        (False, f"file:{'1' * 32}", "MP3", 192, 15432000, 0.991234, "/music/old/blue train.mp3"),
                    )
                ],
            }
        ],
        "n_tracks": 812,
        "n_compared": 812,
        "index": _ANSWERED_BY["index"],
        "notes": [],
    },
)

SIMILAR_ARTISTS = Schema(
    "The artists whose tracks sound like an artist's, most similar first.",
    _object(
        {
            "artist": _TEXT,
            "n_tracks": _WHOLE,
            "results": _list(
                _object(
                    {
                        "rank": _WHOLE,
                        "artist": _TEXT,
                        "similarity": _NUMBER,
                        "n_tracks": _WHOLE,
                        "nearest": _list(_object({"track_id": _TEXT, "title": _TEXT})),
                    }
                )
            ),
            "model": _TEXT,
            "index": _TEXT,
        }
    ),
    {
        "artist": "Miles Davis",
        "n_tracks": 12,
        "results": [
            {
                "rank": 1,
                "artist": "John Coltrane",
                "similarity": 0.612345,
                "n_tracks": 9,
                "nearest": [{"track_id": _BLUE_TRAIN["track_id"], "title": "Blue Train"}],
            }
        ],
        "model": _ANSWERED_BY["model"],
        "index": _ANSWERED_BY["index"],
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

_SIGNAL = _object(
    {
        "id": _WHOLE,
        "verb": {"type": "string", "enum": ["like", "dislike", "ban"]},
        "thing": {"type": "string", "enum": ["track", "artist", "album"]},
        "name": _TEXT,
        "artists": _TEXTS,
        "track_id": _TEXT_OR_NULL,
        "source": _TEXT,
        "said_at": _TEXT,
    }
)
_LIKED = {
    "id": 7,
    "verb": "like",
    "thing": "track",
    "name": "So What",
    "artists": ["Miles Davis"],
    "track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
    "source": "api",
    "said_at": "2026-11-30T04:51:19+00:00",
}
SIGNAL = Schema("What was said of one thing.", _SIGNAL, _LIKED)
TASTE = Schema("What was liked, disliked and banned, the latest first.", _list(_SIGNAL), [_LIKED])

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

_LASTING_SEEDS = _list(_object({"kind": _TEXT, "id": _TEXT, "name": _TEXT}))
_STATION = _object(
    {
        "name": _TEXT,
        "seeds": _LASTING_SEEDS,
        "unlike": _LASTING_SEEDS,
        "mood": _TEXT_OR_NULL,
        "mood_weight": _NUMBER_OR_NULL,
        "options": {"type": "object"},
        "every": _TEXT,
        "to": _TEXT_OR_NULL,
        "relative_to": _TEXT_OR_NULL,
        "address": _TEXT_OR_NULL,
        "added_at": _TEXT,
        "written_at": _TEXT_OR_NULL,
        "written": {"type": ["integer", "null"]},
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
STATION = Schema("A station: a saved wish, and where its list was written.", _STATION, _EVENING)
STATIONS = Schema("The saved stations, by name.", _list(_STATION), [_EVENING])
HEARD = Schema("How many of the tracks were noted as heard.", _object({"noted": _WHOLE}), {"noted": 1})

REFRESHED_STATIONS = Schema(
    "What became of each station.",
    _list(
        _object(
            {
                "station": _STATION,
                "track_ids": _TEXTS,
                "repeated": _WHOLE,
                "written": {"type": ["integer", "null"]},
                "left_out": _list(_object({"name": _TEXT, "reason": _TEXT})),
                "error": _TEXT_OR_NULL,
                "hint": _TEXT,
                "exit_code": _WHOLE,
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
