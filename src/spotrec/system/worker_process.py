"""A process that works on audio, so that a file that crashes a decoder ends only this process.

The first argument is the number of a socket. The parent sends the function to run, then one job after another; each
is answered with what the function returns. When the parent is gone, the process ends: at once, or, if a file hangs,
shortly after the time limit (seconds, the second argument) at which the parent would have ended it.
"""

import resource
import signal
import sys
from multiprocessing.connection import Connection

MOST_MEMORY_BYTES = 4 << 30
_PARENT_FIRST_S = 5.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):  # the parent ends the work
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    connection, longest_s = Connection(int(sys.argv[1])), float(sys.argv[2]) + _PARENT_FIRST_S
    try:
        work = connection.recv()
        connection.send("ready")
        while True:
            job = connection.recv()
            signal.setitimer(signal.ITIMER_REAL, longest_s)  # SIGALRM ends the process whatever it does
            answer = work(job)
            del job
            connection.send(answer)
            signal.setitimer(signal.ITIMER_REAL, 0)
    except (EOFError, OSError):  # the parent is gone
        return
