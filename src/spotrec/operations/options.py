"""The options of a query or a journey, and their translation to `Criteria`."""

from collections.abc import Collection, Sequence
from typing import TypedDict

from spotrec.errors import UsageError, quoted
from spotrec.operations.session import View
from spotrec.query.criteria import Criteria
from spotrec.query.filters import FilterContext, conditions, several
from spotrec.track import TrackId


class FilterOptions(TypedDict, total=False):
    """The filters; see `spotrec.query.filters.FILTERS`.

    Attributes:
        artist, album: only tracks of this artist or album: a name, or whole words of it.
        collection: only tracks of any of these collections.
        year, bpm, duration: only tracks in this range of years, tempo or length: `1990..1999`, `..90`, `2:00..`; or
            with this value.
        explicit: True for only explicit tracks, False for only tracks that are not explicit.
        key: only tracks in this key, in any spelling: `Am`, `A minor`, `8A`.
        tag: only tracks that the models tag like this: `jazz`, `jazz>=0.3`, `metal<0.1`.
        no_tag: no tracks that have one of these tags.
        vocal: True for only tracks with singing or rap, False for only instrumental tracks.
        exclude: the same as `no_tag`, and `christmas` also by title, album and genre: `christmas,speech`.
    """

    artist: str | None
    album: str | None
    collection: Sequence[str] | None
    year: str | int | None
    duration: str | int | None
    explicit: bool | None
    bpm: str | float | None
    key: str | None
    tag: Sequence[str] | None
    no_tag: Sequence[str] | None
    vocal: bool | None
    exclude: Sequence[str] | None


class Narrowing(FilterOptions, total=False):
    """The filters, and other limits on the tracks of the results.

    Attributes:
        max_per_artist: at most this many tracks per artist; the first artist of a track counts.
        exclude_known: collections, folders, `artist:NAME` or `album:NAME` whose tracks are excluded, with all copies.
    """

    max_per_artist: int | None
    exclude_known: Sequence[str] | None


class RadioLimits(Narrowing, total=False):
    """The options of `Recommender.radio`.

    Attributes:
        min_similarity: only tracks with at least this similarity, -1 to 1.
        diversity: 0 for the most similar tracks, up to 1 for tracks that differ most from each other.
        taste: lean towards what is liked and away from what is disliked: see `Recommender.like`.
    """

    min_similarity: float | None
    diversity: float
    taste: bool


class Options(RadioLimits, total=False):
    """The options of `Recommender.query`.

    Attributes:
        n: the largest number of results, 1 to 1000; by default 10, or with `min_similarity` 1000.
        shuffle: return the results in a random order that this seed number determines.
    """

    n: int | None
    shuffle: int | None


def request_of(view: View, options: Options) -> Criteria:
    """Return the criteria of these options.

    Raises:
        UsageError, NotFound: an option or a value is invalid, or a collection is not stored.
    """
    if unknown := set(options) - set(Options.__annotations__):
        raise UsageError(
            f"a query has no option {quoted(min(unknown))}", f"its options are {', '.join(Options.__annotations__)}"
        )
    store = view.session.store()

    def collection(name: str) -> str | Collection[TrackId]:
        from spotrec.operations.library import CrawledFolder, collection_or_folder  # most queries do not need it

        found = collection_or_folder(store, name, paths=view.allows_paths)
        return found.track_ids if isinstance(found, CrawledFolder) else found.id

    return Criteria(
        n=options.get("n"),
        min_similarity=options.get("min_similarity"),
        max_per_artist=options.get("max_per_artist"),
        diversity=options.get("diversity", 0.0),
        shuffle=options.get("shuffle"),
        conditions=conditions(options, FilterContext(store, collection)),
        excluded=_excluded(view, several(options.get("exclude_known"))),
    )


def _excluded(view: View, names: Sequence[str]) -> frozenset[TrackId]:
    if not names:
        return frozenset()
    from spotrec.operations.library import tracks_of_anything  # most queries do not need it

    store = view.session.store()
    return frozenset[TrackId]().union(*(tracks_of_anything(store, name, paths=view.allows_paths) for name in names))
