"""The command line: parse, call, render. One file a command."""

import sys
from io import TextIOWrapper


def main() -> None:
    """Run `spotrec` with this process's arguments; the exit code says how it went (see `spotrec --help`)."""
    try:
        from spotrec.cli.app import app
    except KeyboardInterrupt:  # a hasty Ctrl-C: nothing has begun
        sys.exit(130)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what a terminal cannot show, or no file name can hold, is escaped
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="spotrec")
