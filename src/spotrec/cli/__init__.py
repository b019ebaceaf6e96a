"""The command line: parse, call, render. One file a command."""

import gc
import os
import sys
from io import TextIOWrapper

_INTERRUPTED = 130
_STDERR = 2
_GC_AFTER = 50_000  # modules are tens of thousands of objects that stay: to look them through takes a query's twentieth


def main() -> None:
    """Run `spotrec` with this process's arguments; the exit code says how it went (see `spotrec --help`)."""
    gc.set_threshold(_GC_AFTER)
    _keep_stderr_for_ourselves()
    try:
        from spotrec.cli.app import app
    except KeyboardInterrupt:  # a hasty Ctrl-C: nothing has begun
        sys.exit(_INTERRUPTED)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot show, or no file name can hold, is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="spotrec")
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # threads may be in the middle of something, and are not waited for
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(_INTERRUPTED)
        raise


def _keep_stderr_for_ourselves() -> None:
    """Give `sys.stderr` a descriptor of its own, and let number 2 lead nowhere: C libraries write what they like to it.

    TensorFlow does so while it is loaded, whatever it is told; TF_CPP_MIN_LOG_LEVEL is for what it says later. To be
    called before anything else runs, as it holds for all threads and for as long as the process lives.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not isinstance(sys.stderr, TextIOWrapper) or sys.stderr.fileno() != _STDERR:
        return
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(_STDERR), "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
