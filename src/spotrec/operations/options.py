"""The options of a query or a journey, and their translation to `Criteria`."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TypedDict

from spotrec.errors import UsageError, quoted
from spotrec.names.artists import artist_keys
from spotrec.operations.session import View
from spotrec.query.criteria import Criteria
from spotrec.query.filters import FilterContext, conditions, several
from spotrec.query.seed import Seeds
from spotrec.track import TrackId


class FilterOptions(TypedDict, total=False):
    """The filters; see `spotrec.query.filters.FILTERS`.

    Attributes:
        artist, album: only tracks of this artist or album: a name, or whole words of it.
        not_artist: no tracks by these artists: whole names in any spelling, or else whole words of them.
        new_artists: True for no tracks by artists of the seeds.
        new_artists_to: no tracks by artists of these collections, folders or `album:NAME`.
        collection: only tracks of any of these collections.
        known: True for only music that is also a file here or on a crawled music server, False for only other music.
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
    not_artist: Sequence[str] | None
    new_artists: bool | None
    new_artists_to: Sequence[str] | None
    album: str | None
    collection: Sequence[str] | None
    known: bool | None
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

    def tracks(name: str) -> Collection[TrackId]:
        from spotrec.operations.library import tracks_of_anything

        return tracks_of_anything(store, name, paths=view.allows_paths)

    passing = conditions(options, FilterContext(store, collection, tracks, view.note))
    return Criteria(
        n=options.get("n"),
        min_similarity=options.get("min_similarity"),
        max_per_artist=options.get("max_per_artist"),
        diversity=options.get("diversity", 0.0),
        shuffle=options.get("shuffle"),
        conditions=passing,
        excluded=_excluded(view, several(options.get("exclude_known"))),
    )


def beside_seeds(view: View, wanted: Criteria, options: Options, seeds: Seeds) -> Criteria:
    """Return the criteria with the conditions that depend on the seeds: `new_artists`.

    Raises:
        UsageError: there are no seeds to be new to.
    """
    if not options.get("new_artists"):
        return wanted
    if not seeds.likes:
        raise UsageError("`new_artists` needs a seed", "give a seed, or `new_artists_to` a collection")
    selection = view.session.store().selection
    played = [name for group in (*seeds.likes, *seeds.unlikes) for seed in group.seeds for name in seed.track.artists]
    names = [*played, *selection.artists_of(seeds.track_ids)]
    if not any(map(artist_keys, names)):
        view.note("no artist of the seeds is known, so all artists count as new")
    excluded = wanted.conditions.excluded | frozenset(selection.by_artists(names))
    return replace(wanted, conditions=replace(wanted.conditions, excluded=excluded))


def _excluded(view: View, names: Sequence[str]) -> frozenset[TrackId]:
    if not names:
        return frozenset()
    from spotrec.operations.library import tracks_of_anything  # most queries do not need it

    store = view.session.store()
    return frozenset[TrackId]().union(*(tracks_of_anything(store, name, paths=view.allows_paths) for name in names))
