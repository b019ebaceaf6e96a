"""Track ids that are piped in, one per line."""

import sys

from spotrec.errors import UsageError

_MOST_BYTES = 2_000_000


def piped_ids(hint: str) -> list[str]:
    """Return the lines of standard input.

    Args:
        hint: what to do if nothing is piped in.

    Raises:
        UsageError: there is no pipe, or it has no lines or too many.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("no tracks were given", hint)
    content = sys.stdin.buffer.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise UsageError("standard input is too long for a list of track ids", "give one id per line")
    lines = content.decode("utf-8", "replace").split("\n")
    if not any(line.strip() for line in lines):
        raise UsageError("standard input contains no tracks", "check the messages of the command before the pipe")
    return lines
