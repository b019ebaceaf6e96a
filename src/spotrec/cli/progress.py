"""Progress on stderr: bars with rate and time left on a terminal, else a line for each piece of work that is done."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.table import Column
from rich.text import Text

from spotrec.progress import Meter

_WORTH_TELLING_S = 2.0


_BAR_WIDTH = 24
_WIDE = 72


class _Pace(ProgressColumn):
    """How fast it goes and how long it takes still; until that is known, how long it has taken."""

    def __init__(self, unit: str, column: Column) -> None:
        super().__init__(column)
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        rate = f"{_rate(speed, self._unit)}, " if speed else ""
        if task.time_remaining is not None:
            return Text(f"{rate}{_clock(task.time_remaining)} left", style="progress.remaining")
        return Text(f"{rate}{_clock(task.elapsed or 0)}", style="progress.elapsed")


def _rate(speed: float, unit: str) -> str:
    return f"{speed / 1e6:.1f} MB/s" if unit == "bytes" else f"{speed:.1f}/s"


def _clock(seconds: float) -> str:
    """`1:05`, `2:00:00`."""
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}:{m:02}:{s:02}" if hours else f"{m}:{s:02}"


class _Bar:
    """A meter that is a row of rich's progress display."""

    def __init__(self, display: Progress, row: TaskID) -> None:
        self._display = display
        self._row = row

    def advance(self, n: int = 1, note: str = "") -> None:
        self._display.advance(self._row, n)
        if note:
            self._display.update(self._row, note=note)

    def expect(self, total: int) -> None:
        self._display.update(self._row, total=total)


class _Count:
    """A meter that only counts."""

    done = 0

    def advance(self, n: int = 1, note: str = "") -> None:  # noqa: ARG002 - nobody looks meanwhile
        self.done += n

    def expect(self, total: int) -> None:
        """Nobody looks meanwhile."""


class TerminalProgress:
    """What a person sees of long work."""

    def __init__(self) -> None:
        self._console = Console(file=_own_stderr(), highlight=False)

    @contextmanager
    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> Iterator[Meter]:
        if self._console.is_terminal:
            with self._display(unit) as display:
                yield _Bar(display, display.add_task(what, total=total, note=""))
            return
        count, start = _Count(), time.monotonic()
        yield count
        took_s = time.monotonic() - start
        if took_s >= _WORTH_TELLING_S:
            rate = f", {_rate(count.done / took_s, unit)}" if count.done else ""
            amount = f"{count.done / 1e6:.1f} MB" if unit == "bytes" else f"{count.done} {unit}"
            done = f"{amount} in " if count.done else ""
            self.note(f"{what}: {done}{took_s:.1f} s{rate}")

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, style="dim", soft_wrap=True)

    def _display(self, unit: str) -> Progress:
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(_BAR_WIDTH if self._console.width >= _WIDE else _BAR_WIDTH // 3),
            DownloadColumn() if unit == "bytes" else MofNCompleteColumn(),
            _Pace(unit, Column(no_wrap=True)),
            TextColumn(
                "{task.fields[note]}",
                markup=False,
                style="dim",
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
        )
        return Progress(*columns, console=self._console, transient=True, expand=True)


def _own_stderr() -> IO[str]:
    """A descriptor of our own: libraries that speak to number 2 are silenced while we go on (audio/quiet.py)."""
    try:
        return os.fdopen(os.dup(sys.stderr.fileno()), "w", encoding=sys.stderr.encoding, errors="replace")
    except OSError:  # a notebook's stderr is no file
        return sys.stderr
