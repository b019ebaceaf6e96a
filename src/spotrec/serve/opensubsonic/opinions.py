"""What was liked and disliked, as players show it: a like has a star and a rating of 5, a dislike a rating of 1.

A player that lists a song without them shows it without a star, whatever it was told before.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from spotrec.names.titles import normalised
from spotrec.serve.freshness import Moment, files_of, moment_of
from spotrec.serve.library import Album, Artist, artist_id
from spotrec.serve.opensubsonic.shapes import Shape, time
from spotrec.store import Thing, Verb
from spotrec.store.taste import OPINIONS
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.recommender import Recommender
    from spotrec.store import Signal

BEST, WORST = 5, 1


@dataclass(frozen=True, slots=True)
class _OfNames:
    """What was said of artists by id, and of albums by name: whose it is (nobody: anybody's) and what was said."""

    artists: Mapping[str, Shape]
    albums: Mapping[str, list[tuple[frozenset[str], Shape]]]


class Opinions:
    """The likes and dislikes in the store, as fields of songs, artists and albums. Threads may share it."""

    def __init__(self, recommender: "Recommender") -> None:
        self._recommender = recommender
        self._files = files_of(recommender.settings.store_path)
        self._held: tuple[Moment, _OfNames] | None = None

    def of_tracks(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Shape]:
        """Return the fields of tracks of which something was said."""
        found = self._recommender.session.store().taste.of_tracks(track_ids)
        return {id_: _fields(verb, said_at) for id_, (verb, said_at) in found.items()}

    def of(self) -> Callable[[Album | Artist], Shape]:
        """Return what gives the fields of albums and artists, as they are now."""
        now = self._of_names()

        def fields(one: Album | Artist) -> Shape:
            if isinstance(one, Artist):
                return now.artists.get(one.id, {})
            said = now.albums.get(one.text.strip(), ()) if one.name else ()
            return next((fields for whose, fields in said if not whose or artist_id(one.artist) in whose), {})

        return fields

    def _of_names(self) -> _OfNames:
        moment = moment_of(*self._files)  # first, so that what is said meanwhile is not missed
        held = self._held
        if held is None or held[0] != moment:
            signals = self._recommender.session.store().taste.signals(OPINIONS, with_keys=False)
            held = self._held = moment, _by_name(signals)
        return held[1]


def _by_name(signals: "Iterable[Signal]") -> _OfNames:
    """Return opinions by name; of two about one thing, the first counts."""
    artists: dict[str, Shape] = {}
    albums: defaultdict[str, list[tuple[frozenset[str], Shape]]] = defaultdict(list)
    for one in signals:
        subject, fields = one.subject, _fields(one.verb, one.said_at)
        if subject.thing is Thing.ARTIST:
            for name in (subject.name, *subject.artists):
                artists.setdefault(artist_id(name), fields)
        elif subject.thing is Thing.ALBUM:
            albums[normalised(subject.name)].append((frozenset(map(artist_id, subject.artists)), fields))
    return _OfNames(artists, albums)


def _fields(verb: Verb, said_at: str) -> Shape:
    return {"starred": time(said_at), "userRating": BEST} if verb is Verb.LIKE else {"userRating": WORST}
