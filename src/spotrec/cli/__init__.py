"""The command line: parse, call, render. One file a command."""


def main() -> None:
    """Run `spotrec` with this process's arguments; the exit code says how it went (see `spotrec --help`)."""
    from spotrec.cli.app import app

    app(prog_name="spotrec")
