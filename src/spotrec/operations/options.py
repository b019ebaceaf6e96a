"""Which results a query or a journey may have, as a person says it, → what is asked of the catalogue."""

from collections.abc import Sequence
from typing import TypedDict, TypeVar

from spotrec.errors import UsageError, quoted
from spotrec.operations.session import View
from spotrec.query.filters import Filters
from spotrec.query.wanted import Wanted

_T = TypeVar("_T")


class Narrowing(TypedDict, total=False):
    """Which tracks may be among the results at all.

    Attributes:
        max_per_artist: at most so many by one artist (the first that a track names).
        exclude_known: collections of which nothing is wanted, nor copies of it.
        artist, album: only tracks of this artist, this album: a name, or whole words of it.
        collection: only tracks of any of these collections.
        year, bpm, duration: only tracks of this year, tempo, length: `1990..1999`, `..90`, `2:00..`; or one value.
        explicit: only tracks that are explicit; False for only those that are not.
        key: only tracks in this key, in any spelling: `Am`, `A minor`, `8A`.
        tag: only tracks of which the network says so: `jazz`, `jazz>=0.3`, `metal<0.1`.
    """

    max_per_artist: int | None
    exclude_known: Sequence[str] | None
    artist: str | None
    album: str | None
    collection: Sequence[str] | None
    year: str | int | None
    duration: str | int | None
    explicit: bool | None
    bpm: str | float | None
    key: str | None
    tag: Sequence[str] | None


class Options(Narrowing, total=False):
    """What is wanted of results, as `Recommender.query` takes it.

    Attributes:
        n: at most so many, 1 to 1000; 10 by default, and with `min_similarity` as many as there are, up to 1000.
        min_similarity: only tracks that are at least so similar, -1 to 1.
        diversity: 0 for the most similar, up to 1 for those most unlike each other among the best.
        shuffle: give the results in an order drawn by this number.
    """

    n: int | None
    min_similarity: float | None
    diversity: float
    shuffle: int | None


def request_of(view: View, options: Options) -> Wanted:
    """What these options ask of results.

    Raises:
        UsageError, NotFound: a value makes no sense, or a collection is unknown.
    """
    if unknown := set(options) - set(Options.__annotations__):
        raise UsageError(
            f"a query has no option {quoted(min(unknown))}", f"it has {', '.join(Options.__annotations__)}"
        )
    return Wanted(
        n=options.get("n"),
        min_similarity=options.get("min_similarity"),
        max_per_artist=options.get("max_per_artist"),
        diversity=options.get("diversity", 0.0),
        shuffle=options.get("shuffle"),
        filters=_filters(view, options),
        excluded=frozenset(view.session.store().collections.members(_collections(view, options.get("exclude_known")))),
    )


def _filters(view: View, options: Options) -> Filters:
    if all(options.get(name) is None for name in Narrowing.__annotations__):
        return Filters()
    from spotrec.query import ranges
    from spotrec.query.tag_conditions import tag_condition

    year, duration, bpm, key = (options.get(name) for name in ("year", "duration", "bpm", "key"))
    collections = _collections(view, options.get("collection"))
    return Filters(
        artist=_name("--artist", options.get("artist")),
        album=_name("--album", options.get("album")),
        collections=tuple(collections) or None,
        year=None if year is None else ranges.years(str(year)),
        duration_ms=None if duration is None else ranges.durations_ms(str(duration)),
        explicit=options.get("explicit"),
        bpm=None if bpm is None else ranges.tempos(str(bpm)),
        key=None if key is None else _key(str(key)),
        tags=tuple(map(tag_condition, several(options.get("tag")))),
    )


def _collections(view: View, names: Sequence[str] | None) -> list[str]:
    if not names:
        return []
    from spotrec.operations.library import collection_named

    return [collection_named(view.session.store(), name).id for name in several(names)]


def several(given: Sequence[_T] | None) -> Sequence[_T]:
    """What may be given as one text, as several, or not at all."""
    return [given] if isinstance(given, str) else given or ()  # type: ignore[list-item]  # a text is a sequence too


def _name(option: str, name: str | None) -> str | None:
    if name is not None and not name.strip():
        raise UsageError(f"{option} needs a name", "`spotrec tracks` lists what is known")
    return name


def _key(text: str) -> str:
    from spotrec.names.keys import normalised_key

    key = normalised_key(text)
    if key is None:
        raise UsageError(f"{quoted(text)} is no key", "write Am, F#, Bb minor, or 8A as on the Camelot wheel")
    return key
