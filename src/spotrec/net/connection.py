"""Connections for httpcore: only to checked addresses, and only as long as an exchange may take.

httpcore limits each silence, but neither the time nor the size of what comes before a body: dripped headers, endless
interim answers, endless chunk extensions. Here every step of an exchange (the look-up, the connection, the TLS
handshake, each read and write) gets only the time that is left.
"""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from ssl import SSLContext
from typing import Any

import httpcore

from spotrec.net.hosts import is_public, look_up, private_address


class TooSlow(Exception):
    """An exchange takes longer than it may."""


class TooMuch(Exception):
    """A server sends more than the largest answer needs."""


@dataclass(slots=True)
class Exchange:
    """One request and its answer, with their limits.

    Attributes:
        ends_at: when it must be done, in seconds of the monotonic clock.
        bytes_left: what the server may still send, headers included.
        may_be_private: whether an address outside the public internet may be used.
    """

    ends_at: float
    bytes_left: int
    may_be_private: bool

    def time_left(self, most_s: float | None = None) -> float:
        """Return how long the next step may take.

        Raises:
            TooSlow: no time is left.
        """
        left_s = self.ends_at - time.monotonic()
        if left_s <= 0:
            raise TooSlow
        return left_s if most_s is None else min(left_s, most_s)


_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def limited(exchange: Exchange) -> Iterator[None]:
    """Apply the limits of `exchange` to the connections that this thread uses within the context."""
    before = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(before)


class LimitedBackend(httpcore.NetworkBackend):
    """Opens connections within the limits of the current exchange.

    Args:
        is_proxy: the connections lead to a proxy, which the user chose: its address may be private.
    """

    def __init__(self, *, is_proxy: bool) -> None:
        self._is_proxy = is_proxy
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to an address of `host` that was checked: a second look-up could give another one."""
        exchange = _current.get()
        addresses = look_up(host, exchange.time_left(timeout))
        if not (self._is_proxy or exchange.may_be_private):
            addresses = [address for address in addresses if is_public(address)]
        fault: Exception = private_address(host)
        for address in addresses:
            try:
                stream = self._sockets.connect_tcp(
                    address, port, exchange.time_left(timeout), local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as exc:
                fault = exc
            else:
                return _LimitedStream(stream, host, self._is_proxy or is_public(address))
        raise fault


class _LimitedStream(httpcore.NetworkStream):
    """A connection whose every step is limited by the exchange that uses it."""

    def __init__(self, stream: httpcore.NetworkStream, host: str, is_for_all: bool) -> None:
        self._stream = stream
        self._host = host
        self._is_for_all = is_for_all

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        exchange = _current.get()
        content = self._stream.read(max_bytes, exchange.time_left(timeout))
        exchange.bytes_left -= len(content)
        if exchange.bytes_left < 0:
            raise TooMuch
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        exchange = _current.get()
        if not (self._is_for_all or exchange.may_be_private):  # opened for an earlier request with other limits
            raise private_address(self._host)
        self._stream.write(buffer, exchange.time_left(timeout))

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left_s = _current.get().time_left(timeout)
        return _LimitedStream(
            self._stream.start_tls(ssl_context, server_hostname, left_s), self._host, self._is_for_all
        )

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
