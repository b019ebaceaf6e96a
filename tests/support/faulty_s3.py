"""A proxy before the S3 server that breaks what a test tells it to: slow, cut and reset connections, and refusals."""

import http.client
import math
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from support.s3 import S3Server


@dataclass(frozen=True)
class Request:
    """What the client sent."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the server answered, or what is answered in its place."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


class _Connection(BaseHTTPRequestHandler):
    """One request at the proxy; a fault does with it what it likes."""

    protocol_version = "HTTP/1.1"
    proxy: "FaultyS3"

    def answer(self) -> None:
        fault = self.proxy.next_fault(self.command, self.path)
        if fault is reset:
            reset(self, None)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, dict(self.headers.items()), body)
        self.proxy.requests.append(request)
        (fault or send)(self, request)

    def forwarded(self, request: Request) -> Answer:
        """What the server says. The host stays as it was signed."""
        server = http.client.HTTPConnection(self.proxy.behind, timeout=30)
        server.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            if name.lower() not in ("expect", "connection"):
                server.putheader(name, value)
        server.endheaders(request.body)
        response = server.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        server.close()
        return answer

    def send_head(self, answer: Answer, n_bytes: int) -> None:
        self.send_response_only(answer.status)
        own = {"content-length", "transfer-encoding", "connection"}
        for name, value in answer.headers:
            if name.lower() not in own or (self.command == "HEAD" and name.lower() == "content-length"):
                self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(n_bytes))
        self.end_headers()


Fault = Callable[[_Connection, Request], None]


def send(connection: _Connection, request: Request) -> None:
    """No fault."""
    answer = connection.forwarded(request)
    connection.send_head(answer, len(answer.body))
    connection.wfile.write(answer.body)


def reset(connection: _Connection, request: Request | None) -> None:
    """The connection is gone before the request was read."""
    connection.close_connection = True
    connection.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.connection.close()


def forgotten(connection: _Connection, request: Request) -> None:
    """The server does what it is asked, and the connection is gone before it says so."""
    connection.forwarded(request)
    reset(connection, request)


def cut(connection: _Connection, request: Request) -> None:
    """Half of the body comes."""
    answer = connection.forwarded(request)
    connection.send_head(answer, len(answer.body))
    connection.wfile.write(answer.body[: len(answer.body) // 2])
    connection.close_connection = True


def silent(connection: _Connection, request: Request) -> None:
    """Nothing is ever answered."""
    time.sleep(connection.proxy.silent_for_s)
    connection.close_connection = True


def stalled(connection: _Connection, request: Request) -> None:
    """Half of the body comes, then nothing."""
    answer = connection.forwarded(request)
    connection.send_head(answer, len(answer.body))
    connection.wfile.write(answer.body[: len(answer.body) // 2])
    silent(connection, request)


def dripping(connection: _Connection, request: Request) -> None:
    """The body comes byte by byte, each soon enough after the last."""
    answer = connection.forwarded(request)
    connection.send_head(answer, len(answer.body))
    for n in range(len(answer.body)):
        connection.wfile.write(answer.body[n : n + 1])
        time.sleep(0.1)


def refused(status: int, code: str, more: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Fault:
    """An error of S3's, in its own words."""
    xml = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>it is refused</Message>{more}</Error>".encode()

    def fault(connection: _Connection, request: Request) -> None:
        connection.send_head(Answer(status, [("Content-Type", "application/xml"), *headers], xml), len(xml))
        if request.method != "HEAD":
            connection.wfile.write(xml)

    return fault


def says(status: int, body: bytes = b"", **headers: str) -> Fault:
    """Something else answers, in the server's place."""

    def fault(connection: _Connection, request: Request) -> None:
        connection.send_head(Answer(status, list(headers.items()), body), len(body))
        connection.wfile.write(body)

    return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Connections break here: that is what it is for."""


class FaultyS3:
    """Passes everything on to an S3 server, but for the faults it was given. `requests` logs what came whole."""

    silent_for_s = 30.0

    def __init__(self, server: S3Server) -> None:
        self.behind = urlsplit(server.url).netloc
        self.requests: list[Request] = []
        self._faults: list[tuple[str, str, Fault, list[float]]] = []
        self._turn = threading.Lock()
        methods = {f"do_{method}": _Connection.answer for method in ("GET", "PUT", "POST", "DELETE", "HEAD")}
        handler = type("Connection", (_Connection,), {"proxy": self, **methods})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.server = S3Server(self.url, server.access_key, server.secret_key)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def break_(self, method: str, fault: Fault, *, times: float = math.inf, path: str = "") -> None:
        """Let the next `times` requests of a method whose path holds `path` meet this fault."""
        self._faults.append((method, path, fault, [times]))

    def mend(self) -> None:
        self._faults.clear()

    def asked(self, method: str) -> int:
        return sum(request.method == method for request in self.requests)

    def next_fault(self, method: str, path: str) -> Fault | None:
        with self._turn:
            for wanted, part, fault, times in self._faults:
                if wanted == method and part in path and times[0] > 0:
                    times[0] -= 1
                    return fault
        return None

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def faulty(server: S3Server) -> Iterator[FaultyS3]:
    """A proxy before `server`."""
    proxy = FaultyS3(server)
    try:
        yield proxy
    finally:
        proxy.close()
