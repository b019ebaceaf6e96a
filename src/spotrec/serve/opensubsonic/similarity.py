"""Methods that recommend: similar songs, paths, similar artists."""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from spotrec.operations.seeds import StoredTrack, TypedSeed
from spotrec.serve.neighbours import heard_sample, journey, similar_artists, similarity_of
from spotrec.serve.opensubsonic.browsing import Browsing, track_of
from spotrec.serve.opensubsonic.failures import not_found
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.service import Service
from spotrec.track import Track

Method = Callable[[Parameters], Coroutine[Any, Any, Shape]]

_MOST = 500


class Similarity:
    """Answers from the recommender."""

    def __init__(self, service: Service, browsing: Browsing) -> None:
        self._service = service
        self._browsing = browsing

    @property
    def methods(self) -> dict[str, Method]:
        """The methods by name."""
        return {
            "getSonicSimilarTracks": self._sonic_similar,
            "findSonicPath": self._sonic_path,
            "getSimilarSongs": partial(self._similar_songs, "similarSongs"),
            "getSimilarSongs2": partial(self._similar_songs, "similarSongs2"),
            "getArtistInfo": partial(self._artist_info, "artistInfo"),
            "getArtistInfo2": partial(self._artist_info, "artistInfo2"),
        }

    async def _sonic_similar(self, given: Parameters) -> Shape:
        id_, n = given.need("id"), given.whole("count", 10, 1, _MOST)

        def ask(fetch: bool) -> Shape:
            found = self._similar([StoredTrack(track_of(self._service, id_))], n, fetch=fetch)
            return {"sonicMatch": self._matches(found)}

        return await self._service.fetched((id_,), ask)

    async def _sonic_path(self, given: Parameters) -> Shape:
        ends = given.need("startSongId"), given.need("endSongId")
        n = given.whole("count", 25, 1, _MOST)

        def ask(fetch: bool) -> Shape:
            start, end = (track_of(self._service, id_) for id_ in ends)
            return {"sonicMatch": self._matches(journey(self._service, start, end, n, fetch=fetch))}

        return await self._service.fetched(ends, ask)

    async def _similar_songs(self, name: str, given: Parameters) -> Shape:
        id_, n = given.need("id"), given.whole("count", 50, 1, _MOST)

        def ask(fetch: bool) -> Shape:
            found = self._similar(self._seeds(id_), n, fetch=fetch)
            return {name: {"song": self._browsing.songs([track for track, _ in found])}}

        return await self._service.fetched((id_,), ask)

    async def _artist_info(self, name: str, given: Parameters) -> Shape:
        id_, n = given.need("id"), given.whole("count", 20, 0, 100)

        def ask() -> Shape:
            artist = self._service.library.contents().artists.get(id_)
            if artist is None:
                raise not_found("artist")
            found = similar_artists(self._service, artist, n) if n else []
            return {name: {"similarArtist": self._browsing.artists(one.artist for one in found)}}

        return await self._service.queries.run(ask)

    def _seeds(self, id_: str) -> list[TypedSeed]:
        """Return the song with an id, or an even sample of the songs of an artist or an album that were heard."""
        contents = self._service.library.contents()
        group = contents.artists.get(id_) or contents.albums.get(id_)
        if group is None:
            return [StoredTrack(track_of(self._service, id_))]
        return [StoredTrack(track) for track in heard_sample(self._service, group.track_ids)]

    def _similar(self, seeds: Sequence[TypedSeed], n: int, *, fetch: bool) -> list[tuple[Track, float]]:
        if not seeds:
            return []
        found = self._service.recommender.query(like=seeds, n=n, fetch=fetch, paths=False)
        return [(one.track, one.similarity) for one in found.results]

    def _matches(self, found: Sequence[tuple[Track, float]]) -> list[Shape]:
        songs = self._browsing.songs([track for track, _ in found])
        return [
            {"entry": song, "similarity": similarity_of(similarity)}
            for song, (_, similarity) in zip(songs, found, strict=True)
        ]
