"""Collections, what is removed, and the audio cache."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import Column, fields, plain, schema_of_rows
from spotrec.operations.as_json.schema import TEXT, TEXT_OR_NULL, TEXTS, WHOLE, Schema, list_
from spotrec.operations.as_json.tracks import track

if TYPE_CHECKING:
    from spotrec.operations.results import CopyReport, Removal
    from spotrec.store import KnownCollection


COLLECTION_COLUMNS = (
    Column("id", TEXT, lambda row: row.id),
    Column("kind", TEXT, lambda row: row.collection.kind),
    Column("title", TEXT, lambda row: row.collection.title),
    Column("url", TEXT_OR_NULL, lambda row: row.collection.url),
    Column("tracks", WHOLE, lambda row: row.n_tracks),
    Column("crawled_at", TEXT, lambda row: row.crawled_at),
)
"""The columns of a `KnownCollection`."""


def collections(known: "Iterable[KnownCollection]") -> list[dict[str, Any]]:
    return [fields(COLLECTION_COLUMNS, one) for one in known]


def removal(removal: "Removal") -> dict[str, Any]:
    return {
        "removed": removal.is_done,
        "tracks": [track(one) for one in removal.tracks],
        "collections": collections(removal.collections),
    }


CACHED_FILE_COLUMNS = (
    Column("key", TEXT, lambda row: row.key, "key"),
    Column("n_bytes", WHOLE, lambda row: row.n_bytes, "MB", lambda row: f"{row.n_bytes / 1e6:.1f}", is_number=True),
    Column("state", TEXT, lambda row: row.state, "state"),
    Column("track_id", TEXT_OR_NULL, lambda row: row.track.id if row.track else None),
    Column("title", TEXT_OR_NULL, lambda row: row.track.title if row.track else None),
    Column("artists", TEXTS, lambda row: list(row.track.artists) if row.track else []),
    Column("", None, lambda row: row.track.name if row.track else "", "track"),
)
"""The columns of a `CachedFile`."""


def cache_copy(report: "CopyReport") -> dict[str, Any]:
    return {**plain(report), "failures": [{"key": key, "reason": reason} for key, reason in report.failures]}


COLLECTIONS = Schema(
    "The stored collections, by kind and title.",
    list_(schema_of_rows(COLLECTION_COLUMNS)),
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
