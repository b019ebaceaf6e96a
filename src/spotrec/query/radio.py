"""The next tracks of a radio: what was played → seeds, and recommendations without repeats, artists spaced out.

Nothing here knows a player: it takes a history and returns tracks.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from spotrec.query.copies import artist_of
from spotrec.query.criteria import MAX_RESULTS, Criteria
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.query.query import Recommendation, recommend
from spotrec.query.ranking import Weighted
from spotrec.query.seed import Seeds
from spotrec.store import JointEmbeddings
from spotrec.track import Track, TrackId

LIKED = 3
"""So many of the last tracks that were not skipped are seeds."""
UNLIKED = 5
"""So many of the last skipped tracks count against."""
REMEMBERED = 500
"""So many of the last tracks are not played again."""
SPACING = 3
"""An artist is not played again within so many tracks, if there are others."""
_SPARE = 25
_TO_THE_END = 0.9
_LONG_S = 240.0
"""A track of unknown length counts as played to its end after so long."""


@dataclass(frozen=True, slots=True)
class Play:
    """A track that was played, and whether it was skipped soon."""

    track_id: TrackId
    is_skipped: bool = False


@dataclass(frozen=True, slots=True)
class Taste:
    """What a history says: the tracks to stay near, and the tracks to avoid, latest last."""

    likes: tuple[TrackId, ...]
    unlikes: tuple[TrackId, ...]


@dataclass(frozen=True, slots=True)
class Before:
    """What must not come again.

    Attributes:
        played: tracks that were played or chosen before, latest last; the oldest may come
            again if nothing else is left.
        queued: tracks that are in the queue, which never come again.
        latest: the tracks before the next one, played or queued, latest last; their artists are spaced out.
    """

    played: Sequence[TrackId] = ()
    queued: frozenset[TrackId] = frozenset()
    latest: Sequence[Track] = ()


@dataclass(frozen=True, slots=True)
class NextTracks:
    """The next tracks, in order. `is_repeating`: everything else was played, so some were played before.

    `unknown`: by filter, how many tracks were left out only because their value is not known.
    """

    results: list[Recommendation]
    is_repeating: bool = False
    unknown: dict[str, int] = field(default_factory=dict)


def taste_of(plays: Sequence[Play]) -> Taste:
    """Return what a history says, oldest play first. The last time that a track was played counts."""
    last = {play.track_id: play.is_skipped for play in plays}
    order = list(dict.fromkeys(play.track_id for play in reversed(plays)))
    likes = [id_ for id_ in order if not last[id_]][:LIKED]
    unlikes = [id_ for id_ in order if last[id_]][:UNLIKED]
    return Taste(tuple(reversed(likes)), tuple(reversed(unlikes)))


def next_tracks(
    embeddings: JointEmbeddings,
    neighbourhood: Neighbourhood,
    tag_names: Sequence[str],
    seeds: Seeds,
    wanted: Criteria,
    before: Before,
    *,
    n: int,
    beside: Sequence[Weighted] = (),
) -> NextTracks:
    """Return the `n` tracks to play next, or fewer if the catalogue has no more.

    Args:
        wanted: the criteria; `max_per_artist` counts the tracks in `before.latest` too, and `n` is not used.
        beside: other scores, each with its share; required if there are no seeds.
    """
    most = min(n + _SPARE, MAX_RESULTS)
    chosen: list[Recommendation] = []
    found = None
    for remembered in _shorter_and_shorter(before.played[-REMEMBERED:]):
        excluded = wanted.excluded | before.queued | frozenset(remembered)
        criteria = replace(wanted, n=most, max_per_artist=None, shuffle=None, excluded=excluded)
        found = recommend(embeddings, neighbourhood, tag_names, seeds, criteria, beside=beside)
        chosen = spaced(found.results, before.latest, n, wanted.max_per_artist)
        if len(chosen) >= n or not remembered:
            break
    is_repeating = bool({one.track.id for one in chosen} & set(before.played))
    return NextTracks(chosen, is_repeating, found.unknown if found else {})


def spaced(
    results: Iterable[Recommendation], latest: Sequence[Track], n: int, most: int | None
) -> list[Recommendation]:
    """Return the first `n` results whose artists were not played just now.

    Args:
        latest: the tracks before, latest last.
        most: at most this many tracks per artist among `latest` and the results. If it is None, an artist is not played
            twice within `SPACING` tracks as long as there are other results.
    """
    results = list(results)
    if most is not None:
        taken = Counter(map(artist_of, latest))
        kept = []
        for one in results:
            taken[artist_of(one.track)] += 1
            if taken[artist_of(one.track)] <= most:
                kept.append(one)
        return _ranked(kept[:n])
    chosen: list[Recommendation] = []
    artists = [artist_of(track) for track in latest]
    while results and len(chosen) < n:
        recent = set(artists[-SPACING:])
        one = next((result for result in results if artist_of(result.track) not in recent), results[0])
        results.remove(one)
        chosen.append(one)
        artists.append(artist_of(one.track))
    return _ranked(chosen)


def is_skip(elapsed_s: float, duration_s: float | None, *, to_the_next: bool, within_s: float = 30.0) -> bool:
    """Return whether a track was skipped: it gave way to the next one soon, and not because it had ended.

    Args:
        elapsed_s: how much of it was played, in seconds.
        duration_s: its length in seconds, if it is known.
        to_the_next: whether the next track of the queue came; going back, or to any other track, is not a skip.
    """
    has_ended = duration_s is not None and elapsed_s >= duration_s - 1.5
    return to_the_next and elapsed_s < within_s and not has_ended


def is_heard(elapsed_s: float, duration_s: float | None) -> bool:
    """Return whether a track was played to its end: players that blend tracks begin the next one a little earlier."""
    return elapsed_s >= (_LONG_S if duration_s is None else _TO_THE_END * duration_s)


def _ranked(results: list[Recommendation]) -> list[Recommendation]:
    return [replace(one, rank=rank) for rank, one in enumerate(results, 1)]


def _shorter_and_shorter(played: Sequence[TrackId]) -> Iterator[Sequence[TrackId]]:
    while played:
        yield played
        played = played[(len(played) + 1) // 2 :]
    yield ()
