"""Methods for stars and ratings: a star is a like, a rating of 1 or 2 a dislike."""

from collections.abc import Callable

from spotrec.operations.seeds import with_id
from spotrec.serve.opensubsonic import shapes
from spotrec.serve.opensubsonic.browsing import Browsing
from spotrec.serve.opensubsonic.failures import NOT_ALLOWED, Failure, not_found
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.service import Service
from spotrec.store import Thing, Verb

Method = Callable[[Parameters], Shape]

_BEST, _GOOD, _BAD = 5, 4, 2
_SOURCE = "opensubsonic"


class Stars:
    """Reads and writes the taste of the store."""

    def __init__(self, service: Service, browsing: Browsing) -> None:
        self._service = service
        self._recommender = service.recommender
        self._browsing = browsing

    @property
    def reading(self) -> dict[str, Method]:
        """The methods that read, by name."""
        return {
            "getStarred": lambda _: {"starred": self._starred()},
            "getStarred2": lambda _: {"starred2": self._starred()},
        }

    @property
    def changing(self) -> dict[str, Method]:
        """The methods that change something, by name."""
        return {"star": self._star, "unstar": self._unstar, "setRating": self._rate}

    def _star(self, given: Parameters) -> Shape:
        self._recommender.like(*self._names(given), source=_SOURCE, paths=False)
        return {}

    def _unstar(self, given: Parameters) -> Shape:
        self._recommender.forget_opinion(*self._names(given), paths=False)
        return {}

    def _rate(self, given: Parameters) -> Shape:
        given.need("rating")
        names, rating = self._names(given), given.whole("rating", 0, 0, _BEST)
        if rating >= _GOOD:
            self._recommender.like(*names, source=_SOURCE, paths=False)
        elif 0 < rating <= _BAD:
            self._recommender.dislike(*names, source=_SOURCE, paths=False)
        else:
            self._recommender.forget_opinion(*names, paths=False)
        return {}

    def _names(self, given: Parameters) -> list[str]:
        """Return the names of songs, artists and albums: players give them all as `id`, or by what they are."""
        if not self._service.options.taste:
            raise Failure(NOT_ALLOWED, "this server takes no stars and ratings")
        contents, store = self._service.library.contents(), self._recommender.session.store()
        names = []
        for id_ in (*given.every("id"), *given.every("artistId"), *given.every("albumId")):
            if (artist := contents.artists.get(id_)) and artist.name:
                names.append(f"artist:{artist.name}")
            elif (album := contents.albums.get(id_)) and album.name:
                names.append(f"album:{album.artist} - {album.name}" if album.artist else f"album:{album.name}")
            elif track := with_id(store, id_):
                names.append(track.id)
            else:
                raise not_found("song")
        if not names:
            given.need("id")
        return names

    def _starred(self) -> Shape:
        likes = self._recommender.taste(Verb.LIKE)
        contents, store = self._service.library.contents(), self._recommender.session.store()
        stored = store.taste.stored([one for one in likes if one.subject.thing is Thing.TRACK])
        since = {ids[0]: likes_of.said_at for likes_of in likes if (ids := stored.get(likes_of.id))}
        tracks = store.tracks.get_many(since)
        songs = self._browsing.songs([tracks[id_] for id_ in since if id_ in tracks])
        artists = [
            known
            for one in likes
            if one.subject.thing is Thing.ARTIST and (known := contents.artist_called(one.subject.name))
        ]
        return {
            "artist": self._browsing.artists(artists),
            "album": self._browsing.albums(self._browsing.starred_albums()),
            "song": [song | {"starred": shapes.time(since[song["id"]])} for song in songs],
        }
