"""`/v1/tracks/{track_id}/preview` and `…/cover`: what a stored track sounds like, and its picture."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.errors import NotFound
from spotrec.serve.documentation import TRACK_ID, binary
from spotrec.serve.media import Picture
from spotrec.serve.problems import Problem
from spotrec.serve.service import Service

_TrackId = Annotated[str, TRACK_ID]
_COVER = binary("image/*") | {204: {"description": "The track has no cover, and `quiet` is set."}}


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["audio"])

    @api.get("/tracks/{track_id}/preview", responses=binary("audio/*", ranges=True), response_class=Response)
    async def preview(request: Request, track_id: _TrackId) -> Response:
        """The audio of a stored track: the server's own file, else a preview that it fetches and does not store."""
        return await service.media.audio(request, track_id)

    @api.get("/tracks/{track_id}/cover", responses=_COVER, response_class=Response)
    async def cover(
        request: Request,
        track_id: _TrackId,
        size: Annotated[int, Query(ge=32, le=600, description="The longest side, in pixels.")] = 300,
        quiet: Annotated[bool, Query(description="Answer 204 if a track has no cover, in place of 404.")] = False,
    ) -> Response:
        """The picture in the server's own file of a track as a small JPEG, else its cover on the music server."""
        try:
            picture = await service.media.picture(track_id, size)
        except NotFound:
            if not quiet:
                raise
            picture = Picture()
        if not picture.content and quiet:
            return Response(status_code=204, headers={"Cache-Control": "private, max-age=3600"})
        if not picture.content:
            raise Problem(404, "no-cover", "The track has no cover", "there is no picture of this track")
        return picture.response(request)

    return api
