"""The filters, one row each. The command line, the store and the notes about unknown values all use `FILTERS`.

To add a filter, add a row here and its parameter in `spotrec.operations.options.FilterOptions`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from spotrec.errors import UsageError, quoted

if TYPE_CHECKING:
    from spotrec.query.conditions import Conditions
    from spotrec.query.ranges import Span
    from spotrec.query.tag_conditions import TagCondition
    from spotrec.store import Clause, FeatureStore
    from spotrec.track import TrackId

_T = TypeVar("_T")


def _no_tracks(_: str) -> "Collection[TrackId]":
    """Return no tracks, where collections have no names."""
    return ()


def _untold(_: str) -> None:
    """Take a message that nobody reads."""


@dataclass(frozen=True, slots=True)
class FilterContext:
    """Where filters look up the meaning of a value.

    `collection`: a collection's link, path or title → its id, or the tracks of a folder that is no collection.
    `tracks`: the same, `artist:NAME` or `album:NAME` → its tracks. `note`: tells the user something about a value.
    """

    store: "FeatureStore"
    collection: "Callable[[str], str | Collection[TrackId]]"
    tracks: "Callable[[str], Collection[TrackId]]" = _no_tracks
    note: Callable[[str], None] = _untold


Parameters = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Filter:
    """One way to choose tracks: by an SQL clause on the store, by conditions on the model's tags, or by their ids.

    A filter with neither is on the seeds: see `spotrec.operations.criteria.beside_seeds`.

    Attributes:
        name: of the parameter, of the option, and in the counts of unknown values.
        help: of the option, with `metavar` for its value.
        takes: the type of its value. A list may also be given as one text.
        sql: true, false, or null if the track's value is not known; its parameters begin with the filter's name.
        parameters: a value as a person gives it → the parameters of `sql`, or None if it needs no clause. Raises
            UsageError or NotFound.
        tags: a value → conditions on tags. Raises UsageError.
        excluded: a value → the tracks to omit. Raises UsageError or NotFound.
        unknown: the name of the value, as in “1 track has no known year”; "" if every track has one.
        flags: of the option, if they are not made of its name.
    """

    name: str
    help: str
    metavar: str | None = None
    takes: type[str] | type[bool] | type[list[str]] = str
    sql: str = ""
    parameters: Callable[[Any, FilterContext], Parameters | None] | None = None
    tags: "Callable[[Any], Sequence[TagCondition]] | None" = None
    excluded: "Callable[[Any, FilterContext], Collection[TrackId]] | None" = None
    unknown: str = ""
    flags: str = ""

    def clause(self, value: Any, context: FilterContext) -> "Clause":
        """Return the clause for a value that needs one."""
        (clause,) = self.clauses(value, context)
        return clause

    def clauses(self, value: Any, context: FilterContext) -> "list[Clause]":
        """Return the clause for `value`, if it needs one."""
        from spotrec.store import Clause

        parameters = self.parameters(value, context) if self.parameters else None
        if parameters is None:
            return []
        return [Clause(self.name, self.sql, parameters, is_ever_null=bool(self.unknown))]


def conditions(given: Mapping[str, Any], context: FilterContext) -> "Conditions":
    """Return the conditions of all filters in `given`, by name; None and empty lists count as not given.

    Raises:
        UsageError, NotFound: a value is invalid, or names nothing that is stored.
    """
    from spotrec.query.conditions import Conditions

    clauses: list[Clause] = []
    tags: list[TagCondition] = []
    excluded: set[TrackId] = set()
    for one, value in _given(given):
        if one.tags:
            tags += one.tags(value)
        if one.excluded:
            excluded.update(one.excluded(value, context))
        clauses += one.clauses(value, context)
    return Conditions(tuple(clauses), tuple(tags), frozenset(excluded))


def several(given: Sequence[_T] | None) -> Sequence[_T]:
    """Return a list, where one text counts as a list of one and None as an empty list."""
    return [given] if isinstance(given, str) else given or ()  # type: ignore[list-item]  # a text is a sequence too


def named(value: str, name: str) -> str:
    """Return `value` if it is not empty.

    Raises:
        UsageError: it is empty; the message says that `name` needs a name.
    """
    if not value.strip():
        raise UsageError(f"{name} needs a name", "`spotrec tracks` lists the stored tracks")
    return value


def _given(values: Mapping[str, Any]) -> Iterator[tuple[Filter, Any]]:
    for one in FILTERS:
        value = values.get(one.name)
        if value is not None and (one.takes is not list[str] or several(value)):
            yield one, value


# a copy of what the user has is known too
_OWN = """
    (track.path is not null or track.id in (select track_id from local_file)
        or track.id in (select track_id from server_item))
"""


def _json(values: list[str]) -> str:
    """Return a list for SQLite's `json_each`."""
    import json  # `spotrec --help` reads these filters, and needs no JSON

    return json.dumps(values)


def _artist(value: str, context: FilterContext) -> Parameters:
    found = context.store.selection.artists_named(named(value, "`artist`"))
    if not found:
        context.note(f"no stored track is by {quoted(value.strip())}: `spotrec tracks` lists what is stored")
    return {"artist_lists": _json(found)}


def _album(value: str, context: FilterContext) -> Parameters:
    found = context.store.selection.albums_named(named(value, "`album`"))
    if not found:
        context.note(f"no stored track is on an album {quoted(value.strip())}: `spotrec tracks` lists what is stored")
    return {"album_names": _json(found)}


def _collections(value: str | Sequence[str], context: FilterContext) -> Parameters:
    found = [context.collection(name) for name in several(value)]
    return {
        "collection_ids": _json([one for one in found if isinstance(one, str)]),
        "collection_tracks": _json([id_ for one in found if not isinstance(one, str) for id_ in one]),
    }


def _year(value: str | int, _: FilterContext) -> Parameters:
    from spotrec.query import ranges

    return _between("year", ranges.years(str(value)))


def _duration(value: str | int, _: FilterContext) -> Parameters:
    from spotrec.query import ranges

    return _between("duration", ranges.durations_ms(str(value)))


def _bpm(value: str | float, _: FilterContext) -> Parameters:
    from spotrec.query import ranges

    text, only_tagged = _of_tags(str(value))
    return {**_between("bpm", ranges.tempos(text)), "bpm_only_tagged": only_tagged}


def _of_tags(text: str) -> tuple[str, bool]:
    """Return a value without the word `tagged` before it, and whether it was there: then only tags and services count.

    So `tagged 120..130` leaves out what was heard.
    """
    found = re.match(r"\s*tagged[\s:]+", text, re.IGNORECASE)
    return (text[found.end() :], True) if found else (text, False)


def _between(name: str, span: "Span") -> Parameters:
    return {f"{name}_from": span.low, f"{name}_to": span.high}


def _key(value: str, context: FilterContext) -> Parameters:
    """Return the stored spellings of this key, and of any key."""
    from spotrec.names.keys import normalised_key

    text, only_tagged = _of_tags(str(value))
    wanted = normalised_key(text)
    if wanted is None:
        raise UsageError(
            f"{quoted(text)} is not a musical key", "write Am, F#, Bb minor, or 8A as on the Camelot wheel"
        )
    keys = {spelling: normalised_key(spelling) for spelling in context.store.selection.key_spellings()}
    return {
        "key_spellings": _json([spelling for spelling, key in keys.items() if key == wanted]),
        "key_all_spellings": _json([spelling for spelling, key in keys.items() if key]),
        "key_heard": wanted,
        "key_only_tagged": only_tagged,
    }


def _tags(texts: str | Sequence[str]) -> "list[TagCondition]":
    from spotrec.query.tag_conditions import tag_condition

    return [tag_condition(text) for text in several(texts)]


def _no_tags(names: str | Sequence[str]) -> "list[TagCondition]":
    from spotrec.query.tag_conditions import without_tag

    return [without_tag(name) for each in several(names) for name in each.split(",")]


def _voice(is_vocal: bool) -> "list[TagCondition]":
    from spotrec.query.tag_conditions import INSTRUMENTAL, VOCAL

    return [*(VOCAL if is_vocal else INSTRUMENTAL)]


def _excluded(names: str | Sequence[str]) -> "list[TagCondition]":
    """Return the conditions on what is heard. Christmas songs are found by their titles too, so they may be unheard."""
    from spotrec.query.christmas import CHRISTMAS, names_christmas

    return [
        replace(one, name=CHRISTMAS, if_heard=True) if names_christmas(one.name) else one for one in _no_tags(names)
    ]


def _christmas(names: str | Sequence[str], context: FilterContext) -> Parameters | None:
    """Return the tracks whose title, album or genre names Christmas, if that is to be left out."""
    from spotrec.query.christmas import is_of_christmas, names_christmas

    if not any(names_christmas(name) for each in several(names) for name in each.split(",")):
        return None
    return {"exclude_ids": _json(context.store.selection.ids_by_text(is_of_christmas))}


def _by_others(names: str | Sequence[str], context: FilterContext) -> "Collection[TrackId]":
    """Return the tracks by these artists: by the whole name in any spelling, or else with it as whole words."""
    selection = context.store.selection
    found: set[TrackId] = set()
    for name in several(names):
        if by := selection.by_artists([named(name, "`not_artist`")]) or selection.by_artist(name):
            found.update(by)
        else:
            context.note(f"no stored track is by {quoted(name.strip())}: there is nothing to leave out")
    return found


def _by_artists_of(names: str | Sequence[str], context: FilterContext) -> "Collection[TrackId]":
    """Return the tracks by all artists of these collections."""
    selection = context.store.selection
    return selection.by_artists(selection.artists_of({id_ for name in several(names) for id_ in context.tracks(name)}))


ARTIST = Filter(
    "artist",
    "Only tracks by this artist.",
    "NAME",
    sql="case when json_array_length(artists) then artists in (select value from json_each(:artist_lists)) end",
    parameters=_artist,
    unknown="artist",
)
NOT_ARTIST = Filter(
    "not_artist",
    "No tracks by this artist. Repeatable.",
    "NAME",
    takes=list[str],
    excluded=_by_others,
)
NEW_ARTISTS = Filter(
    "new_artists",
    "No tracks by artists of the seeds; every artist of a track counts.",
    takes=bool,
    flags="--new-artists",
)
NEW_ARTISTS_TO = Filter(
    "new_artists_to",
    "No tracks by artists of this collection or folder (link, path or title) or album:NAME. Repeatable.",
    "COLLECTION",
    takes=list[str],
    excluded=_by_artists_of,
)
KNOWN = Filter(
    "known",
    "Only music that you have as a file or on your music server, or only music that you do not have.",
    takes=bool,
    sql=f"({_OWN} or coalesce(recording_key in (select recording_key from track where {_OWN}), false)) = :known",  # noqa: S608 - no part comes from outside
    parameters=lambda value, _: {"known": value},
    flags="--known/--unknown",
)
ALBUM = Filter(
    "album",
    "Only tracks from this album.",
    "NAME",
    sql="album in (select value from json_each(:album_names))",
    parameters=_album,
    unknown="album",
)
COLLECTION = Filter(
    "collection",
    "Only tracks in this collection (link, path or title) or crawled folder. Repeatable: tracks in any of them.",
    "COLLECTION",
    takes=list[str],
    sql="""
        id in (select track_id from collection_track
            where collection_id in (select value from json_each(:collection_ids)))
        or id in (select value from json_each(:collection_tracks))
    """,
    parameters=_collections,
)
YEAR = Filter(
    "year",
    "Only tracks from these years: 1990, 90s, 1990..1999, ..1980.",
    "YEARS",
    sql="""
        case when release_date glob '[0-9][0-9][0-9][0-9]*' and substr(release_date, 1, 4) <> '0000'
            then cast(substr(release_date, 1, 4) as integer) between :year_from and :year_to end
    """,
    parameters=_year,
    unknown="year",
)
DURATION = Filter(
    "duration",
    "Only tracks of this length: 2:00..4:30, ..5:00.",
    "RANGE",
    sql="duration_ms between :duration_from and :duration_to",
    parameters=_duration,
    unknown="length",
)
EXPLICIT = Filter(
    "explicit",
    "Only explicit, or only non-explicit, tracks.",
    takes=bool,
    sql="explicit = :explicit",
    parameters=lambda value, _: {"explicit": value},
    unknown="explicit label",
)
TAG = Filter(
    "tag",
    "Only tracks with this tag: jazz, jazz>=0.3, metal < 0.1. Repeatable.",
    "TAG",
    takes=list[str],
    tags=_tags,
)
NO_TAG = Filter("no_tag", "No tracks with this tag. Repeatable.", "TAG", takes=list[str], tags=_no_tags)
VOCAL = Filter(
    "vocal",
    "Only tracks with singing or rap, or only without any voice.",
    takes=bool,
    tags=_voice,
    flags="--vocal/--instrumental",
)
EXCLUDE = Filter(
    "exclude",
    "No tracks that sound like one of these: christmas,speech. Christmas songs also by title, album and genre.",
    "TAGS",
    takes=list[str],
    sql="id not in (select value from json_each(:exclude_ids))",
    parameters=_christmas,
    tags=_excluded,
)
BPM = Filter(
    "bpm",
    "Only tracks at this tempo (beats per minute): 120..130, 120; by tags, else as heard. “tagged 120”: only by tags.",
    "RANGE",
    sql="coalesce(bpm, iif(:bpm_only_tagged, null, heard_bpm)) between :bpm_from and :bpm_to",
    parameters=_bpm,
    unknown="tempo",
)
KEY = Filter(
    "key",
    "Only tracks in this key: Am, F#, 8A; by tags, else as heard. “tagged Am”: only by tags.",
    "KEY",
    sql="""
        case when musical_key in (select value from json_each(:key_all_spellings))
            then musical_key in (select value from json_each(:key_spellings))
            when not :key_only_tagged then heard_key = :key_heard end
    """,
    parameters=_key,
    unknown="key",
)

FILTERS = (
    *(ARTIST, NOT_ARTIST, NEW_ARTISTS, NEW_ARTISTS_TO, ALBUM, COLLECTION, KNOWN, YEAR, DURATION, EXPLICIT),
    *(TAG, NO_TAG, VOCAL, EXCLUDE, BPM, KEY),
)
"""All filters, in the order in which help lists them."""
