"""Progress on stderr: bars with rate and time left on a terminal, else a line for each finished piece of work."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from spotrec.cli.flags import with_flags
from spotrec.cli.show import starting
from spotrec.cli.show.units import counted, rate
from spotrec.progress import Meter

if TYPE_CHECKING:
    from rich.console import Console

_WORTH_SHOWING_S = 2.0


class _Count:
    """A meter that only counts."""

    done = 0

    def advance(self, n: int = 1, note: str = "") -> None:  # noqa: ARG002 - only the end is shown
        self.done += n

    def expect(self, total: int) -> None:
        """Ignore the total: only the end is shown."""


class TerminalProgress:
    """Progress of long work, for a person to read."""

    @cached_property
    def _console(self) -> "Console":
        from rich.console import Console  # most queries show no progress

        return Console(file=sys.stderr, highlight=False)

    @contextmanager
    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> Iterator[Meter]:
        starting.end()
        if self._console.is_terminal:
            from spotrec.cli.show.bars import bar

            with bar(self._console, what, total, unit) as meter:
                yield meter
            return
        count, start = _Count(), time.monotonic()
        yield count
        took_s = time.monotonic() - start
        if took_s >= _WORTH_SHOWING_S:
            speed = f", {rate(count.done / took_s, unit)}" if count.done else ""
            amount = f"{count.done / 1e6:.1f} MB" if unit == "bytes" else counted(count.done, unit.removesuffix("s"))
            done = f"{amount} in " if count.done else ""
            self.note(f"{what}: {done}{took_s:.1f} s{speed}")

    def note(self, text: str) -> None:
        starting.end()
        self._console.print(with_flags(text), markup=False, style="dim", soft_wrap=True)
