"""The server: binds its address, runs uvicorn, and ends after the requests under way."""

import secrets
import signal
import socket
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import TYPE_CHECKING, Any

from spotrec.errors import SpotrecError, UsageError
from spotrec.serve.options import ServeOptions
from spotrec.system.installation import install_command

if TYPE_CHECKING:
    from fastapi import FastAPI

_DRAIN_S = 10
_BACKLOG = 2048

RecommenderOptions = dict[str, Any]
"""The arguments of `Recommender`."""


def check_access(options: ServeOptions, *, no_auth: bool) -> None:
    """Check that a service which other machines can reach has a token, or is open on purpose.

    Raises:
        UsageError: it has none.
    """
    if not (options.is_local or options.token or no_auth):
        raise UsageError(
            f"other machines can reach {options.host}, so clients need a token",
            f"set `server_token`, for example to {secrets.token_urlsafe(24)}; `no_auth=True` answers everyone",
        )


def need_fastapi() -> None:
    """Check that what the service needs is installed, before anything is done.

    Raises:
        UsageError: it is not.
    """
    try:
        import fastapi
        import uvicorn
    except ImportError as exc:
        raise UsageError(
            "the service needs FastAPI and uvicorn, which are not installed", install_command("serve")
        ) from exc
    del fastapi, uvicorn


def bind(options: ServeOptions) -> socket.socket:
    """Return a socket that listens at the address.

    Raises:
        SpotrecError: the address is in use, or not one of this machine.
    """
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((options.host.strip("[]"), options.port))
    except OSError as exc:
        listener.close()
        reason = exc.strerror or str(exc)
        raise SpotrecError(
            f"{options.host}:{options.port} cannot be used: {reason}", "give another `port` or `host`"
        ) from exc
    listener.listen(_BACKLOG)
    listener.set_inheritable(True)
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104 - to show, not to bind
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{port}"


def run(listener: socket.socket, recommender: RecommenderOptions, options: ServeOptions) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish those under way.

    Args:
        recommender: each process opens its own.
    """
    import uvicorn
    from uvicorn.supervisors import Multiprocess

    signal.signal(signal.SIGTERM, _end_in_order)
    options = replace(options, port=listener.getsockname()[1])
    config = uvicorn.Config(
        partial(_app, recommender, options),
        factory=True,
        workers=options.workers,
        access_log=False,
        log_config=_LOGS,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_DRAIN_S,
        lifespan="on",
    )
    if options.workers > 1:
        Multiprocess(config, [listener]).run()
    else:
        uvicorn.Server(config).run([listener])


def _end_in_order(number: int, frame: FrameType | None) -> None:
    """Do nothing: uvicorn has stopped for the signal, and sends it again when all requests are answered."""


def _app(recommender: RecommenderOptions, options: ServeOptions) -> "FastAPI":
    """In each process: open the recommender, and return the application that closes it."""
    from spotrec.recommender import Recommender
    from spotrec.serve.app import create_app

    opened = Recommender(**recommender)
    return create_app(opened, options, at_end=opened.close)


_LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "spotrec.serve": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
