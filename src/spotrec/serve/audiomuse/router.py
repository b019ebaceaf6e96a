"""`/api/similar_tracks`, `/api/find_path`, …: what the plugins of Navidrome and Jellyfin call.

They send their server's ids, and expect its ids. An error is `{"error": "…"}` with a status.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from fastapi import APIRouter, Request
from starlette.responses import Response

from spotrec.errors import SpotrecError
from spotrec.operations.options import Options
from spotrec.operations.seeds import StoredTrack
from spotrec.serve.answers import as_bytes
from spotrec.serve.audiomuse.artists import ServerArtists
from spotrec.serve.audiomuse.item_ids import ItemIds, Named, Translate, own_ids
from spotrec.serve.audiomuse.walk import walk
from spotrec.serve.library import Artist
from spotrec.serve.neighbours import heard_sample, journey, similar_artists, similarity_of
from spotrec.serve.problems import Problem, problem_of
from spotrec.serve.service import Service
from spotrec.store import server_key
from spotrec.track import Track

_MOST = 500
_MOST_ASKED = 1000
_TRACKS, _STEPS, _ARTISTS, _SEARCHED = 10, 25, 10, 20
_LONGEST_SEARCH = 200
_OF_AN_ARTIST = 3
"""What AudioMuse-AI allows of one artist with `eliminate_duplicates`; copies of a recording never come twice."""
_SONGS_OF_A_MATCH = 10

_Row = dict[str, Any]
_Found = TypeVar("_Found")


def router(service: Service) -> APIRouter:
    """Return the routes."""
    # another project's API
    api = APIRouter(include_in_schema=False)
    similar = _Similar(service)
    for name, handler in (
        ("similar_tracks", similar.tracks),
        ("find_path", similar.path),
        ("similar_artists", similar.artists),
        ("search_tracks", similar.search),
        ("health", similar.health),
    ):
        api.add_api_route(f"/{name}", partial(_answered, handler), methods=["GET"], response_model=None)
    return api


async def _answered(handler: Callable[[Request], Any], request: Request) -> Response:
    try:
        return _json(await handler(request))
    except SpotrecError as error:
        return failure(problem_of(error))
    except Problem as problem:
        return failure(problem)


def failure(problem: Problem) -> Response:
    """Return a problem as AudioMuse-AI tells it."""
    return problem.response_with(as_bytes({"error": problem.text()}), "application/json")


def _json(content: Any) -> Response:
    return Response(as_bytes(content), 200, {"Cache-Control": "no-store"}, "application/json")


class _Similar:
    def __init__(self, service: Service) -> None:
        self._service = service
        self._recommender = service.recommender
        self._ids = ItemIds(service.recommender)
        self._artists = ServerArtists(service.recommender, is_allowed=service.options.fetch)

    async def tracks(self, request: Request) -> list[_Row]:
        """Tracks that sound like `item_id`, or `title` by `artist`, nearest first.

        With `radius_similarity` they come in the order of a walk.
        """
        find, n = self._named(request), _whole(request, _TRACKS, "n")
        options: Options = {"max_per_artist": _OF_AN_ARTIST} if _flag(request, "eliminate_duplicates") else {}
        in_a_walk = _flag(request, "radius_similarity")

        def ask(fetch: bool) -> list[_Row]:
            seed = find()
            found = self._similar(seed, n, options, fetch=fetch)
            if in_a_walk:
                place = {id_: at for at, id_ in enumerate(walk(self._recommender, seed.track.id, list(found)))}
                found = dict(sorted(found.items(), key=lambda one: place[one[0]]))
            return list(found.values())

        names = tuple(request.query_params.get(name, "") for name in ("item_id", "title", "artist"))
        return await self._service.fetched(names, ask)

    async def search(self, request: Request) -> list[_Row]:
        """Tracks by the beginnings of words of their title and artists: `search_query`, or `artist` and `title`."""
        given = request.query_params
        words = given.get("search_query") or f"{given.get('artist', '')} {given.get('title', '')}"
        start = _whole(request, 0, "start", least=0)
        n = min(_whole(request, start + _SEARCHED, "end", least=0) - start, _MOST)

        def ask() -> list[_Row]:
            found = self._service.completion.find(words[:_LONGEST_SEARCH], start + n)[start:] if n > 0 else []
            tracks = self._recommender.session.store().tracks.get_many(found)
            ids = self._ids.any_of([tracks[id_] for id_ in found if id_ in tracks])
            return [_named(ids[id_], tracks[id_]) for id_ in found if id_ in ids]

        return await self._service.queries.run(ask) if words.strip() else []

    async def health(self, request: Request) -> _Row:  # noqa: ARG002 - as the others
        """That the service runs, for clients that test the connection."""
        return {"status": "ok"}

    async def path(self, request: Request) -> _Row:
        """Tracks that lead from `start_song_id` to `end_song_id`, both included."""
        ends = _need(request, "start_song_id"), _need(request, "end_song_id")
        if ends[0] == ends[1]:
            raise _not_valid("start and end are the same song")
        n = _whole(request, _STEPS, "count", "max_steps")

        def ask(fetch: bool) -> _Row:
            start, end = map(self._track, ends)
            found = journey(self._service, start.track, end.track, n, fetch=fetch, **start.only)
            ids = {**start.ids_of([track for track, _ in found]), start.track.id: ends[0], end.track.id: ends[1]}
            rows = [_row(ids[track.id], track, near) for track, near in found if track.id in ids]
            return {"path": rows, "total_distance": sum(row["distance"] for row in rows)}

        return await self._service.fetched(ends, ask)

    async def artists(self, request: Request) -> list[_Row]:
        """Artists who sound like `artist`: a name, or an id of the music server."""
        name = request.query_params.get("artist_id") or _need(request, "artist")
        n = _whole(request, _ARTISTS, "n")
        with_songs = _flag(request, "include_component_matches")
        return await self._service.files.run(partial(self._similar_artists, name, n, with_songs=with_songs))

    def _named(self, request: Request) -> Callable[[], Named]:
        """Return what finds the track that a request names."""
        given = request.query_params
        title, artist = given.get("title", ""), given.get("artist", "")
        if given.get("item_id") or not (title and artist):
            return partial(self._track, _need(request, "item_id"))

        def find() -> Named:
            if found := self._ids.find_named(title, artist):
                return found
            raise _not_found("no stored track has this title and artist")

        return find

    def _track(self, item_id: str) -> Named:
        if found := self._ids.find(item_id):
            return found
        raise _not_found("no stored track has this id: crawl the music server, or the folder of its music")

    def _similar(self, seed: Named, n: int, options: Options, *, fetch: bool) -> dict[Any, _Row]:
        """Return rows for `n` tracks that the server has, by track id."""
        asked = n
        while True:
            wanted: Options = {**options, **seed.only, "n": asked}
            found = self._recommender.query(like=[StoredTrack(seed.track)], fetch=fetch, paths=False, **wanted).results
            ids = seed.ids_of([one.track for one in found])
            rows = {
                one.track.id: _row(ids[one.track.id], one.track, one.similarity) for one in found if one.track.id in ids
            }
            if len(rows) >= n or len(found) < asked or asked == _MOST_ASKED:
                return dict(list(rows.items())[:n])
            asked = min(4 * asked, _MOST_ASKED)

    def _similar_artists(self, name: str, n: int, *, with_songs: bool) -> list[_Row]:
        artist, ids_of = self._artist(name)
        found = similar_artists(self._service, artist, n)
        own_songs = _songs(heard_sample(self._service, artist.track_ids), ids_of) if with_songs else []
        rows = []
        for one in found:
            row: _Row = {
                "artist": one.artist.name,
                "artist_id": self._artists.id_of(one.artist.name) or one.artist.id,
                "divergence": round(1 - one.similarity, 6),
            }
            if with_songs:
                songs = _songs(one.tracks, ids_of)
                row["component_matches"] = [
                    {"artist1_representative_songs": own_songs, "artist2_representative_songs": songs}
                ]
            rows.append(row)
        return rows

    def _artist(self, name: str) -> tuple[Artist, Translate]:
        """Return an artist by name or id, and what translates tracks to the ids of the server that has this id."""
        contents = self._service.library.contents()
        if found := contents.artists.get(name):
            return found, own_ids
        if on_server := self._artists.name_of(name):
            if found := contents.artist_called(on_server):
                return found, self._ids.on_server(server_key(self._recommender.session.subsonic.address))
        elif found := contents.artist_called(name):
            return found, own_ids
        raise _not_found("no stored artist has this name or id")


def _row(item_id: str, track: Track, similarity: float) -> _Row:
    return _named(item_id, track) | {"distance": round(1 - similarity_of(similarity), 6)}


def _named(item_id: str, track: Track) -> _Row:
    return {
        "item_id": item_id,
        "title": track.title,
        "author": ", ".join(track.artists),
        "album": track.album or "",
    }


def _songs(tracks: Sequence[Track], ids_of: Translate) -> list[_Row]:
    ids = ids_of(tracks)
    songs = [{"item_id": ids[track.id], "title": track.title} for track in tracks if track.id in ids]
    return songs[:_SONGS_OF_A_MATCH]


def _need(request: Request, name: str) -> str:
    if value := request.query_params.get(name):
        return value
    raise _not_valid(f"the parameter “{name}” is missing")


def _whole(request: Request, default: int, *names: str, least: int = 1) -> int:
    value = next((value for name in names if (value := request.query_params.get(name))), str(default))
    try:
        return min(max(int(value[:20]), least), _MOST)
    except ValueError as exc:
        raise _not_valid(f"“{names[0]}” is not a whole number") from exc


def _flag(request: Request, name: str) -> bool:
    return request.query_params.get(name, "").lower() in ("true", "1", "yes", "y")


def _not_valid(detail: str) -> Problem:
    return Problem(400, "bad-request", "The request is not valid", detail)


def _not_found(detail: str) -> Problem:
    return Problem(404, "not-found", "There is no such thing", detail)
