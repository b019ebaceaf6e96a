"""Work that goes on until it is told to stop, and then ends well."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType


@dataclass(slots=True)
class Stop:
    """`told` is set on the first SIGTERM or Ctrl-C; `interrupted` says that it was Ctrl-C."""

    told: threading.Event = field(default_factory=threading.Event)
    interrupted: bool = False


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """A Stop while the context lasts. A second signal does what it does elsewhere: it ends the process at once."""
    stop = Stop()

    def hear(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal wants it
        stop.told.set()
        stop.interrupted |= number == signal.SIGINT
        signal.signal(number, before[signal.Signals(number)])

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    for number in before:
        signal.signal(number, hear)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
