"""`/v1/tracks`: stored tracks, found by words as they are typed, or by id."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.errors import NotFound
from spotrec.operations.as_json.tracks import EMBEDDING, RECORD, RECORDS, embedding, record
from spotrec.operations.results import TrackEmbedding
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import TRACK_ID, answers
from spotrec.serve.service import Service

_TrackId = Annotated[str, TRACK_ID]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["tracks"])

    @api.get("/tracks", responses=answers(RECORDS))
    async def tracks(
        request: Request,
        q: Annotated[str, Query(max_length=200, description="Words of titles and artists, also half of one.")] = "",
        limit: Annotated[int, Query(ge=1, le=200, description="The largest number of tracks.")] = 20,
    ) -> Response:
        """The stored tracks with these words, best first: for completion while somebody types."""
        return answer(request, await service.queries.run(partial(_matching, service, q, limit)))

    @api.get("/tracks/{track_id}", responses=answers(RECORD))
    async def track(request: Request, track_id: _TrackId) -> Response:
        """One stored track with its state."""
        return answer(request, await service.queries.run(partial(_one, service, track_id)))

    @api.get("/tracks/{track_id}/embedding", responses=answers(EMBEDDING))
    async def embedding(request: Request, track_id: _TrackId) -> Response:
        """What the networks heard in a stored track, or in an upload: a vector, and the probability of each tag."""
        return answer(request, await service.queries.run(partial(_embedding, service, track_id)))

    return api


def _matching(service: Service, words: str, limit: int) -> bytes:
    session = service.recommender.session
    ids = service.completion.find(words, limit)
    records = session.store().listing.of(ids, session.model.id)
    return as_bytes(for_the_web([record(records[id_]) for id_ in ids if id_ in records]))


def _one(service: Service, track_id: str) -> bytes:
    return as_bytes(for_the_web(record(service.recommender.track(track_id))))


def _embedding(service: Service, track_id: str) -> bytes:
    try:
        found = service.recommender.embedding(track_id)
    except NotFound:
        heard = service.uploads.get(track_id)
        if heard is None:
            raise
        with service.recommender.session.view() as view:
            tags = dict(zip(view.tag_names, map(float, heard.tags), strict=False))
            found = TrackEmbedding(heard.track, view.ears.name, heard.vector, tags)
    return as_bytes(embedding(found))
