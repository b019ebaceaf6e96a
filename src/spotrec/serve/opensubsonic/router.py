"""`/rest/{method}`, with and without `.view`, as GET or as a form (POST)."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

from fastapi import APIRouter, Request
from starlette.datastructures import QueryParams
from starlette.responses import Response

from spotrec.errors import SpotrecError
from spotrec.serve.media import Picture
from spotrec.serve.opensubsonic import account
from spotrec.serve.opensubsonic.browsing import Browsing, track_of
from spotrec.serve.opensubsonic.encoding import encoded, encoded_failure
from spotrec.serve.opensubsonic.failures import GENERIC, NOT_ALLOWED, Failure, failure_of, not_found
from spotrec.serve.opensubsonic.parameters import Parameters, parameters_of
from spotrec.serve.opensubsonic.plays import Plays
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.opensubsonic.sign_in import check_sign_in
from spotrec.serve.opensubsonic.similarity import Similarity
from spotrec.serve.opensubsonic.stars import Stars
from spotrec.serve.problems import Problem, problem_of
from spotrec.serve.service import Service
from spotrec.track import TrackId

_COVER_PX = 300
_TRACKS_FOR_A_COVER = 3
_RANGE_PROBLEM = 416


def router(service: Service) -> APIRouter:
    """Return the route."""
    # the specification describes it: https://opensubsonic.netlify.app
    api = APIRouter(include_in_schema=False)
    rest = _Rest(service)
    api.add_api_route("/{method:path}", rest.answer, methods=["GET", "POST"], response_model=None)
    return api


def failure(problem: Problem, query: bytes) -> Response:
    """Return a problem that has a status of its own, such as too many requests, as the protocol tells it.

    Args:
        query: of the request.
    """
    given = Parameters(QueryParams(query).multi_items())
    told = encoded_failure(failure_of(problem), given)
    return problem.response_with(bytes(told.body), told.headers["content-type"])


class _Rest:
    def __init__(self, service: Service) -> None:
        self._service = service
        browsing = Browsing(service)
        self._quick: dict[str, Callable[[Parameters], Shape]] = account.methods(service.options)
        stars = Stars(service, browsing)
        self._stored = browsing.methods | stars.reading
        self._changing = stars.changing | Plays(service).changing
        self._recommending = Similarity(service, browsing).methods
        self._binary = {"stream": self._audio, "download": self._audio, "getCoverArt": self._cover}

    async def answer(self, request: Request, method: str) -> Response:
        """Answer a request. What fails is told as the protocol does, with status 200."""
        given = Parameters(request.query_params.multi_items())
        try:
            given = await parameters_of(request)
            return await self._answered(request, method.removesuffix(".view"), given)
        except Failure as failure:
            return encoded_failure(failure, given)
        except SpotrecError as error:
            return encoded_failure(failure_of(problem_of(error)), given)
        except Problem as problem:
            if problem.status == _RANGE_PROBLEM:
                raise
            return encoded_failure(failure_of(problem), given)

    async def _answered(self, request: Request, method: str, given: Parameters) -> Response:
        if method == "getOpenSubsonicExtensions":
            return encoded(account.extensions(given), given)
        check_sign_in(given, self._service.options)
        if method in self._quick:
            return encoded(self._quick[method](given), given)
        if method in self._stored:
            do = partial(self._stored[method], given)
            return await self._service.queries.run(lambda: encoded(do(), given))
        if method in self._changing:
            if request.headers.get("sec-fetch-site") == "cross-site":  # a link on another site's page
                raise Failure(NOT_ALLOWED, "pages of other sites may not do this")
            change = partial(self._changing[method], given)
            return await self._service.files.run(lambda: encoded(change(), given))
        if method in self._recommending:
            return encoded(await self._recommending[method](given), given)
        if method in self._binary:
            return await self._binary[method](request, given)
        raise Failure(GENERIC, "this server does not have this method")

    async def _audio(self, request: Request, given: Parameters) -> Response:
        """A song's file as it is, else its preview. Nothing is transcoded, as with `format=raw`."""
        track = await self._service.queries.run(partial(track_of, self._service, given.need("id")))
        return await self._service.media.audio(request, track.id)

    async def _cover(self, request: Request, given: Parameters) -> Response:
        id_, size = given.need("id"), given.whole("size", _COVER_PX, 32, 600)
        for track_id in await self._service.queries.run(partial(self._tracks_with, id_)):
            picture = Picture()
            with suppress(SpotrecError):  # another track of the album may have one
                picture = await self._service.media.picture(track_id, size)
            if picture.content:
                return picture.response(request)
        raise not_found("cover")

    def _tracks_with(self, id_: str) -> list[TrackId]:
        """Return the song with an id, or the first songs of an album or an artist."""
        contents = self._service.library.contents()
        group = contents.albums.get(id_) or contents.artists.get(id_)
        if group:
            return group.track_ids[:_TRACKS_FOR_A_COVER]
        return [track_of(self._service, id_).id]
