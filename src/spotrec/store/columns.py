"""The columns of a track, each once: how it is stored, and what becomes of it when more is learned of the track.

A new one takes a migration in `schema.py`, a field of `Track`, and a row in `COLUMNS`.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from operator import itemgetter
from typing import Any

from spotrec.names.recordings import recording_key, search_text
from spotrec.track import Track, TrackId


class Kind(Enum):
    """What a column holds."""

    TEXT = auto()
    TEXTS = auto()
    """a tuple of texts; stored as a JSON list"""
    WHOLE = auto()
    NUMBER = auto()
    FLAG = auto()


class About(Enum):
    """What a column tells of a track, which decides what becomes of it when the track is crawled again."""

    IDENTITY = auto()
    """stays as it came first"""
    NAME = auto()
    """the last crawl is right"""
    RELEASE = auto()
    """the last crawl that knows it is right"""
    PLACE = auto()
    """likewise; where it is not known, another id of the recording may tell it"""
    SOUND = auto()
    """likewise; and what a file says of its sound follows the file when that is changed"""
    STANDING = auto()
    """what is true once stays true, whichever id of the recording brings it"""


class Export(Enum):
    """Whether exported features hold a column."""

    NEVER = auto()
    FIRST = auto()
    """always"""
    LATER = auto()
    """the first exports lack it"""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table `track`. `is_shared`: many tracks have the same. `given`: the SQL of what is put in."""

    name: str
    kind: Kind
    about: About
    export: Export = Export.LATER
    is_shared: bool = False
    given: str = ":{name}"


# an ISRC that another track has already is not put in twice
_FREE_ISRC = "case when exists (select 1 from track where isrc = :isrc and id <> :id) then null else :isrc end"

FIELDS = (
    Column("id", Kind.TEXT, About.IDENTITY, Export.NEVER),  # but as the track_id of what was heard
    Column("isrc", Kind.TEXT, About.IDENTITY, Export.FIRST, given=_FREE_ISRC),
    Column("title", Kind.TEXT, About.NAME, Export.FIRST),
    Column("artists", Kind.TEXTS, About.NAME, Export.FIRST, is_shared=True),
    Column("album", Kind.TEXT, About.RELEASE, Export.FIRST, is_shared=True),
    Column("duration_ms", Kind.WHOLE, About.RELEASE, Export.FIRST),
    Column("release_date", Kind.TEXT, About.RELEASE, Export.FIRST, is_shared=True),
    Column("explicit", Kind.FLAG, About.RELEASE, Export.FIRST),
    Column("url", Kind.TEXT, About.PLACE, Export.FIRST),
    Column("path", Kind.TEXT, About.PLACE, Export.FIRST),
    Column("preview_url", Kind.TEXT, About.PLACE, Export.NEVER),
    Column("genre", Kind.TEXT, About.SOUND, is_shared=True),
    Column("mood", Kind.TEXT, About.SOUND, is_shared=True),
    Column("bpm", Kind.NUMBER, About.SOUND),
    Column("musical_key", Kind.TEXT, About.SOUND, is_shared=True),
)
"""The fields of `Track`."""

COLUMNS = (
    *FIELDS,
    Column("recording_key", Kind.TEXT, About.NAME, Export.NEVER),
    Column("search_text", Kind.TEXT, About.NAME, Export.NEVER),
    Column("in_catalogue", Kind.FLAG, About.STANDING, Export.NEVER),
    Column("crawled_singly", Kind.FLAG, About.STANDING, Export.NEVER),
    Column("added_at", Kind.TEXT, About.IDENTITY, Export.NEVER),
)
"""With what the store itself notes of a track."""

EXPORTED = tuple(column for column in FIELDS if column.export is not Export.NEVER)
"""The fields of a track that exported features hold, beside its id."""

# -- SQL; its parameters are those of `parameters` ---------------------------------------------------------------------


def _given(column: Column) -> str:
    return column.given.format(name=column.name)


def _set(rules: Mapping[About, str]) -> str:
    """Assignments to the columns that these rules are about."""
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
"""Add a track, or refresh it."""

_ADD_WHAT_IS_UNKNOWN = {
    About.PLACE: "coalesce({own}, {given})",
    About.SOUND: "coalesce({own}, {given})",
    About.STANDING: "max({own}, {given})",
}

ADOPT = f"update track set {_set(_ADD_WHAT_IS_UNKNOWN)} where id = :id"  # noqa: S608 - as above
"""Learn from another id of a track that is here: it may know where audio is, and may bring it into the catalogue."""

_ADD_ANYTHING_UNKNOWN = _ADD_WHAT_IS_UNKNOWN | {
    About.IDENTITY: "coalesce({own}, {given})",
    About.RELEASE: "coalesce({own}, {given})",
}

FILL = f"update track set {_set(_ADD_ANYTHING_UNKNOWN)} where id = :id"  # noqa: S608 - as above
"""Learn what another store knows of a track that is here: it adds, and changes nothing."""

FOLLOW = f"update track set {_set({About.SOUND: 'coalesce({given}, {own})'})} where id = :id and path = :path"  # noqa: S608 - as above
"""Learn from a file that was changed: it says something else of the sound now."""


# -- tracks as rows, and rows as tracks --------------------------------------------------------------------------------

_LOADED: dict[Kind, Callable[[Any], Any]] = {
    Kind.TEXTS: lambda stored: tuple(json.loads(stored)),
    Kind.FLAG: lambda stored: None if stored is None else bool(stored),
}
_NAMES = [column.name for column in FIELDS]
_values = itemgetter(*_NAMES)
_to_load = [(column.name, _LOADED[column.kind]) for column in FIELDS if column.kind in _LOADED]


def track(row: sqlite3.Row) -> Track:
    """A row of the table `track` as a value."""
    fields = dict(zip(_NAMES, _values(row), strict=True))
    for name, load in _to_load:
        fields[name] = load(fields[name])
    return Track(**fields)


def parameters(
    track: Track, id_: TrackId, added_at: str, *, in_catalogue: bool, crawled_singly: bool
) -> dict[str, Any]:
    """A track as the named parameters of the statements above, under the id that the store uses for it."""
    fields = {column.name: _stored(column.kind, getattr(track, column.name)) for column in FIELDS}
    keys = {
        "recording_key": recording_key(track.title, track.artists),
        "search_text": search_text(track.title, track.artists),
    }
    noted = {"in_catalogue": in_catalogue, "crawled_singly": crawled_singly, "added_at": added_at}
    return fields | {name: _stored(Kind.TEXT, key) for name, key in keys.items()} | noted | {"id": id_}


def _stored(kind: Kind, value: Any) -> Any:
    """Text goes without lone surrogates, which UTF-8 cannot hold."""
    if kind is Kind.TEXTS:
        value = json.dumps(value, ensure_ascii=False)
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value
