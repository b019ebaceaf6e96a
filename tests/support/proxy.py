"""A reverse proxy that puts a path before a server, as nginx does with `location /music/ { proxy_pass http://…/; }`."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import SplitResult, urlsplit

_OF_A_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade"}


class _Proxy(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, there: SplitResult, prefix: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passing)
        self.there = there
        self.prefix = prefix


class _Passing(BaseHTTPRequestHandler):
    server: _Proxy
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65_537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        path, question, query = self.path.partition("?")
        prefix = self.server.prefix
        if path + "/" == prefix:
            self._tell(301, {"Location": f"{prefix}{question}{query}"})
        elif not path.startswith(prefix):
            self._tell(404, {"Content-Type": "text/html"}, b"<h1>Another site</h1>")
        else:
            with suppress(ConnectionError):  # the client has left
                self._pass_on(f"/{path.removeprefix(prefix)}{question}{query}")

    def _pass_on(self, path: str) -> None:
        """Answer as the server does. The body comes in parts as the server sends it, and ends the connection."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        server = http.client.HTTPConnection(str(self.server.there.hostname), self.server.there.port, timeout=60)
        self.close_connection = True
        try:
            server.request(self.command, path, body or None, _kept(self.headers))
            answer = server.getresponse()
            self.send_response(answer.status)
            for name, value in (_kept(answer.headers) | {"Connection": "close"}).items():
                self.send_header(name, value)
            self.end_headers()
            while part := answer.read1():
                self.wfile.write(part)
        finally:
            server.close()

    def _tell(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests are quiet."""


def _kept(headers: Message) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _OF_A_HOP}


@contextmanager
def proxied(url: str, prefix: str) -> Iterator[str]:
    """Serve a server's paths below `prefix`, which begins and ends with a slash; yields the proxy's address.

    Headers stay as they are: nginx does not change a path in `Location`.
    """
    proxy = _Proxy(urlsplit(url), prefix)
    thread = Thread(target=proxy.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{proxy.server_port}"
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join(20)
