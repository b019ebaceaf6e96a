"""`/v1/tracks/{track_id}/preview` and `…/cover`: what a stored track sounds like, and its picture."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.serve.documentation import TRACK_ID, binary
from spotrec.serve.problems import Problem
from spotrec.serve.service import Service

_TrackId = Annotated[str, TRACK_ID]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["audio"])

    @api.get("/tracks/{track_id}/preview", responses=binary("audio/*", ranges=True), response_class=Response)
    async def preview(request: Request, track_id: _TrackId) -> Response:
        """The audio of a stored track: the server's own file, else a preview that it fetches and does not store."""
        return await service.media.audio(request, track_id)

    @api.get("/tracks/{track_id}/cover", responses=binary("image/*"), response_class=Response)
    async def cover(
        request: Request,
        track_id: _TrackId,
        size: Annotated[int, Query(ge=32, le=600, description="The longest side, in pixels.")] = 300,
    ) -> Response:
        """The picture in the server's own file of a track as a small JPEG, else its cover on the music server."""
        picture = await service.media.picture(track_id, size)
        if not picture.content:
            raise Problem(404, "no-cover", "The track has no cover", "there is no picture of this track")
        return picture.response(request)

    return api
