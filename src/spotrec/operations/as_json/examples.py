"""Two tracks, and what answered, in the examples of schemas."""

from typing import Any

SO_WHAT: dict[str, Any] = {
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
BLUE_TRAIN: dict[str, Any] = {
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
MODEL_AND_INDEX_EXAMPLE: dict[str, Any] = {"model": "choi-2 + mn04-1", "index": "choi-2,mn04-1/9abf22b7c840604e"}
ANSWERED_BY_EXAMPLE: dict[str, Any] = MODEL_AND_INDEX_EXAMPLE | {"unknown": {}}
