"""The command line: parse, call, render. One file a command."""

import gc
import os
import sys
from io import TextIOWrapper

_INTERRUPTED = 130
_GC_AFTER = 50_000  # modules are tens of thousands of objects that stay: to look them through takes a query's twentieth


def main() -> None:
    """Run `spotrec` with this process's arguments; the exit code says how it went (see `spotrec --help`)."""
    gc.set_threshold(_GC_AFTER)
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
