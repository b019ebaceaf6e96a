"""`/healthz` and `/readyz`: whether the service runs, and whether it can answer queries."""

from fastapi import APIRouter
from starlette.responses import Response

from spotrec.serve.service import Service


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["health"])

    @api.get("/healthz")
    async def healthz() -> Response:
        """The process runs."""
        return Response(b'{"status":"ok"}', media_type="application/json")

    @api.get("/readyz")
    async def readyz() -> Response:
        """The service can answer queries: it has a store and an index."""
        await service.queries.run(lambda: _check(service))
        return Response(b'{"status":"ok"}', media_type="application/json")

    return api


def _check(service: Service) -> None:
    with service.recommender.session.view() as view:
        view.built  # noqa: B018 - raises without an index
        view.session.store()
