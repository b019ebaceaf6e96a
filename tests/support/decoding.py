"""Decoding in a child with little memory and time: what crashes or never ends is told by name."""

import multiprocessing
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

import numpy as np

RATE_HZ = 12_000
MEMORY_BYTES = 3 << 30
LIMIT_S = 20.0
HEARD = "heard"


def verdict(audio: bytes) -> str:
    """`heard`, the reason of a refusal, or what else came of it, which is a fault."""
    from spotrec.audio.decode import decode
    from spotrec.audio.tags import read_tags
    from spotrec.errors import TrackError

    try:
        read_tags(audio)
        samples = decode(audio, RATE_HZ)
    except TrackError as error:
        return error.reason.value
    except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
        return f"escaped: {error!r}"
    if not (samples.ndim == 1 and samples.dtype == np.float32 and np.isfinite(samples).all()):
        return "escaped: no finite mono samples"
    return HEARD if samples.size <= 60.1 * RATE_HZ else f"escaped: {samples.size} samples"


def _serve(connection: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # decoders speak of every odd file
    while (audio := connection.recv()) is not None:
        connection.send(verdict(audio))


class Decoder:
    """A child that decodes, replaced when it dies."""

    def __init__(self) -> None:
        self._child: Any = None
        self._connection: Connection | None = None

    def verdict(self, audio: bytes) -> str:
        """As `verdict`, or `crashed`, or `too slow`."""
        if self._connection is None:
            self._start()
        assert self._connection is not None
        try:
            self._connection.send(audio)
            if self._connection.poll(LIMIT_S):
                return str(self._connection.recv())
            outcome = "too slow"
        except (EOFError, ConnectionError):
            outcome = "crashed"
        self.stop()
        return outcome

    def stop(self) -> None:
        if self._connection is not None:
            self._child.kill()
            self._child.join()
            self._connection.close()
            self._connection = None

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._child = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._child.start()
        theirs.close()


@contextmanager
def decoder() -> Iterator[Decoder]:
    """A decoder that is gone afterwards."""
    child = Decoder()
    try:
        yield child
    finally:
        child.stop()
