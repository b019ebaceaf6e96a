"""Maps as files: they are written over nothing but an earlier map."""

from pathlib import Path

from spotrec.system import files

MARK = "spotrec map"
"""Stands near the beginning of each map, and says what it is."""

_LOOKED_AT = 4_096


def check_writable(path: Path) -> None:
    """Refuse what cannot or must not be written, before any work is done.

    Raises:
        UsageError: there is no such folder, or something that is no map stands there.
    """
    files.check_folder(path)
    files.check_replaceable(path, "map", _is_map)


def _is_map(path: Path) -> bool:
    with path.open("rb") as file:
        return MARK.encode() in file.read(_LOOKED_AT)
