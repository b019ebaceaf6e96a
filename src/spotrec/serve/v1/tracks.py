"""`/v1/tracks`: stored tracks, found by words as they are typed, or by id."""

from functools import partial
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from spotrec.errors import NotFound, quoted
from spotrec.operations import as_json
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.service import Service

TrackId = Annotated[str, Path(max_length=200, description="A track id, or another id of the same recording.")]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["tracks"])

    @api.get("/tracks")
    async def tracks(
        request: Request,
        q: Annotated[str, Query(max_length=200, description="Words of titles and artists, also half of one.")] = "",
        limit: Annotated[int, Query(ge=1, le=200)] = 20,
    ) -> Response:
        """The stored tracks with these words, best first: for completion while somebody types."""
        return answer(request, await service.queries.run(partial(_matching, service, q, limit)))

    @api.get("/tracks/{track_id}")
    async def track(request: Request, track_id: TrackId) -> Response:
        """One stored track with its state."""
        return answer(request, await service.queries.run(partial(_one, service, track_id)))

    return api


def _matching(service: Service, words: str, limit: int) -> bytes:
    found = islice(service.recommender.tracks(words), limit)
    return as_bytes(for_the_web([as_json.record(one) for one in found]))


def _one(service: Service, track_id: str) -> bytes:
    store = service.recommender.session.store()
    found = store.tracks.get(track_id)
    if found is None:
        raise NotFound(f"there is no stored track {quoted(track_id)}")
    return as_bytes(for_the_web(as_json.track(found)))
