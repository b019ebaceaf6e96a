"""How long work tells how far it is, without knowing who looks."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Meter(Protocol):
    """One piece of work, under way."""

    def advance(self, n: int = 1, note: str = "") -> None:
        """`n` more units are done; `note` replaces what is shown beside them."""

    def expect(self, total: int) -> None:
        """The work turned out to have `total` units."""


class Progress(Protocol):
    """Somewhere to show meters."""

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:
        """Show `what`, of `total` units (None: not known yet), while the context lasts."""

    def note(self, text: str) -> None:
        """Tell the person something in passing."""


class _SilentMeter:
    def advance(self, n: int = 1, note: str = "") -> None:
        """Nobody looks."""

    def expect(self, total: int) -> None:
        """Nobody looks."""


class Silent:
    """Progress that nobody sees: the default of the Python API."""

    def meter(self, what: str, total: int | None = None, unit: str = "tracks") -> AbstractContextManager[Meter]:  # noqa: ARG002 - nobody looks
        return nullcontext(_SilentMeter())

    def note(self, text: str) -> None:
        """Nobody reads."""
