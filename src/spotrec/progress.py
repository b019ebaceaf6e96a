"""Protocols by which long work reports its progress."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Meter(Protocol):
    """The progress of one piece of work."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """Report `n` more finished units; `note` replaces the text that is shown with them."""

    def expect(self, total: int) -> None:
        """Report that the work has `total` units."""


class Progress(Protocol):
    """A place that shows meters."""

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        """Show `what`, of `total` units (None: not known yet), while the context lasts."""

    def note(self, text: str) -> None:
        """Show a message to the user."""


class _SilentMeter:
    def advance(self, n: int = 1, note: str = "") -> None:
        """Show nothing."""

    def expect(self, total: int) -> None:
        """Show nothing."""


class Silent:
    """Progress that is not shown: the default of the Python API."""

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:  # noqa: ARG002 - shows nothing
        return nullcontext(_SilentMeter())

    def note(self, text: str) -> None:
        """Show nothing."""


class Part:
    """The progress of one part of longer work: the names of its meters begin with the part's, such as `1/3`."""

    def __init__(self, whole: Progress, name: str) -> None:
        self._whole = whole
        self._name = name

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        return self._whole.meter(f"{self._name} {what}", total, unit)

    def note(self, text: str) -> None:
        self._whole.note(text)
