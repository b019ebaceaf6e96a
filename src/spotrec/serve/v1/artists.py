"""`/v1/artists/{name}/similar`: artists whose tracks sound like an artist's."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from spotrec.operations.as_json import artists
from spotrec.operations.as_json.artists import SIMILAR_ARTISTS
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.service import Service

_Name = Annotated[
    str,
    Path(
        max_length=200,
        description="An artist's name in any spelling, or words of it that no other name has.",
        examples=["Miles Davis"],
    ),
]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["recommendations"])

    @api.get("/artists/{name:path}/similar", responses=answers(SIMILAR_ARTISTS))
    async def similar(
        request: Request,
        name: _Name,
        limit: Annotated[int, Query(ge=1, le=1000, description="The largest number of artists.")] = 10,
    ) -> Response:
        """The artists whose tracks sound like an artist's, most similar first: all tracks count, not their mean."""
        content, index = await service.queries.run(partial(_similar, service, name, limit))
        return answer(request, content, index=index)

    return api


def _similar(service: Service, name: str, n: int) -> tuple[bytes, str]:
    found = service.recommender.similar_artists(name, n)
    return as_bytes(for_the_web(artists.similar_artists(found))), found.index
