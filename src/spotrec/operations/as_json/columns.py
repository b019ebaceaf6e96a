"""Columns of lists of results, in JSON, CSV and tables."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from spotrec.operations.as_json.schema import (
    NUMBER_OR_NULL,
    SOURCE_OR_NULL,
    TEXT,
    TEXT_OR_NULL,
    TEXTS,
    object_,
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list of results, in JSON, CSV and tables.

    Attributes:
        name: in JSON and CSV; "" if the column is only in tables.
        schema: of its JSON value; None if the column is only in tables.
        read: a row → its JSON value.
        heading: in tables; "" if the column is not in tables.
        shown: a row → its text in tables, and in CSV for nested values; by default the value itself.
        is_number: whether tables align it right.
        is_of_track: whether it describes the track; a terminal shows all these in one column.
        is_optional: whether it is omitted if the value is None.
    """

    name: str
    schema: dict[str, Any] | None
    read: Callable[[Any], Any]
    heading: str = ""
    shown: Callable[[Any], str] | None = None
    is_number: bool = False
    is_of_track: bool = False
    is_optional: bool = False

    def text(self, row: Any) -> str:
        """Return the text of a row in a table."""
        if self.shown:
            return self.shown(row)
        value = self.read(row)
        if isinstance(value, list):
            return ", ".join(value)
        return "" if value is None else str(value)

    def cell(self, row: Any) -> Any:
        """Return the cell of a row in CSV: the value, a list of texts joined, or the text of a nested value."""
        value = self.read(row)
        if isinstance(value, list) and not any(isinstance(one, dict) for one in value):
            return "; ".join(value)
        return self.text(row) if isinstance(value, dict | list) else value


def fields(columns: Sequence[Column], row: Any) -> dict[str, Any]:
    """Return the JSON value of a row."""
    found: dict[str, Any] = {}
    for column in columns:
        if column.name:
            value = column.read(row)
            if not (value is None and column.is_optional):
                found[column.name] = value
    return found


def plain(value: Any) -> Any:
    """Return a dataclass of plain fields, or a list of them, as JSON values."""
    return [asdict(one) for one in value] if isinstance(value, list) else asdict(value)


def answered_by(found: Any) -> dict[str, Any]:
    """Return what answered, and by filter how many tracks were left out only because their value is not known."""
    return {"model": found.model, "index": found.index, "unknown": found.unknown}


def rounded(number: float | None) -> float | None:
    """Return a number with as many digits as results have: six after the point."""
    return None if number is None else round(number, 6)


def schema_of_rows(columns: Sequence[Column]) -> dict[str, Any]:
    """Return the schema of what `fields` makes of a row."""
    return object_(
        {column.name: column.schema for column in columns if column.schema},
        optional=[column.name for column in columns if column.is_optional],
    )


def similarity(heading: str = "similarity", schema: dict[str, Any] = NUMBER_OR_NULL) -> Column:
    """Return a column of similarities, which a row without one leaves empty."""
    return Column(
        "similarity",
        schema,
        lambda row: rounded(row.similarity),
        heading,
        lambda row: "" if row.similarity is None else f"{row.similarity:.3f}",
        is_number=True,
    )


NAMES = (
    Column("track_id", TEXT, lambda row: row.track.id),
    Column("title", TEXT, lambda row: row.track.title, "title", is_of_track=True),
    Column("artists", TEXTS, lambda row: list(row.track.artists), "artist", is_of_track=True),
    Column("album", TEXT_OR_NULL, lambda row: row.track.album, "album", is_of_track=True),
)
TEMPO_AND_KEY = (
    Column("bpm", NUMBER_OR_NULL, lambda row: row.track.known_bpm),
    Column("bpm_source", SOURCE_OR_NULL, lambda row: row.track.bpm_source),
    Column("musical_key", TEXT_OR_NULL, lambda row: row.track.known_key),
    Column("musical_key_source", SOURCE_OR_NULL, lambda row: row.track.key_source),
)
ADDRESSES = (
    Column("url", TEXT_OR_NULL, lambda row: row.track.url),
    Column("path", TEXT_OR_NULL, lambda row: row.track.path),
)
TAGS = Column("tags", TEXTS, lambda row: list(row.tags))
LINK = Column("", None, lambda row: row.track.address, "link", is_of_track=True)
TAGS_AND_LINK = (Column("", None, lambda row: list(row.tags), "shared tags", is_of_track=True), LINK)
"""Only in tables."""
