"""`/v1/map`: every track's place on the map, for the page to draw."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from spotrec.operations.as_json.service import MAP
from spotrec.serve.answers import answer
from spotrec.serve.documentation import answers
from spotrec.serve.service import Service

_AGAIN_S = 2


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["map"])

    @api.get("/map", responses=answers(MAP, 501) | {202: {"description": "The map is being drawn: ask again later."}})
    async def map_(request: Request) -> Response:
        """The tracks of the index as dots on a plane, where near means similar: columns, with an entry for each track.

        The first request after an index is built starts the drawing, and is answered with 202.
        """
        found = await service.queries.run(service.maps.get)
        if found is None:
            return Response(b'{"state":"drawing"}', 202, {"Retry-After": str(_AGAIN_S)}, media_type="application/json")
        content, index = found
        return answer(request, content, index=index)

    return api
