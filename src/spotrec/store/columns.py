"""The columns of a track, each listed once: how it is stored, and how a later crawl updates it.

A new column needs a migration in `schema.py`, a field of `Track`, and a row in `COLUMNS`.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import Any

from spotrec.errors import StoreDamaged
from spotrec.names.recordings import recording_key, search_text
from spotrec.track import Track, TrackId


class Kind(Enum):
    """The type of a column's values."""

    TEXT = auto()
    TEXTS = auto()
    """a tuple of texts; stored as a JSON list"""
    WHOLE = auto()
    NUMBER = auto()
    FLAG = auto()


class About(Enum):
    """What a column describes. This decides how it is updated when the track is crawled again."""

    IDENTITY = auto()
    """keeps its first value"""
    NAME = auto()
    """takes the value of the last crawl"""
    RELEASE = auto()
    """takes the value of the last crawl that has one"""
    PLACE = auto()
    """as RELEASE; a missing value is filled from another id of the recording"""
    SOUND = auto()
    """as PLACE; and when a file changes, its new value is taken"""
    STANDING = auto()
    """stays true once it is true for any id of the recording"""


class Export(Enum):
    """Whether exported features contain a column."""

    NEVER = auto()
    FIRST = auto()
    """in every export"""
    LATER = auto()
    """not in the oldest exports"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table `track`.

    Attributes:
        is_shared: whether many tracks have the same value.
        given: the SQL expression of a new value.
    """

    name: str
    kind: Kind
    about: About
    export: Export = Export.LATER
    is_shared: bool = False
    given: str = ":{name}"


# an ISRC is unique: if another track has it, it is not stored again
_FREE_ISRC = "case when exists (select 1 from track where isrc = :isrc and id <> :id) then null else :isrc end"

FIELDS = (
    Column("id", Kind.TEXT, About.IDENTITY, Export.NEVER),  # exports contain it as the track_id of the embedding
    Column("isrc", Kind.TEXT, About.IDENTITY, Export.FIRST, given=_FREE_ISRC),
    Column("title", Kind.TEXT, About.NAME, Export.FIRST),
    Column("artists", Kind.TEXTS, About.NAME, Export.FIRST, is_shared=True),
    Column("album", Kind.TEXT, About.RELEASE, Export.FIRST, is_shared=True),
    Column("duration_ms", Kind.WHOLE, About.RELEASE, Export.FIRST),
    Column("release_date", Kind.TEXT, About.RELEASE, Export.FIRST, is_shared=True),
    Column("explicit", Kind.FLAG, About.RELEASE, Export.FIRST),
    Column("url", Kind.TEXT, About.PLACE, Export.FIRST),
    Column("path", Kind.TEXT, About.PLACE, Export.FIRST),
    Column("genre", Kind.TEXT, About.SOUND, is_shared=True),
    Column("mood", Kind.TEXT, About.SOUND, is_shared=True),
    Column("bpm", Kind.NUMBER, About.SOUND),
    Column("musical_key", Kind.TEXT, About.SOUND, is_shared=True),
    Column("heard_bpm", Kind.NUMBER, About.SOUND),
    Column("bpm_confidence", Kind.NUMBER, About.SOUND),
    Column("heard_key", Kind.TEXT, About.SOUND, is_shared=True),
    Column("key_confidence", Kind.NUMBER, About.SOUND),
    Column("heard_by", Kind.WHOLE, About.SOUND),
)
"""The fields of `Track`, except `preview_url`, which is never stored."""

COLUMNS = (
    *FIELDS,
    Column("recording_key", Kind.TEXT, About.NAME, Export.NEVER),
    Column("search_text", Kind.TEXT, About.NAME, Export.NEVER),
    Column("in_catalogue", Kind.FLAG, About.STANDING, Export.NEVER),
    Column("crawled_singly", Kind.FLAG, About.STANDING, Export.NEVER),
    Column("added_at", Kind.TEXT, About.IDENTITY, Export.NEVER),
)
"""All columns: the fields of `Track`, and what the store itself records."""

EXPORTED = tuple(column for column in FIELDS if column.export is not Export.NEVER)
"""The fields of a track that exported features contain, in addition to its id."""

# -- SQL; `parameters` gives its parameters ----------------------------------------------------------------------------


def _given(column: Column) -> str:
    return column.given.format(name=column.name)


def _set(rules: Mapping[About, str]) -> str:
    """Return the assignments to the columns that have one of these rules."""
    return ", ".join(
        f"{column.name} = {rules[column.about].format(own=column.name, given=_given(column))}"
        for column in COLUMNS
        if column.about in rules and column.name != "id"
    )


UPSERT = f"""
    insert into track ({", ".join(column.name for column in COLUMNS)})
    values ({", ".join(map(_given, COLUMNS))})
    on conflict (id) do update set {
    _set(
        {
            About.IDENTITY: "coalesce({own}, excluded.{own})",
            About.NAME: "excluded.{own}",
            About.RELEASE: "coalesce(excluded.{own}, {own})",
            About.PLACE: "coalesce(excluded.{own}, {own})",
            About.SOUND: "coalesce(excluded.{own}, {own})",
            About.STANDING: "max({own}, excluded.{own})",
        }
    )
}
"""  # noqa: S608 - our own names
"""Add a track, or update it."""

_ADD_WHAT_IS_UNKNOWN = {
    About.PLACE: "coalesce({own}, {given})",
    About.SOUND: "coalesce({own}, {given})",
    About.STANDING: "max({own}, {given})",
}

ADOPT = f"update track set {_set(_ADD_WHAT_IS_UNKNOWN | {About.IDENTITY: 'coalesce({own}, {given})'})} where id = :id"  # noqa: S608 - as above
"""Update a stored track from another id of its recording: fill missing fields, and mark it as in the catalogue."""

_ADD_ANYTHING_UNKNOWN = _ADD_WHAT_IS_UNKNOWN | {
    About.IDENTITY: "coalesce({own}, {given})",
    About.RELEASE: "coalesce({own}, {given})",
}

FILL = f"update track set {_set(_ADD_ANYTHING_UNKNOWN)} where id = :id"  # noqa: S608 - as above
"""Fill missing fields of a stored track from another store; known values do not change."""

_IS_THIS_FILE = "where id = :id and path = :path"

FOLLOW = f"update track set {_set({About.SOUND: 'coalesce({given}, {own})'})} {_IS_THIS_FILE}"  # noqa: S608 - as above
"""Take the new sound tags of a file that was changed."""

RENAME = f"""
    update track set {_set({About.NAME: "{given}", About.RELEASE: "coalesce({given}, {own})"})}
    {_IS_THIS_FILE} and id like 'file:%'
"""  # noqa: S608 - as above
"""Take the new names of a file that was changed, if the track is this file, and not a service's."""


# -- tracks as rows, and rows as tracks --------------------------------------------------------------------------------

_LOADED: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXTS: lambda stored: tuple(json.loads(stored)),
    Kind.FLAG: lambda stored: None if stored is None else bool(stored),
}
_RESTORE = "restore a backup, or move the store away and crawl again"
_NAMES = [column.name for column in FIELDS]
_values = itemgetter(*_NAMES)
_to_load = [(column.name, _LOADED[column.kind]) for column in FIELDS if column.kind in _LOADED]


def track(row: sqlite3.Row) -> Track:
    """Return a row of the table `track` as a value.

    Raises:
        StoreDamaged: another program wrote values of other types.
    """
    values = _values(row)
    fields = dict(zip(_NAMES, values, strict=True))
    try:
        if bytes in map(type, values):
            raise TypeError("bytes in place of text")
        for name, load in _to_load:
            fields[name] = load(fields[name])
    except (TypeError, ValueError, RecursionError) as exc:
        raise StoreDamaged(f"the store is damaged: it has a track that cannot be read: {exc}", _RESTORE) from exc
    return Track(**fields)


def parameters(
    track: Track, id_: TrackId, added_at: str, *, in_catalogue: bool, crawled_singly: bool
) -> dict[str, Any]:
    """Return a track as the named parameters of the statements above, with the id that the store uses for it."""
    fields = {column.name: _stored(column.kind, getattr(track, column.name)) for column in FIELDS}
    keys = {
        "recording_key": recording_key(track.title, track.artists),
        "search_text": search_text(track.title, track.artists),
    }
    noted = {"in_catalogue": in_catalogue, "crawled_singly": crawled_singly, "added_at": added_at}
    return fields | {name: _stored(Kind.TEXT, key) for name, key in keys.items()} | noted | {"id": id_}


def _stored(kind: Kind, value: Any) -> Any:
    """Return a value as it is stored. Lone surrogates in text are replaced, because UTF-8 cannot encode them."""
    if kind is Kind.TEXTS:
        value = json.dumps(value, ensure_ascii=False)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
