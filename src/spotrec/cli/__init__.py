"""The command line: parse, call, render. Each command has one file."""

import gc
import os
import sys
from contextlib import nullcontext
from io import TextIOWrapper

_INTERRUPTED = 130
_STDERR = 2
_GC_AFTER = 100_000  # imported modules are tens of thousands of lasting objects: scanning them takes 5 % of a query


def main() -> None:
    """Run `spotrec` with this process's arguments and exit with its exit code (see `spotrec --help`)."""
    gc.set_threshold(_GC_AFTER)
    _keep_stderr_for_ourselves()
    try:
        from spotrec.cli.app import app
        from spotrec.cli.completion import words_for_the_shell
    except KeyboardInterrupt:  # Ctrl-C before any work began
        sys.exit(_INTERRUPTED)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # escape what the encoding cannot hold, such as undecodable file names
            stream.reconfigure(errors="backslashreplace")
    try:
        with (
            words_for_the_shell() if os.environ.get("_SPOTREC_COMPLETE", "").startswith("complete_") else nullcontext()
        ):
            app(prog_name="spotrec")
    except SystemExit as end:
        if end.code == _INTERRUPTED:  # do not wait for threads that are still at work
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(_INTERRUPTED)
        raise


def _keep_stderr_for_ourselves() -> None:
    """Give `sys.stderr` its own descriptor and send descriptor 2 to the null device, as C libraries write to it.

    TensorFlow does so while it loads, and no option prevents that; TF_CPP_MIN_LOG_LEVEL silences its later messages.
    Call this before anything else runs: it applies to all threads until the process ends.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if not isinstance(sys.stderr, TextIOWrapper) or sys.stderr.fileno() != _STDERR:
        return
    sys.stderr.flush()
    sys.stderr = os.fdopen(os.dup(_STDERR), "w", encoding=sys.stderr.encoding, errors=sys.stderr.errors, buffering=1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
