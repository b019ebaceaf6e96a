"""Maps as files. A map may replace an earlier map, but not another file."""

from pathlib import Path

from spotrec.system import files

MARK = "spotrec map"
"""The text near the beginning of each map by which it is recognised."""

_LOOKED_AT = 4_096


def check_writable(path: Path) -> None:
    """Refuse a path that cannot or must not be written, before any work is done.

    Raises:
        UsageError: the folder does not exist, or the file exists and is not a map.
    """
    files.check_folder(path)
    files.check_replaceable(path, "map", _is_map)


def _is_map(path: Path) -> bool:
    with files.open_regular(path) as file:
        return MARK.encode() in file.read(_LOOKED_AT)
