"""Recordings that are stored more than once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import NAMES, Column, fields, rounded, schema_of_rows
from spotrec.operations.as_json.examples import ANSWERED_BY_EXAMPLE, BLUE_TRAIN
from spotrec.operations.as_json.schema import (
    NUMBER_OR_NULL,
    TEXT_OR_NULL,
    TEXTS,
    TRUTH,
    WHOLE,
    WHOLE_OR_NULL,
    Schema,
    list_,
    object_,
)

if TYPE_CHECKING:
    from spotrec.operations.duplicates import Copy, Duplicate, Duplicates
    from spotrec.track import Track


def _minutes(track: "Track") -> str:
    """Return a length as 4:05."""
    if not track.duration_ms:
        return ""
    seconds = round(track.duration_ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


@dataclass(frozen=True, slots=True)
class CopyOfGroup:
    """A copy with its group, as a row."""

    group: "Duplicate"
    copy: "Copy"

    @property
    def track(self) -> "Track":
        return self.copy.track

    @property
    def is_best(self) -> bool:
        return self.copy is self.group.copies[0]


def copies_of(groups: "Iterable[Duplicate]") -> list[CopyOfGroup]:
    """Return all copies of groups as rows."""
    return [CopyOfGroup(group, copy) for group in groups for copy in group.copies]


_REASONS = list_({"type": "string", "enum": ["content", "sound", "isrc", "name", "audio"]})
COPY_COLUMNS = (
    Column("group", WHOLE, lambda row: row.group.number, "#", is_number=True),
    Column("is_best", TRUTH, lambda row: row.is_best, "best", lambda row: "*" if row.is_best else ""),
    Column("why", _REASONS, lambda row: list(row.group.why)),
    Column("differs", TEXTS, lambda row: list(row.group.differs)),
    *NAMES,
    Column("format", TEXT_OR_NULL, lambda row: row.copy.format, "format"),
    Column("is_lossless", TRUTH, lambda row: row.copy.is_lossless),
    Column("bit_rate_kbps", WHOLE_OR_NULL, lambda row: row.copy.bit_rate_kbps, "kbit/s", is_number=True),
    Column("sample_rate_hz", WHOLE_OR_NULL, lambda row: row.copy.sample_rate_hz, "Hz", is_number=True),
    Column(
        "duration_ms",
        WHOLE_OR_NULL,
        lambda row: row.track.duration_ms,
        "length",
        lambda row: _minutes(row.track),
        is_number=True,
    ),
    Column(
        "n_bytes",
        WHOLE_OR_NULL,
        lambda row: row.copy.n_bytes,
        "MB",
        lambda row: f"{row.copy.n_bytes / 1e6:.1f}" if row.copy.n_bytes else "",
        is_number=True,
    ),
    Column(
        "similarity",
        NUMBER_OR_NULL,
        lambda row: rounded(row.copy.similarity),
        "similarity",
        lambda row: "" if row.copy.similarity is None else f"{row.copy.similarity:.3f}",
        is_number=True,
    ),
    Column("is_missing", TRUTH, lambda row: row.copy.is_missing),
    Column("path", TEXT_OR_NULL, lambda row: row.copy.path),
    Column("item", TEXT_OR_NULL, lambda row: row.copy.item),
    Column("url", TEXT_OR_NULL, lambda row: row.track.url),
    Column(
        "",
        None,
        lambda row: row.copy.path or row.copy.item or row.track.address,
        "place",
        lambda row: (
            (row.copy.path or row.copy.item or row.track.address) + (" (missing)" if row.copy.is_missing else "")
        ),
    ),
)
"""The columns of a copy of a recording: a `CopyOfGroup`."""
_OF_THE_GROUP = ("group", "why", "differs")
_COPY_COLUMNS = [column for column in COPY_COLUMNS if column.name not in _OF_THE_GROUP]


def duplicates(found: "Duplicates", most: int | None = None) -> dict[str, Any]:
    """Return the groups, the first `most` of them."""
    return {
        "groups": [
            {
                "group": group.number,
                "why": list(group.why),
                "differs": list(group.differs),
                "copies": [fields(_COPY_COLUMNS, one) for one in copies_of([group])],
            }
            for group in found.groups[:most]
        ],
        "n_tracks": found.n_tracks,
        "n_compared": found.n_compared,
        "index": found.index,
        "notes": list(found.notes),
    }


DUPLICATES = Schema(
    "Recordings that are in the catalogue more than once, each with its copies, the best first.",
    object_(
        {
            "groups": list_(
                object_(
                    {
                        "group": WHOLE,
                        "why": _REASONS,
                        "differs": TEXTS,
                        "copies": list_(schema_of_rows(_COPY_COLUMNS)),
                    }
                )
            ),
            "n_tracks": WHOLE,
            "n_compared": WHOLE,
            "index": TEXT_OR_NULL,
            "notes": TEXTS,
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
                        (True, BLUE_TRAIN["track_id"], "FLAC", 820, 65907500, 1.0, "/music/Blue Train.flac"),
                        (False, f"file:{'1' * 32}", "MP3", 192, 15432000, 0.991234, "/music/old/blue train.mp3"),
                    )
                ],
            }
        ],
        "n_tracks": 812,
        "n_compared": 812,
        "index": ANSWERED_BY_EXAMPLE["index"],
        "notes": [],
    },
)
