"""Where tracks lie on a map, and what is nearest to each: worked out in a process of its own, on one thread.

The same vectors give the same map, bit for bit, however many cores there are: sums are added up in one order only
where BLAS has one thread. BLAS cannot be told so for a part of a process, and other threads of this one may need it.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from spotrec.errors import SpotrecError, first_line
from spotrec.map.layout import lay_out
from spotrec.map.neighbours import nearest
from spotrec.progress import Meter, Progress
from spotrec.vectors import DoubleArray, FloatArray, Positions

_ON_ONE_THREAD = {
    f"{library}_THREADS": "1" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "BLIS_NUM", "VECLIB_MAXIMUM")
}
_RUN = "from spotrec.map.placement import main; main()"


@dataclass(frozen=True, slots=True)
class Placement:
    """Tracks on a plane.

    Attributes:
        places: shape (n, 2), as `lay_out` gives them.
        near: shape (n, n_near), positions of each track's true neighbours, the nearest first.
    """

    places: DoubleArray
    near: Positions


def place(points: FloatArray, n_near: int, *, progress: Progress) -> Placement:
    """Lay points out on a plane, and find the neighbours of each.

    Args:
        points: shape (n, dim), unit length; n > 0.
        n_near: at most n - 1.

    Raises:
        SpotrecError: the process cannot be started, or ends before it is done.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code; -P: nothing from the current folder
            [sys.executable, "-P", "-c", _RUN, str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ON_ONE_THREAD},
        )
    with Connection(ours.detach()) as connection:
        try:
            connection.send((points, n_near))
            return _followed(connection, progress)
        except (EOFError, OSError) as exc:
            raise SpotrecError("the process that lays out the map has ended", "is there enough memory?") from exc
        finally:
            process.kill()
            process.wait()


def _followed(connection: Connection, progress: Progress) -> Placement:
    """What the process comes to; until then, how far it is."""
    with ExitStack() as shown:
        while True:
            match connection.recv():
                case "meter", *of_what:
                    meter = shown.enter_context(progress.meter(*of_what))
                case "advance", n, note:
                    meter.advance(n, note)
                case "expect", total:
                    meter.expect(total)
                case "end":
                    shown.close()
                case "fault", message, hint:
                    raise SpotrecError(message, hint)
                case Placement() as placement:
                    return placement


class _Told:
    """Progress that the other process shows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> Iterator[Meter]:
        self._connection.send(("meter", what, total, unit))
        yield self
        self._connection.send("end")

    def advance(self, n: int = 1, note: str = "") -> None:
        self._connection.send(("advance", n, note))

    def expect(self, total: int) -> None:
        self._connection.send(("expect", total))

    def note(self, text: str) -> None:
        """Nothing here has a note."""


def main() -> None:
    """Answer once, through the socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for the parent to end the work
    connection = Connection(int(sys.argv[1]))
    points, n_near = connection.recv()
    told = _Told(connection)
    try:
        placement = Placement(lay_out(points, progress=told), nearest(points, n_near, progress=told)[0])
    except SpotrecError as error:
        connection.send(("fault", error.message, error.hint))
    except BrokenPipeError:  # the parent is gone
        return
    except Exception as exc:  # noqa: BLE001 - whatever it is, the parent says it
        connection.send(("fault", f"the map cannot be laid out: {first_line(exc)}", ""))
    else:
        connection.send(placement)
