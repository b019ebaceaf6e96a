"""The application: routers, the page, and the gate around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from spotrec import __version__
from spotrec.errors import SpotrecError
from spotrec.serve.options import ServeOptions
from spotrec.serve.problems import Problem, problem_of
from spotrec.serve.safety.gate import Gate
from spotrec.serve.service import Service
from spotrec.serve.v1 import collections, health, recommendations, session, tracks

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_API = ("/v1/", "/rest/", "/api/", "/metrics")
_MB = 1_000_000


def create_app(
    recommender: "Recommender", options: ServeOptions | None = None, *, at_end: Callable[[], None] | None = None
) -> FastAPI:
    """Return the service over a recommender, which the caller closes after it.

    A router is a function `router(service)` in a file of its own, and one line here.

    Args:
        at_end: called when the service has ended.
    """
    service = Service(recommender, options or ServeOptions())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        service.close()
        if at_end:
            at_end()

    app = FastAPI(
        title="spotrec",
        version=__version__,
        summary="Give it a track, get the tracks that sound like it.",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        middleware=[
            Middleware(
                Gate,
                options=service.options,
                is_open=lambda path: not path.startswith(_API) and path != "/openapi.json",
                body_limits={"/v1/hear": service.options.max_upload_mb * _MB},
            )
        ],
        exception_handlers={
            SpotrecError: _tell_error,
            Problem: _tell_problem,
            RequestValidationError: _tell_invalid,
            HTTPException: _tell_http,
        },
    )
    for each in (recommendations, tracks, collections, session):
        app.include_router(each.router(service), prefix="/v1")
    app.include_router(health.router(service))
    app.mount("/", StaticFiles(directory=Path(str(files("spotrec.serve"))) / "page", html=True))
    return app


async def _tell_problem(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return problem.response()


async def _tell_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, SpotrecError)
    return problem_of(error).response()


async def _tell_invalid(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"parameter": ".".join(map(str, one["loc"][1:])), "in": str(one["loc"][0]), "fault": one["msg"]}
        for one in error.errors()
    ]
    names = ", ".join(dict.fromkeys(f"`{fault['parameter']}`" for fault in faults))
    return Problem(
        422,
        "invalid-value",
        "A value is not valid",
        f"not valid: {names}"[:500],
        "/openapi.json lists the parameters and their limits",
        {"faults": faults[:20]},
    ).response()


async def _tell_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = {404: "no-such-path", 405: "wrong-method"}.get(error.status_code, "http")
    title = {404: "There is no such path", 405: "The path does not take this method"}.get(
        error.status_code, "The request is not valid"
    )
    return Problem(
        error.status_code, name, title, hint="/openapi.json lists the paths", headers=error.headers or {}
    ).response()
