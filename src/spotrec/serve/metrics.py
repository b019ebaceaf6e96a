"""What the service counts, for Prometheus (prometheus-client)."""

import os
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spotrec import __version__
from spotrec.errors import SpotrecError
from spotrec.serve.answer_cache import PATHS

if TYPE_CHECKING:
    from spotrec.serve.service import Service

SHARED = "PROMETHEUS_MULTIPROC_DIR"
"""The variable that names the folder in which the processes of one service add up what they count."""

MEDIA_TYPE = "text/plain; version=1.0.0; charset=utf-8"
_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """The counters of one application."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "spotrec_requests", "Answered requests.", ("route", "method", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "spotrec_request_seconds",
            "Time from a request to the end of its answer.",
            ("route",),
            buckets=_BUCKETS_S,
            registry=self._registry,
        )
        self._counters: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._info = Gauge(
            "spotrec_info", "The version.", ("version",), registry=self._registry, multiprocess_mode="max"
        )
        self._info.labels(__version__).set(1)
        self._tracks = Gauge(
            "spotrec_indexed_tracks", "Tracks in the index.", registry=self._registry, multiprocess_mode="max"
        )

    def count(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        key = (route, method, status)
        if (counters := self._counters.get(key)) is None:
            counters = self._requests.labels(route, method, str(status)), self._seconds.labels(route)
            self._counters[key] = counters
        counters[0].inc()
        counters[1].observe(seconds)

    def text(self, service: "Service") -> bytes:
        """Return all counters of all processes, in Prometheus's format."""
        with suppress(SpotrecError), service.recommender.session.view() as view:
            self._tracks.set(len(view.built))
        registry = self._registry
        if os.environ.get(SHARED):
            registry = CollectorRegistry()
            multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call] # it has no types
        return generate_latest(registry)


class Counted:
    """An ASGI application that counts the answers of another one, by route: never by address, which clients choose."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = perf_counter(), 0

        async def send_counted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_counted)
        finally:
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.count(_route(scope), method, status, perf_counter() - begun)


_METHODS = frozenset({"GET", "HEAD", "POST", "DELETE", "OPTIONS"})


def _route(scope: Scope) -> str:
    route = scope.get("route")
    path = scope["path"]
    if route is None:  # refused at the gate, or remembered
        return path if path in PATHS else "other"
    pattern = str(getattr(route, "path", ""))
    if not pattern:
        return "page"
    prefix = path[: path.index("/", 1)] if "/" in path[1:] else ""
    return pattern if pattern.startswith(prefix) else prefix + pattern
