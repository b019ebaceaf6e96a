"""The choice among several matches: on a terminal a person picks one by its number."""

import sys
from collections.abc import Sequence

from spotrec.errors import SeveralMatch, printable

_SHOWN = 20
_LONGEST_ANSWER = 20


def choose(several: SeveralMatch) -> str | None:
    """Ask on the terminal which match is meant. Return its id; None without a terminal, or if the person picks none."""
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        return None
    from spotrec.cli.show.console import console, say

    to = console(stderr=True)
    say(to, f"{several.message}:")
    shown = several.candidates[:_SHOWN]
    for number, (_, title) in enumerate(shown, 1):
        say(to, f"{number:>3}  {title}")
    while True:
        print(f"Which one? [1-{len(shown)}, Enter for none] ", end="", file=sys.stderr, flush=True)  # noqa: T201 - a question
        answer = sys.stdin.readline().strip().rstrip(".)")
        if not answer:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= len(shown):
            return shown[int(answer) - 1][0]
        say(to, f"“{printable(answer[:_LONGEST_ANSWER])}” is not one of the numbers 1 to {len(shown)}")


def with_choice(arguments: Sequence[str], name: str, chosen: str) -> list[str]:
    """Return a command's arguments with `chosen` in place of `name`, also in `--like=NAME` and `collection:NAME`."""
    replaced = list(arguments)
    for i, argument in enumerate(arguments):
        if argument == name or argument.endswith((f"={name}", f":{name}")):
            replaced[i] = argument.removesuffix(name) + chosen
    return replaced
