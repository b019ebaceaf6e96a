"""Work that runs until a signal, and then ends in order."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType


@dataclass(slots=True)
class Stop:
    """`event` is set on the first SIGTERM or Ctrl-C; `interrupted` is true after Ctrl-C."""

    event: threading.Event = field(default_factory=threading.Event)
    interrupted: bool = False


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Set a Stop on signals while the context lasts. A second signal has its usual effect: it ends the process."""
    stop = Stop()

    def handle(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature of a signal handler
        stop.event.set()
        stop.interrupted |= number == signal.SIGINT
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
