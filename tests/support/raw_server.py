"""A server below HTTP: it sends whatever bytes a test gives, as slowly as the test likes."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Script = Callable[[socket.socket], None]
"""Talks to one client, after its first bytes came."""


class RawServer:
    """Every connection is served by `script`, in a thread of its own. All end with the server."""

    def __init__(self, script: Script) -> None:
        self.connections = 0
        self._script = script
        self._sockets: list[socket.socket] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in (self._listening, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it, which a close does not
        self._listening.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self.connections += 1
                self._sockets.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            client.recv(65_536)
            self._script(client)


@contextmanager
def raw_server(script: Script) -> Iterator[RawServer]:
    server = RawServer(script)
    try:
        yield server
    finally:
        server.close()


def drip(content: bytes, every_s: float = 0.1, *, after: bytes = b"") -> Script:
    """Send `after` at once, then `content` again and again, a byte at a time."""

    def script(client: socket.socket) -> None:
        client.sendall(after)
        while True:
            for i in range(len(content)):
                client.sendall(content[i : i + 1])
                time.sleep(every_s)

    return script


def flood(content: bytes, *, after: bytes = b"") -> Script:
    """Send `after`, then `content` without end, as fast as the client reads."""

    def script(client: socket.socket) -> None:
        client.sendall(after)
        while True:
            client.sendall(content)

    return script


def silence(client: socket.socket) -> None:
    """Take the request, and never answer."""
    while client.recv(65_536):
        pass


_CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS: dict[str, Script] = {
    "a dripped status line": drip(b"x", after=b"HTTP/1.1 200 "),
    "dripped headers": drip(b"X-Filler: y\r\n", after=b"HTTP/1.1 200 OK\r\n"),
    "endless 100s": flood(b"HTTP/1.1 100 Continue\r\n\r\n"),
    "dripped 100s": drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
    "endless 103s": flood(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n"),
    "dripped 103s": drip(b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.01),
    "a dripped chunk extension": drip(b"x", after=_CHUNKED + b"5;extension="),
    "dripped chunks": drip(b"1\r\n \r\n", after=_CHUNKED),
    "dripped trailers": drip(b"X-Trailer: y\r\n", after=_CHUNKED + b"0\r\n"),
    "a dripped body": drip(b" ", after=b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"),
}
"""Answers that never end, although the server is never silent for long."""
