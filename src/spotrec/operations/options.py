"""Which results a query or a journey may have, as a person says it, → what is asked of the catalogue."""

from collections.abc import Sequence
from typing import TypedDict

from spotrec.errors import UsageError, quoted
from spotrec.operations.session import View
from spotrec.query.criteria import Criteria
from spotrec.query.filters import FilterContext, conditions, several


class FilterOptions(TypedDict, total=False):
    """The filters, as `spotrec.query.filters.FILTERS` has them.

    Attributes:
        artist, album: only tracks of this artist, this album: a name, or whole words of it.
        collection: only tracks of any of these collections.
        year, bpm, duration: only tracks of this year, tempo, length: `1990..1999`, `..90`, `2:00..`; or one value.
        explicit: only tracks that are explicit; False for only those that are not.
        key: only tracks in this key, in any spelling: `Am`, `A minor`, `8A`.
        tag: only tracks of which the network says so: `jazz`, `jazz>=0.3`, `metal<0.1`.
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


class Narrowing(FilterOptions, total=False):
    """Which tracks may be among the results at all.

    Attributes:
        max_per_artist: at most so many by one artist (the first that a track names).
        exclude_known: collections of which nothing is wanted, nor copies of it.
    """

    max_per_artist: int | None
    exclude_known: Sequence[str] | None


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


def request_of(view: View, options: Options) -> Criteria:
    """What these options ask of results.

    Raises:
        UsageError, NotFound: a value makes no sense, or a collection is unknown.
    """
    if unknown := set(options) - set(Options.__annotations__):
        raise UsageError(
            f"a query has no option {quoted(min(unknown))}", f"it has {', '.join(Options.__annotations__)}"
        )
    store = view.session.store()

    def collection_id(name: str) -> str:
        from spotrec.operations.library import collection_named  # most queries name none

        return collection_named(store, name).id

    return Criteria(
        n=options.get("n"),
        min_similarity=options.get("min_similarity"),
        max_per_artist=options.get("max_per_artist"),
        diversity=options.get("diversity", 0.0),
        shuffle=options.get("shuffle"),
        conditions=conditions(options, FilterContext(store, collection_id)),
        excluded=frozenset(
            store.collections.members([collection_id(name) for name in several(options.get("exclude_known"))])
        ),
    )
