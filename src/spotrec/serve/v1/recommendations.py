"""`/v1/recommendations` and `/v1/journey`: what sounds like a track, and how to get from one to another."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.operations.as_json import journeys, ranked_tracks
from spotrec.operations.as_json.journeys import JOURNEY
from spotrec.operations.as_json.ranked_tracks import RECOMMENDATIONS
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.names import stored_names
from spotrec.serve.parameters import LONGEST, NARROWING, OF_A_QUERY, Given, add_route
from spotrec.serve.service import Service

_End = Annotated[str, Query(max_length=LONGEST, description="A single track, given like a seed of recommendations.")]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["recommendations"])

    async def recommendations(request: Request, given: Given) -> Response:
        """The tracks that match the seeds best, best first, without the seeds and copies of them."""
        names = (*given.get("like", ()), *given.get("unlike", ()))
        content, index = await service.fetched(names, partial(_recommendations, service, given))
        return answer(request, content, index=index)

    async def journey(
        request: Request,
        start: _End,
        end: _End,
        given: Given,
        limit: Annotated[int, Query(ge=2, le=200, description="The number of tracks, both ends included.")] = 12,
    ) -> Response:
        """Tracks that lead from one track to another in even steps, both ends included."""
        content, index = await service.fetched((start, end), partial(_journey, service, start, end, limit, given))
        return answer(request, content, index=index)

    add_route(api, "GET", "/recommendations", recommendations, OF_A_QUERY, responses=answers(RECOMMENDATIONS))
    add_route(api, "GET", "/journey", journey, NARROWING, responses=answers(JOURNEY))
    return api


def _recommendations(service: Service, given: Given, fetch: bool) -> tuple[bytes, str]:
    found = service.query_now(given, fetch=fetch)
    return as_bytes(for_the_web(ranked_tracks.recommendations(found))), found.index


def _journey(service: Service, start: str, end: str, n: int, given: Given, fetch: bool) -> tuple[bytes, str]:
    options = stored_names(service.recommender.session.store(), service.uploads, given)
    ends = service.seed(start), service.seed(end)
    found = service.recommender.journey(*ends, n, fetch=fetch, paths=False, **options)
    return as_bytes(for_the_web(journeys.journey(found))), found.index
