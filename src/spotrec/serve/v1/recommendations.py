"""`/v1/recommendations`: the tracks that sound like one track or several."""

from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import Response

from spotrec.operations import as_json
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.parameters import OF_A_QUERY, Given, with_parameters
from spotrec.serve.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["recommendations"])

    async def recommendations(request: Request, given: Given) -> Response:
        """The tracks that match the seeds best, best first, without the seeds and copies of them."""
        content, index = await service.queries.run(partial(_found, service, given))
        return answer(request, content, index=index)

    api.get("/recommendations")(with_parameters(OF_A_QUERY, recommendations))
    return api


def _found(service: Service, given: Given) -> tuple[bytes, str]:
    found = service.recommender.query(**given, fetch=False, paths=False)
    return as_bytes(for_the_web(as_json.recommendations(found))), found.index
