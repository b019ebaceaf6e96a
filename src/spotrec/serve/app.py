"""The application: routers, the page, and the gate around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.routing import Match, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from spotrec import __version__
from spotrec.errors import SpotrecError
from spotrec.serve.answer_cache import AnswerCache
from spotrec.serve.answers import GENERATION
from spotrec.serve.audiomuse import router as audiomuse
from spotrec.serve.documentation import describe
from spotrec.serve.head import Head
from spotrec.serve.metrics import Counted, Metrics
from spotrec.serve.opensubsonic import router as opensubsonic
from spotrec.serve.options import ServeOptions
from spotrec.serve.problems import Problem, problem_of
from spotrec.serve.safety.gate import Gate
from spotrec.serve.service import Service
from spotrec.serve.v1 import (
    artists,
    audio,
    collections,
    crawl,
    health,
    hear,
    new_playlists,
    playlists,
    recommendations,
    session,
    stations,
    taste,
    tracks,
)
from spotrec.serve.v1 import map as music_map

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_WITH_DATA = ("/v1/", "/rest/", "/api/", "/metrics", "/openapi.json")
_MB = 1_000_000


def create_app(
    recommender: "Recommender",
    options: ServeOptions | None = None,
    *,
    folder: Path | None = None,
    is_ending: Callable[[], bool] = lambda: False,
) -> FastAPI:
    """Return the service over a recommender, which the caller closes after it.

    A router is a function `router(service)` in a file of its own, and one line here.

    Args:
        folder: a private folder that the processes of one service share; by default a temporary one.
        is_ending: whether the server stops; long answers end then.
    """
    opened = ExitStack()
    shared = folder or Path(opened.enter_context(TemporaryDirectory(prefix="spotrec-serve-")))
    service = Service(recommender, options or ServeOptions(), shared, is_ending)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with opened:
            service.warm_up(app.openapi)
            yield
            service.close()

    app = FastAPI(
        title="spotrec",
        version=__version__,
        summary="Give it a track, get the tracks that sound like it.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
        middleware=_middleware(service, metrics),
        exception_handlers={
            SpotrecError: _tell_error,
            Problem: _tell_problem,
            RequestValidationError: _tell_invalid,
            HTTPException: _tell_http,
        },
    )
    for each in (
        *(recommendations, artists, tracks, audio, collections, music_map, hear, crawl, session),
        *(playlists, new_playlists, stations, taste),
    ):
        app.include_router(each.router(service), prefix="/v1")
    app.include_router(opensubsonic.router(service), prefix="/rest")
    app.include_router(audiomuse.router(service), prefix="/api")
    app.include_router(health.router(service, metrics))
    app.router.routes.append(_Page("/", _Files(directory=Path(str(files("spotrec.serve"))) / "page", html=True)))
    describe(app)
    return app


def _middleware(service: Service, metrics: Metrics) -> list[Middleware]:
    """Return what is around the routers, outermost first."""
    options = service.options
    named = (
        Middleware(
            CORSMiddleware,
            allow_origins=options.origins,
            allow_methods=("GET", "HEAD", "POST", "DELETE"),
            allow_headers=("Authorization", "Content-Type", "Range"),
            expose_headers=(GENERATION, "Retry-After"),
        ),
    )
    return [
        Middleware(Counted, metrics=metrics),
        Middleware(
            Gate,
            options=options,
            is_open=lambda path: not path.startswith(_WITH_DATA),
            body_limits={"/v1/hear": options.max_upload_mb * _MB},
            tell=_told,
            is_ending=service.is_ending,
        ),
        Middleware(Head),
        *(named if options.origins else ()),
        Middleware(AnswerCache, recommender=service.recommender),
    ]


class _Page(Mount):
    """The page's files. Paths with data are no files, so that a method that they do not take is told as that."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["path"].startswith(_WITH_DATA):
            return Match.NONE, {}
        return super().matches(scope)


class _Files(StaticFiles):
    """Files that a browser asks for each time, and gets if they have changed: after an upgrade none are old."""

    def file_response(self, *given: Any, **options: Any) -> Response:
        response = super().file_response(*given, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def _told(scope: Scope, problem: Problem) -> Response:
    """Return a problem as an answer, in the way of the protocol that the path belongs to."""
    if scope["path"].startswith("/api/"):
        return audiomuse.failure(problem)
    if scope["path"].startswith("/rest/"):
        return opensubsonic.failure(problem, scope["query_string"])
    return problem.response()


async def _tell_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return _told(request.scope, problem)


async def _tell_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SpotrecError)
    return _told(request.scope, problem_of(error))


async def _tell_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"parameter": ".".join(map(str, one["loc"][1:])), "in": str(one["loc"][0]), "fault": one["msg"]}
        for one in error.errors()
    ]
    names = ", ".join(dict.fromkeys(f"`{fault['parameter']}`" for fault in faults))
    problem = Problem(
        422,
        "invalid-value",
        "A value is not valid",
        f"not valid: {names}"[:500],
        "/openapi.json lists the parameters and their limits",
        {"faults": faults[:20]},
    )
    return _told(request.scope, problem)


async def _tell_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name, title = {
        404: ("no-such-path", "There is no such path"),
        405: ("wrong-method", "The path does not take this method"),
    }.get(error.status_code, ("bad-request", "The request is not valid"))
    detail = str(error.detail) if name == "bad-request" else ""
    hint = "/openapi.json lists the paths"
    return _told(request.scope, Problem(error.status_code, name, title, detail, hint, headers=error.headers or {}))
