"""Lists of tracks that exist already: read from anywhere, made longer, ordered, cleaned, and written back.

A module is imported on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotrec.operations.lists import dedupe as dedupe
    from spotrec.operations.lists import extend as extend
    from spotrec.operations.lists import fill as fill
    from spotrec.operations.lists import reorder as reorder
    from spotrec.operations.lists import services as services
    from spotrec.operations.lists import written_playlist as written_playlist


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    return import_module(f"{__name__}.{name}")
