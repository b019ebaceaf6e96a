"""Waiting for what happens in another thread, process or server."""

import time
from collections.abc import Callable

PATIENCE_S = 90


def wait_until(
    moment: Callable[[], object],
    otherwise: str = "it never happened",
    *,
    within_s: float = PATIENCE_S,
    every_s: float = 0.02,
) -> None:
    """Look again and again until `moment` is true. The time is long: it passes only where something is wrong."""
    give_up_at = time.monotonic() + within_s
    while not moment():
        assert time.monotonic() < give_up_at, otherwise
        time.sleep(every_s)
