"""`/healthz`, `/readyz` and `/metrics`: whether the service runs, can answer queries, and what it has answered."""

import asyncio

from fastapi import APIRouter
from starlette.responses import Response

from spotrec.serve.metrics import MEDIA_TYPE, Metrics
from spotrec.serve.service import Service

_MOST_LOOKS, _LOOK_EVERY_S = 100, 0.1
_OK = {200: {"description": "It does.", "content": {"application/json": {"example": {"status": "ok"}}}}}


def router(service: Service, metrics: Metrics) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz", responses=_OK)  # type: ignore[arg-type] # FastAPI's dict is invariant
    async def healthz() -> Response:
        """The process runs."""
        return Response(b'{"status":"ok"}', media_type="application/json")

    @api.get("/readyz", responses=_OK | {503: {"description": "It cannot, and says why."}})  # type: ignore[arg-type] # as above
    async def readyz() -> Response:
        """The service can answer queries: it has a store and an index. At its start it waits some seconds for them."""
        for _ in range(_MOST_LOOKS):
            if service.is_warm:
                break
            await asyncio.sleep(_LOOK_EVERY_S)
        await service.queries.run(lambda: _check(service))
        return Response(b'{"status":"ok"}', media_type="application/json")

    @api.get("/metrics", responses={200: {"description": "Counters.", "content": {"text/plain": {}}}})
    async def counters() -> Response:
        """What the service counts, in Prometheus's format."""
        return Response(await service.queries.run(lambda: metrics.text(service)), media_type=MEDIA_TYPE)

    return api


def _check(service: Service) -> None:
    with service.recommender.session.view() as view:
        view.check_index()
        view.session.store()
