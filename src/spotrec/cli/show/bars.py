"""Progress bars on a terminal, with rate and time left (rich)."""

from collections.abc import Iterator
from contextlib import contextmanager

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

from spotrec.cli.show.units import rate
from spotrec.progress import Meter

_BAR_WIDTH = 24
_WIDE = 72


@contextmanager
def bar(console: Console, what: str, total: int | None, unit: str) -> Iterator[Meter]:
    """Show a bar while the context lasts."""
    with _display(console, unit) as display:
        yield _Bar(display, display.add_task(what, total=total, note=""))


class _Pace(ProgressColumn):
    """The rate and the time left, or the time taken while neither is known."""

    def __init__(self, unit: str, column: Column) -> None:
        super().__init__(column)
        self._unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        pace = f"{rate(speed, self._unit)}, " if speed else ""
        if task.time_remaining is not None:
            return Text(f"{pace}{_clock(task.time_remaining)} left", style="progress.remaining")
        return Text(f"{pace}{_clock(task.elapsed or 0)}", style="progress.elapsed")


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
            self._display.update(self._row, note=f"· {note}" if note.strip() else note)

    def expect(self, total: int) -> None:
        self._display.update(self._row, total=total)


def _display(console: Console, unit: str) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(_BAR_WIDTH if console.width >= _WIDE else _BAR_WIDTH // 3),
        *([DownloadColumn() if unit == "bytes" else MofNCompleteColumn()] if unit else []),
        _Pace(unit, Column(no_wrap=True)),
        TextColumn(
            "{task.fields[note]}",
            markup=False,
            style="dim",
            table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
        ),
    )
    return Progress(*columns, console=console, transient=True, expand=True)
