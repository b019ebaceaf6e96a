"""How much a client may ask: requests a second, bytes of a body, length of an address."""

import asyncio
import time

from starlette.types import Message, Receive

from spotrec.serve.problems import Problem

MAX_QUERY_BYTES = 16_000
MAX_BODY_BYTES = 100_000
_MOST_CLIENTS = 10_000
_BURST_S = 10.0


class Rates:
    """How many requests each client has left. A client that has not asked for a while has those of ten seconds.

    Args:
        per_second: on average; 0 for no limit.
    """

    def __init__(self, per_second: float) -> None:
        self._rate = per_second
        self._most = per_second * _BURST_S
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, client: str, patience_s: float = 0.0) -> float:
        """Count a request. Return 0, or if it is one too many, the seconds until it may be answered.

        Args:
            patience_s: how long it waits. A request that would have to wait longer is not counted.
        """
        if not self._rate:
            return 0.0
        now = time.monotonic()
        left, at = self._left.get(client, (self._most, now))
        left = min(self._most, left + (now - at) * self._rate)
        wait_s = max(0.0, (1 - left) / self._rate)
        if wait_s > patience_s:
            return wait_s
        if len(self._left) >= _MOST_CLIENTS:
            self._left = {name: was for name, was in self._left.items() if now - was[1] < _BURST_S}
        self._left[client] = (left - 1, now)
        return wait_s


def limited(receive: Receive, most: int, timeout_s: float) -> Receive:
    """Return a `receive` that raises after `most` bytes of a body, or if the body is not there after `timeout_s`."""
    n_bytes, is_whole = 0, False
    ends_at = time.monotonic() + timeout_s

    async def receive_some() -> Message:
        nonlocal n_bytes, is_whole
        if is_whole:  # what comes now is that the client is gone
            return await receive()
        try:
            message = await asyncio.wait_for(receive(), max(0.0, ends_at - time.monotonic()))
        except TimeoutError as exc:
            raise Problem(
                408, "too-slow-body", "The body came too slowly", "the body was not there in time", "send it again"
            ) from exc
        is_whole = not message.get("more_body", False)
        n_bytes += len(message.get("body", b""))
        if n_bytes > most:
            raise too_large(most)
        return message

    return receive_some


def too_large(most: int) -> Problem:
    """Return the problem of a body that is too large."""
    return Problem(
        413, "too-large", "The body is too large", f"more than {most:,} bytes were sent", "send a shorter clip"
    )
