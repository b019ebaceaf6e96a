"""`/v1/collections`: the stored playlists, albums and folders."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from spotrec.operations import as_json
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["collections"])

    @api.get("/collections")
    async def collections(request: Request) -> Response:
        """All stored collections, by kind and title."""
        return answer(request, await service.queries.run(lambda: _all(service)))

    return api


def _all(service: Service) -> bytes:
    return as_bytes(for_the_web(as_json.collections(service.recommender.collections())))
