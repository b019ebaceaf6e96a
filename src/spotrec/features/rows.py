"""Checks on every field of a row that another program may have written."""

import math
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from spotrec.audio.tags import parse_isrc
from spotrec.names.genres import tempo
from spotrec.names.keys import normalised_key
from spotrec.names.titles import MAX_CHARS, one_line
from spotrec.store import Embedding, StoredFeatures, StoredFingerprint
from spotrec.store.columns import EXPORTED, Column, Kind
from spotrec.track import Track, TrackId
from spotrec.vectors import FloatArray, Positions

MOST_NAMES = 100
"""A row with more artists or more aliases is refused."""
_MOST_VERSIONS = 1_000
_LONGEST_URL = 2048
_LONGEST_PATH = 4096
_LONGEST_MS = 1_000_000_000
_MOST_EXCERPTS = 100
_LONG_MS = 90_000
_OF_WHOLE_FILES = ("file", "upload")
_MOST_WORDS = 10_000
"""A fingerprint with more words is refused. Our own have up to 900, of a minute."""
_LARGEST_NUMBER = 1e6
"""One track with larger numbers would dominate a catalogue's mean and covariance."""

_TRACK_ID = re.compile(
    "spotify:track:[0-9A-Za-z]{22}|deezer:track:[0-9]{1,19}|isrc:[A-Z]{2}[A-Z0-9]{3}[0-9]{7}|(?:file|name):[0-9a-f]{32}"
)
_MODEL = re.compile(r"[a-z][a-z0-9._-]{0,39}-[0-9]{1,4}(?:\+[0-9a-f]{8})?")
_PROVIDER = re.compile("[a-z][a-z0-9-]{0,39}")
_SHA256 = re.compile("[0-9a-f]{64}")
_TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\+00:00")


class FaultyRow(Exception):
    """A row that cannot be imported; the text says why."""


def check_row(row: Mapping[str, Any], *, paths: bool) -> StoredFeatures:
    """Check a row and convert it. Texts are bytes, `vector` and `tags` are arrays; any field may be None.

    Args:
        paths: import the path of a user's file too.

    Raises:
        FaultyRow: a field is wrong; the text says which.
    """
    id_ = TrackId(_matching(row, "track_id", _TRACK_ID))
    fields = {column.name: _field(row, column) for column in EXPORTED if paths or column.name != "path"}
    track = Track(id_, **fields)
    vector, tags = _vector(row), _tags(row)
    provider, sha256 = _matching(row, "provider", _PROVIDER), _matching(row, "audio_sha256", _SHA256)
    return StoredFeatures(
        track,
        tuple(TrackId(_match(_text(alias, "aliases"), "aliases", _TRACK_ID)) for alias in _listed(row, "aliases")),
        _matching(row, "model", _MODEL),
        Embedding(id_, vector, tags, provider, sha256, *_excerpts(row, provider, track)),
        _matching(row, "created_at", _TIME),
        _fingerprint(row),
    )


def _faulty(reason: str) -> Any:
    raise FaultyRow(reason)


def _text(value: bytes | None, name: str, longest: int = MAX_CHARS) -> str:
    """Decode text of bounded length."""
    if value is None:
        raise FaultyRow(f"its {name} contains a null")
    try:
        text = value[: 4 * longest + 1].decode() if len(value) <= 4 * longest else None
    except UnicodeDecodeError as exc:
        raise FaultyRow(f"its {name} is not UTF-8") from exc
    if text is None or len(text) > longest:
        raise FaultyRow(f"its {name} has more than {longest} characters")
    return text


def _line(value: bytes | None, name: str) -> str:
    """Reduce text to one line of printable characters, as the crawl does."""
    return one_line(_text(value, name))


def _shown(row: Mapping[str, Any], name: str) -> str | None:
    return None if row[name] is None else _line(row[name], name) or None


def _listed(row: Mapping[str, Any], name: str) -> list[bytes | None]:
    values: list[bytes | None] | None = row[name]
    if values is None:
        raise FaultyRow(f"its {name} is null, not a list")
    if len(values) > MOST_NAMES:
        raise FaultyRow(f"its {name} has more than {MOST_NAMES} entries")
    return values


def _matching(row: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    if row[name] is None:
        raise FaultyRow(f"it has no {name}")
    return _match(_text(row[name], name), name, pattern)


def _match(text: str, name: str, pattern: re.Pattern[str]) -> str:
    return text if pattern.fullmatch(text) else _faulty(f"its {name} has an unknown form")


def _field(row: Mapping[str, Any], column: Column) -> Any:
    """Check a field of a track, by its own rule or else by its column's type."""
    if check := _FIELDS.get(column.name):
        return check(row)
    if column.kind is Kind.TEXT:
        return _shown(row, column.name)
    if column.kind is Kind.TEXTS:
        return tuple(filter(None, (_line(text, column.name) for text in _listed(row, column.name))))
    value = row[column.name]
    is_finite = value is None or math.isfinite(value)
    return value if is_finite else _faulty(f"its {column.name} is not a finite number")


def _title(row: Mapping[str, Any]) -> str:
    title: str = _shown(row, "title") or _faulty("it has no title")
    return title


def _isrc(row: Mapping[str, Any]) -> str | None:
    if row["isrc"] is None:
        return None
    text = _text(row["isrc"], "isrc")
    return text if parse_isrc(text) == text else _faulty("its isrc is not an ISRC")


def _duration(row: Mapping[str, Any]) -> int | None:
    value: int | None = row["duration_ms"]
    return (
        value
        if value is None or 0 <= value < _LONGEST_MS
        else _faulty(f"its duration_ms must be from 0 to below {_LONGEST_MS:,}")
    )


def _tempo(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    def check(row: Mapping[str, Any]) -> float | None:
        value: float | None = row[name]
        return value if value is None else tempo(value) or _faulty(f"its {name} is not a tempo")

    return check


def _key(name: str) -> Callable[[Mapping[str, Any]], str | None]:
    def check(row: Mapping[str, Any]) -> str | None:
        if row[name] is None:
            return None
        text = _text(row[name], name)
        return text if normalised_key(text) == text else _faulty(f"its {name} is not a key")

    return check


def _share(name: str) -> Callable[[Mapping[str, Any]], float | None]:
    def check(row: Mapping[str, Any]) -> float | None:
        value: float | None = row[name]
        return value if value is None or 0 <= value <= 1 else _faulty(f"its {name} is not from 0 to 1")

    return check


def _heard_by(row: Mapping[str, Any]) -> int | None:
    value: int | None = row["heard_by"]
    return value if value is None or 0 < value < _MOST_VERSIONS else _faulty("its heard_by is not a version")


def _url(row: Mapping[str, Any]) -> str | None:
    if row["url"] is None:
        return None
    text = _text(row["url"], "url", _LONGEST_URL)
    is_sound = text.startswith(("https://", "http://")) and text.isprintable()
    return text if is_sound else _faulty("its url is not a web address")


def _path(row: Mapping[str, Any]) -> str | None:
    if row["path"] is None:
        return None
    text = _text(row["path"], "path", _LONGEST_PATH)
    is_sound = PurePosixPath(text).is_absolute() and "\0" not in text
    return text if is_sound else _faulty("its path is not absolute, or contains a null character")


_FIELDS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "title": _title,
    "isrc": _isrc,
    "duration_ms": _duration,
    "url": _url,
    "path": _path,
    "bpm": _tempo("bpm"),
    "musical_key": _key("musical_key"),
    "heard_bpm": _tempo("heard_bpm"),
    "bpm_confidence": _share("bpm_confidence"),
    "heard_key": _key("heard_key"),
    "key_confidence": _share("key_confidence"),
    "heard_by": _heard_by,
}


def _excerpts(row: Mapping[str, Any], provider: str, track: Track) -> tuple[int, bool]:
    """Return the number of excerpts, and whether there are more. Early exports have one of each track."""
    if row["excerpts"] is None or row["has_more"] is None:
        is_long = track.duration_ms is None or track.duration_ms > _LONG_MS
        return 1, provider in _OF_WHOLE_FILES and is_long
    n = row["excerpts"]
    return (n, row["has_more"]) if 1 <= n <= _MOST_EXCERPTS else _faulty("its excerpts have an impossible number")


def _fingerprint(row: Mapping[str, Any]) -> StoredFingerprint | None:
    """Return the fingerprint. Early exports have none, and others have it in one row of each track."""
    words: Positions | None = row["fingerprint"]  # -1 for a null
    if words is None:
        return None
    version = row["fingerprint_version"]
    if version is None or not 0 < version < _MOST_VERSIONS:
        raise FaultyRow("its fingerprint_version is not a version")
    if words.size > _MOST_WORDS:
        raise FaultyRow(f"its fingerprint has more than {_MOST_WORDS:,} words")
    if words.size and words.min() < 0:
        raise FaultyRow("its fingerprint contains a null")
    return StoredFingerprint(words.astype(np.uint32), version)


def _vector(row: Mapping[str, Any]) -> FloatArray:
    vector: FloatArray | None = row["vector"]
    if vector is None or not vector.size:
        raise FaultyRow("it has no vector")
    if row["dim"] != vector.size:
        raise FaultyRow(f"its vector has {vector.size} numbers, but its dim is {row['dim']}")
    if not np.isfinite(vector).all():
        raise FaultyRow("its vector contains a value that is not a finite number")
    if np.abs(vector).max() > _LARGEST_NUMBER:
        raise FaultyRow(f"its vector contains a number beyond ±{_LARGEST_NUMBER:,.0f}")
    return vector


def _tags(row: Mapping[str, Any]) -> FloatArray:
    tags: FloatArray | None = row["tags"]
    if tags is None:
        raise FaultyRow("it has no tags")
    if not ((tags >= 0) & (tags <= 1)).all():
        raise FaultyRow("its tags contain a value that is not a probability")
    return tags
