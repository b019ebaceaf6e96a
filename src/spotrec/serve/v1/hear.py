"""`/v1/hear`: recommendations for a clip that a client sends."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.errors import UsageError
from spotrec.operations.as_json import ranked_tracks
from spotrec.operations.as_json.ranked_tracks import RECOMMENDATIONS
from spotrec.operations.seeds import Upload
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.names import stored_names
from spotrec.serve.parameters import OF_AN_UPLOAD, Given, add_route
from spotrec.serve.problems import busy
from spotrec.serve.service import Service

_AT_ONCE = 4
"""Uploads that are read or wait, for each that is heard."""
_BODY = {
    "requestBody": {
        "required": True,
        "description": "An audio file.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["recommendations"])
    under_way: set[object] = set()

    async def hear(
        request: Request,
        given: Given,
        name: Annotated[str, Query(max_length=200, description="The clip's name in the answer.")] = "the upload",
    ) -> Response:
        """The tracks that sound like the audio in the body. It is decoded in a process of its own, and not stored.

        For an hour, `seed.track_id` of the answer is a `track` of `/v1/recommendations`.
        """
        if len(under_way) >= _AT_ONCE * service.options.n_fetches:
            raise busy()  # before its body takes memory
        me = object()
        under_way.add(me)
        try:
            audio = await request.body()
            if not audio:
                raise UsageError("there is no audio in the body", "send an audio file as the body")
            content, index = await service.hearing.run(partial(_heard, service, audio, name, given))
        finally:
            under_way.discard(me)
        return answer(request, content, index=index)

    responses = answers(RECOMMENDATIONS, 413, 422)
    add_route(api, "POST", "/hear", hear, OF_AN_UPLOAD, responses=responses, openapi_extra=_BODY)
    return api


def _heard(service: Service, audio: bytes, name: str, given: Given) -> tuple[bytes, str]:
    options = stored_names(service.recommender.session.store(), service.uploads, given)
    found = service.recommender.query(Upload(audio, name.strip() or "the upload"), **options, fetch=False, paths=False)
    service.uploads.put(found.seeds.likes[0].seeds[0])
    return as_bytes(for_the_web(ranked_tracks.recommendations(found))), found.index
