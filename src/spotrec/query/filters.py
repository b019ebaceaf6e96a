"""The filters: one row each. `FILTERS` is all that the command line, the store and a note of what is not known go by.

To add one: a row here, and its parameter in `spotrec.operations.options.FilterOptions`.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from spotrec.errors import UsageError, quoted

if TYPE_CHECKING:
    from spotrec.query.narrowing import Conditions
    from spotrec.query.ranges import Span
    from spotrec.query.tag_conditions import TagCondition
    from spotrec.store import Clause, FeatureStore

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Known:
    """Where filters look up what a value means. `collection_id`: a collection as a person names it → its id."""

    store: "FeatureStore"
    collection_id: Callable[[str], str]


Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to say which tracks are wanted: by a clause of the store, or by what the network hears.

    Attributes:
        name: of the parameter, of the option, and in counts of what is not known.
        help: of the option, with `metavar` for its value.
        takes: the type of its value. A list may be given as one text.
        sql: true, false, or null where it is not known of a track; its parameters begin with the filter's name.
        parameters: a value, as a person gives it → those of `sql`. Raises UsageError, or NotFound.
        heard: a value → what the network must hear. Raises UsageError.
        unknown: what it would have had to know of tracks; "" where it is known of all.
    """

    name: str
    help: str
    metavar: str | None = None
    takes: type[str] | type[bool] | type[list[str]] = str
    sql: str = ""
    parameters: Callable[[Any, Known], Parameters] | None = None
    heard: "Callable[[str], TagCondition] | None" = None
    unknown: str = ""

    def clause(self, value: Any, known: Known) -> "Clause":
        """The clause that tracks of `value` pass."""
        from spotrec.store import Clause

        assert self.parameters is not None
        return Clause(self.name, self.sql, self.parameters(value, known), is_ever_null=bool(self.unknown))


def conditions(given: Mapping[str, Any], known: Known) -> "Conditions":
    """What all filters in `given`, by name, ask together; None and empty lists are not given.

    Raises:
        UsageError, NotFound: a value makes no sense, or names nothing.
    """
    from spotrec.query.narrowing import Conditions

    clauses: list[Clause] = []
    tags: list[TagCondition] = []
    for one, value in _given(given):
        if one.heard:
            tags += map(one.heard, several(value))
        else:
            clauses.append(one.clause(value, known))
    return Conditions(tuple(clauses), tuple(tags))


def several(given: Sequence[_T] | None) -> Sequence[_T]:
    """What may be given as one text, as several, or not at all."""
    return [given] if isinstance(given, str) else given or ()  # type: ignore[list-item]  # a text is a sequence too


def named(value: str, name: str) -> str:
    """A name to look for.

    Raises:
        UsageError: it is empty; the message says that `name` needs one.
    """
    if not value.strip():
        raise UsageError(f"{name} needs a name", "`spotrec tracks` lists what is known")
    return value


def _given(values: Mapping[str, Any]) -> Iterator[tuple[Filter, Any]]:
    for one in FILTERS:
        value = values.get(one.name)
        if value is not None and (one.takes is not list[str] or several(value)):
            yield one, value


def _artist(value: str, known: Known) -> Parameters:
    return {"artist_lists": json.dumps(known.store.selection.artists_named(named(value, "`artist`")))}


def _album(value: str, known: Known) -> Parameters:
    return {"album_names": json.dumps(known.store.selection.albums_named(named(value, "`album`")))}


def _collections(value: str | Sequence[str], known: Known) -> Parameters:
    return {"collection_ids": json.dumps([known.collection_id(name) for name in several(value)])}


def _year(value: str | int, _: Known) -> Parameters:
    from spotrec.query import ranges

    return _between("year", ranges.years(str(value)))


def _duration(value: str | int, _: Known) -> Parameters:
    from spotrec.query import ranges

    return _between("duration", ranges.durations_ms(str(value)))


def _bpm(value: str | float, _: Known) -> Parameters:
    from spotrec.query import ranges

    return _between("bpm", ranges.tempos(str(value)))


def _between(name: str, span: "Span") -> Parameters:
    return {f"{name}_from": span.low, f"{name}_to": span.high}


def _key(value: str, known: Known) -> Parameters:
    """The stored spellings of this key, and of any key."""
    from spotrec.names.keys import normalised_key

    wanted = normalised_key(str(value))
    if wanted is None:
        raise UsageError(f"{quoted(str(value))} is no key", "write Am, F#, Bb minor, or 8A as on the Camelot wheel")
    keys = {spelling: normalised_key(spelling) for spelling in known.store.selection.key_spellings()}
    return {
        "key_spellings": json.dumps([spelling for spelling, key in keys.items() if key == wanted]),
        "key_all_spellings": json.dumps([spelling for spelling, key in keys.items() if key]),
    }


def _tag(text: str) -> "TagCondition":
    from spotrec.query.tag_conditions import tag_condition

    return tag_condition(text)


ARTIST = Filter(
    "artist",
    "Only tracks by this artist.",
    "NAME",
    sql="case when json_array_length(artists) then artists in (select value from json_each(:artist_lists)) end",
    parameters=_artist,
    unknown="who made them",
)
ALBUM = Filter(
    "album",
    "Only tracks of this album.",
    "NAME",
    sql="album in (select value from json_each(:album_names))",
    parameters=_album,
    unknown="their album",
)
COLLECTION = Filter(
    "collection",
    "Only tracks of this collection: its link, path or title. Repeatable: of any of them.",
    "COLLECTION",
    takes=list[str],
    sql="""
        id in (select track_id from collection_track
            where collection_id in (select value from json_each(:collection_ids)))
    """,
    parameters=_collections,
)
YEAR = Filter(
    "year",
    "Only of these years: 1990, 1990..1999, ..1980.",
    "YEARS",
    sql="""
        case when release_date glob '[0-9][0-9][0-9][0-9]*' and substr(release_date, 1, 4) <> '0000'
            then cast(substr(release_date, 1, 4) as integer) between :year_from and :year_to end
    """,
    parameters=_year,
    unknown="their year",
)
DURATION = Filter(
    "duration",
    "Only so long: 2:00..4:30, ..5:00.",
    "RANGE",
    sql="duration_ms between :duration_from and :duration_to",
    parameters=_duration,
    unknown="their length",
)
EXPLICIT = Filter(
    "explicit",
    "Only explicit tracks, or none of them.",
    takes=bool,
    sql="explicit = :explicit",
    parameters=lambda value, _: {"explicit": value},
    unknown="whether they are explicit",
)
TAG = Filter(
    "tag",
    "Only what the network hears so: jazz, jazz>=0.3, metal < 0.1. Repeatable.",
    "TAG",
    takes=list[str],
    heard=_tag,
)
BPM = Filter(
    "bpm",
    "Only at this tempo: 120..130, 120.",
    "RANGE",
    sql="bpm between :bpm_from and :bpm_to",
    parameters=_bpm,
    unknown="their tempo",
)
KEY = Filter(
    "key",
    "Only in this key: Am, F#, 8A.",
    "KEY",
    sql="""
        case when musical_key in (select value from json_each(:key_all_spellings))
            then musical_key in (select value from json_each(:key_spellings)) end
    """,
    parameters=_key,
    unknown="their key",
)

FILTERS = (ARTIST, ALBUM, COLLECTION, YEAR, DURATION, EXPLICIT, TAG, BPM, KEY)
"""All filters, in the order in which help lists them."""
