"""`/v1/collections`: the stored playlists, albums and folders."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from spotrec.operations.as_json import library
from spotrec.operations.as_json.library import COLLECTIONS
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.names import web_id
from spotrec.serve.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["collections"])

    @api.get("/collections", responses=answers(COLLECTIONS))
    async def collections(request: Request) -> Response:
        """All stored collections, by kind and title. An `id` is a value of `collection` and `exclude_known`."""
        return answer(request, await service.queries.run(lambda: as_bytes(_all(service))))

    return api


def _all(service: Service) -> list[dict[str, Any]]:
    known = for_the_web(library.collections(service.recommender.collections()))
    return [{**one, "id": web_id(one["id"])} for one in known]
