"""The server: binds its address, runs uvicorn in one process or several, and ends after the requests under way."""

import logging.config
import multiprocessing
import os
import secrets
import signal
import socket
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import TYPE_CHECKING, Any

from spotrec.errors import SpotrecError, UsageError
from spotrec.serve.options import ServeOptions
from spotrec.system.installation import install_command

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

_DRAIN_S = 10
_BACKLOG = 2048
_LOOK_EVERY_S = 0.2
_TOO_OFTEN = 5
"""How often each process may end by itself before the service gives up."""

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
            f"set SPOTREC_SERVER_TOKEN, for example to {secrets.token_urlsafe(24)}; `no_auth=True` answers everyone",
        )


def need_fastapi() -> None:
    """Check that what the service needs is installed, before anything is done.

    Raises:
        UsageError: it is not.
    """
    try:
        import fastapi
        import prometheus_client
        import uvicorn
    except ImportError as exc:
        raise UsageError(
            "the service needs FastAPI and uvicorn, which are not installed", install_command("serve")
        ) from exc
    del fastapi, prometheus_client, uvicorn


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
    return listener


def address_of(listener: socket.socket) -> str:
    """Return the address to open in a browser."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - to show, not to bind
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def run(listener: socket.socket, recommender: RecommenderOptions, options: ServeOptions) -> None:
    """Answer requests until SIGTERM or Ctrl-C, then finish the requests under way.

    Args:
        recommender: each process opens its own.
    """
    with TemporaryDirectory(prefix="spotrec-serve-") as folder:
        if options.workers == 1:
            answer(listener, recommender, options, Path(folder))
        else:
            _run_several(listener, recommender, options, Path(folder))


def answer(listener: socket.socket, recommender: RecommenderOptions, options: ServeOptions, folder: Path) -> None:
    """In each process: answer requests until a signal.

    Args:
        folder: shared by the processes of the service.
    """
    servers: list[uvicorn.Server] = []
    is_ending = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        """Note a signal that comes before uvicorn listens for it; uvicorn also sends it again when it has ended."""
        is_ending.set()
        for server in servers:
            server.should_exit = True

    signal.signal(signal.SIGTERM, end)
    from spotrec.recommender import Recommender
    from spotrec.serve.app import create_app

    def ends() -> bool:
        return is_ending.is_set() or any(server.should_exit for server in servers)

    logging.config.dictConfig(LOGS)
    with Recommender(**recommender) as opened:
        servers.append(server_of(create_app(opened, options, folder=folder, is_ending=ends)))
        if not is_ending.is_set():
            servers[0].run([listener])


def server_of(app: "FastAPI") -> "uvicorn.Server":
    """Return uvicorn for the application. It takes the addresses of clients from no header, and logs no requests."""
    import uvicorn

    return uvicorn.Server(
        uvicorn.Config(
            app,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=_DRAIN_S,
            lifespan="on",
        )
    )


def _run_several(listener: socket.socket, recommender: RecommenderOptions, options: ServeOptions, folder: Path) -> None:
    """Run processes that share the socket; start another one in place of one that ends."""
    from spotrec.serve.metrics import SHARED

    counts = folder / "metrics"
    counts.mkdir()
    os.environ[SHARED] = str(counts)
    stop = threading.Event()
    interrupted = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stop.set()
        if number == signal.SIGINT:
            interrupted.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    has_failed = _supervise((listener, recommender, options, folder), options.workers, stop)
    if interrupted.is_set():
        raise KeyboardInterrupt
    if has_failed:
        raise SpotrecError("the processes of the service end again and again", "`workers` 1 shows why")


def _supervise(arguments: tuple[Any, ...], n: int, stop: threading.Event) -> bool:
    """Run `n` processes until `stop`, and return whether they end by themselves too often."""
    context = multiprocessing.get_context("spawn")

    def start() -> Any:
        process = context.Process(target=_worker, args=arguments)
        process.start()
        return process

    processes = [start() for _ in range(n)]
    n_ended = 0
    while not stop.wait(_LOOK_EVERY_S) and n_ended < _TOO_OFTEN * n:
        for i, process in enumerate(processes):
            if not process.is_alive():
                n_ended += 1
                processes[i] = start()
    for process in processes:
        process.terminate()
    for process in processes:
        process.join(2 * _DRAIN_S)
        process.kill()
    return not stop.is_set()


def _worker(listener: socket.socket, recommender: RecommenderOptions, options: ServeOptions, folder: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent passes it on
    try:
        answer(listener, recommender, options, folder)
    except SpotrecError as error:
        raise SystemExit(error.message) from None


class _Line(logging.Formatter):
    """Names an error without its trace, which would tell places on this machine."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name that logging calls
        return str(ei[0].__name__)


LOGS: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": _Line, "fmt": "%(asctime)s %(levelname)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "spotrec.serve": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}
