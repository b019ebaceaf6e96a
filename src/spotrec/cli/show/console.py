"""The consoles for results and errors, and how lines are printed."""

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from spotrec.cli.flags import with_flags
from spotrec.cli.show import starting
from spotrec.errors import SpotrecError, printable

_PIPE_WIDTH = 240  # a table in a pipe is not cut
_LISTED = 10


def console(*, stderr: bool = False) -> Console:
    """Return a console; what a command printed while it started is taken away."""
    starting.end()
    to = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not to.is_terminal:
        to.width = _PIPE_WIDTH
    return to


def harmless(text: Text | str) -> Text:
    """Return text that is safe to show: characters that move the cursor or change its direction are replaced."""
    shown = text.copy() if isinstance(text, Text) else Text(text)
    shown.plain = printable(shown.plain, also="\n")
    return shown


def say(to: Console, text: Text | str, style: str = "") -> None:
    """Print text. On a terminal, long lines break between words; in a pipe they stay whole."""
    to.print(harmless(text), style=style, soft_wrap=not to.is_terminal)


def say_indented(to: Console, text: Text | str, by: int = 2) -> None:
    """Print text as `say` does, with all lines indented."""
    if to.is_terminal:
        to.print(Padding(harmless(text), (0, 0, 0, by)))
    else:
        to.print(Text(" " * by).append_text(harmless(text)), soft_wrap=True)


def error(error: SpotrecError) -> None:
    """Print an error and its hint on stderr."""
    to = console(stderr=True)
    say(to, Text.assemble(("error: ", "bold red"), with_flags(error.message)))
    hint, *to_copy = with_flags(error.hint).splitlines() or [""]
    if hint:
        say(to, Text.assemble(("hint: ", "bold"), hint))
    for line in to_copy:
        to.print(harmless(line), soft_wrap=True)


def note(text: str) -> None:
    """Print a note on stderr."""
    say(console(stderr=True), Text.assemble(("note: ", "bold yellow"), with_flags(text)))


def reasons(to: Console, what: str, rows: list[tuple[str, str]]) -> None:
    """Print the heading `what` and the first rows, each a name and its reason."""
    if not rows:
        return
    to.print(f"{what}:")
    for name, reason in rows[:_LISTED]:
        say(to, f"  {name}: {reason}")
    if len(rows) > _LISTED:
        to.print(f"  … and {len(rows) - _LISTED} more (--json lists all)")
