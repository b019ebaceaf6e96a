"""What only the service answers: jobs, and the data of the map."""

from spotrec.operations.as_json.schema import NUMBER, TEXT, TEXTS, WHOLE, WHOLE_OR_NULL, Schema, list_, object_

JOB = Schema(
    "A queued link, and how far it is.",
    object_(
        {
            "id": TEXT,
            "link": TEXT,
            "state": {"type": "string", "enum": ["queued", "running", "done", "failed"]},
            "step": TEXT,
            "done": WHOLE,
            "total": WHOLE_OR_NULL,
            "unit": TEXT,
            "result": {"type": "object", "additionalProperties": WHOLE},
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

_NUMBERS = list_(NUMBER)
_COLOURING = {"type": "object", "required": ["groups", "group", "regions", "themes"]}

MAP = Schema(
    "Columns with an entry for each track, the tables that they refer to, and groups and regions by colour.",
    {
        "type": "object",
        "required": ["ids", "span", "x", "y", "titles", "artists", "artist", "tags", "tagNames", "near", "colours"],
        "properties": {
            "ids": TEXTS,
            "span": WHOLE,
            "x": _NUMBERS,
            "y": _NUMBERS,
            "titles": TEXTS,
            "artists": TEXTS,
            "artist": list_(WHOLE),
            "tagNames": TEXTS,
            "tags": list_(list_(WHOLE)),
            "near": list_(list_(WHOLE)),
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
