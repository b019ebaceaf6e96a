"""The options of a query, a journey or a radio."""

from collections.abc import Sequence
from typing import TypedDict

EVERY = "1d"
"""How long the list of a station stays, if nothing else is wanted."""


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
