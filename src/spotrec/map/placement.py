"""The places of tracks on a map, and the neighbours of each, computed in a separate process on one thread.

The same vectors give the same map, bit for bit, on any number of cores: only with one thread does BLAS always sum in
the same order. The number of threads can only be set for a whole process, and other threads of this process may need
more.
"""

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
from spotrec.system.child_python import python_command, python_environment
from spotrec.vectors import DoubleArray, FloatArray, Positions

_ON_ONE_THREAD = {
    f"{library}_THREADS": "1" for library in ("OPENBLAS_NUM", "OMP_NUM", "MKL_NUM", "BLIS_NUM", "VECLIB_MAXIMUM")
}
_RUN = "from spotrec.map.placement import main; main()"


@dataclass(frozen=True, slots=True)
class Placement:
    """Tracks on a plane.

    Attributes:
        places: shape (n, 2), as `lay_out` returns them.
        near: shape (n, n_near), positions of each track's true neighbours, nearest first.
    """

    places: DoubleArray
    near: Positions


def place(points: FloatArray, n_near: int, *, progress: Progress) -> Placement:
    """Place points on a plane, and find the neighbours of each.

    Args:
        points: shape (n, dim), unit length; n > 0.
        n_near: at most n - 1.

    Raises:
        SpotrecError: the process cannot be started, or ends early.
    """
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and code
            python_command(_RUN, str(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=python_environment(**_ON_ONE_THREAD),
        )
    with Connection(ours.detach()) as connection:
        try:
            connection.send((points, n_near))
            return _followed(connection, progress)
        except (EOFError, OSError) as exc:
            raise SpotrecError(
                "the process that draws the map ended early", "check that there is enough memory"
            ) from exc
        finally:
            process.kill()
            process.wait()


def _followed(connection: Connection, progress: Progress) -> Placement:
    """Show the progress of the process until it returns its result."""
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


class _RemoteProgress:
    """Progress that the parent process shows."""

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
        """Do nothing: this process has no notes."""


def main() -> None:
    """Serve one request, over the socket whose number is the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
    connection = Connection(int(sys.argv[1]))
    points, n_near = connection.recv()
    progress = _RemoteProgress(connection)
    try:
        placement = Placement(lay_out(points, progress=progress), nearest(points, n_near, progress=progress)[0])
    except SpotrecError as error:
        connection.send(("fault", error.message, error.hint))
    except BrokenPipeError:  # the parent has ended
        return
    except Exception as exc:  # noqa: BLE001 - the parent reports any error
        connection.send(("fault", f"the map cannot be drawn: {first_line(exc)}", ""))
    else:
        connection.send(placement)
