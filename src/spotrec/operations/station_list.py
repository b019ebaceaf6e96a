"""The list of a station: made anew from what is known now, without what was heard lately.

A list stays for a period, such as a day, which begins for all stations at the same moment: at midnight, or on Monday.
What was heard before it began is left out; what is heard while it lasts is not, so that the same list is made again.
"""

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from spotrec.operations.options import Options
from spotrec.operations.query import Recommendations, query
from spotrec.operations.saved_query import seeds_of, stored_query
from spotrec.operations.session import Session
from spotrec.progress import Progress, Silent
from spotrec.query.copies import artist_of
from spotrec.query.criteria import Criteria
from spotrec.query.query import Recommendation
from spotrec.store import Station, moment
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from collections.abc import Callable

_A_MONDAY = datetime(1969, 12, 29)


@dataclass(frozen=True, slots=True)
class StationList:
    """The list of a station.

    Attributes:
        found: the recommendations that it is.
        begun_at: when the list began, as `spotrec.store.moment` writes it.
        ends_at: when the next one begins.
        n_repeated: how many of its tracks, its last ones, were heard lately: too few others pass.
    """

    station: Station
    found: Recommendations
    begun_at: str
    ends_at: datetime
    n_repeated: int = 0

    @property
    def tracks(self) -> list[Track]:
        """The tracks of the list, in order."""
        return [result.track for result in self.found.results]


def list_now(
    session: Session,
    station: Station,
    *,
    explain: bool = False,
    fetch: bool = True,
    progress: Progress | None,
) -> StationList:
    """Make the list of a station. Nothing is written but a seed that has to be fetched.

    Raises:
        NotFound: no seed is stored any more, or a collection that an option names.
        UsageError: an option is not valid, now.
    """
    now = datetime.now()
    began, ends_at = period_of(now, station.every_s)
    begun_at = moment(began)
    if station.begun_at and begun_at < station.begun_at <= moment(now):
        begun_at = station.begun_at
    with session.view(progress) as view:
        saved = stored_query(station.query)
        likes, unlikes = seeds_of(view, saved)
        days = timedelta(days=session.settings.heard_lately_days)
        heard = session.store().heard.between(moment(datetime.fromisoformat(begun_at) - days), begun_at)

        def ask(without: Set[TrackId], progress: Progress) -> Recommendations:
            return query(
                session,
                likes,
                unlike=unlikes,
                mood=saved.mood,
                mood_weight=saved.mood_weight,
                explain=explain,
                fetch=fetch,
                paths=True,
                options=saved.options,
                progress=progress,
                without=without,
            )

        found = ask(frozenset(heard), view.progress)
        n_fresh = len(found.results)
        if heard and n_fresh < _count(saved.options):
            found = replace(
                found, results=_filled(found.results, heard, saved.options, lambda without: ask(without, Silent()))
            )
        return StationList(station, found, begun_at, ends_at, len(found.results) - n_fresh)


def period_of(now: datetime, every_s: int) -> tuple[datetime, datetime]:
    """Return when the period that `now` is in began, and when it ends: local times, without a time zone.

    A day begins at midnight, a week on Monday, six hours at 0, 6, 12 and 18 o'clock.
    """
    every = timedelta(seconds=every_s)
    began = _A_MONDAY + (now - _A_MONDAY) // every * every
    return began, began + every


def _filled(
    fresh: Sequence[Recommendation],
    heard: Sequence[TrackId],
    options: Options,
    ask: "Callable[[Set[TrackId]], Recommendations]",
) -> list[Recommendation]:
    """Return results that are too few with others behind them that were heard lately, the longest ago first."""
    wanted, ids = _count(options), {one.track.id for one in fresh}
    results, released = list(fresh), wanted - len(fresh)
    while len(results) < wanted:
        found = ask({*heard[released:], *ids}).results
        results = _of_several_artists([*fresh, *found], options.get("max_per_artist"))
        if released >= len(heard):
            break
        released *= 2
    return [replace(one, rank=rank) for rank, one in enumerate(results[:wanted], 1)]


def _of_several_artists(results: Sequence[Recommendation], most: int | None) -> list[Recommendation]:
    taken: Counter[str] = Counter()
    kept = []
    for one in results:
        artist = artist_of(one.track)
        taken[artist] += 1
        if most is None or taken[artist] <= most:
            kept.append(one)
    return kept


def _count(options: Options) -> int:
    """Return the largest number of results."""
    return Criteria(n=options.get("n"), min_similarity=options.get("min_similarity")).count
