"""Paths as they are seen from a folder, so that a playlist works on a phone or another machine.

A file below the folder is named from there, `Artist/Album/01.flac`; one beside it with `..`. A file on another drive,
or with nothing above it and the folder but the root, has no path from there that another machine would understand.
"""

import os
from pathlib import Path
from urllib.parse import quote

from spotrec.errors import UsageError, quoted
from spotrec.links import is_one_line
from spotrec.system.files import from_home, real_path

_STARTS = ("#", " ", "\t", "~")
"""What a path in a playlist must not begin with: a comment, blanks that are cut off, a home."""


def start_of(relative_to: Path | str) -> Path:
    """Return the folder that paths are to start from.

    Raises:
        UsageError: there is none here.
    """
    folder = from_home(relative_to)
    if not folder.is_dir():
        raise UsageError(f"there is no folder {quoted(str(folder))}", "`relative_to` is a folder on this machine")
    return folder


def relative_path(path: str, folder: Path) -> str | None:
    """Return an absolute path as seen from a folder, with slashes; None if it lies on another drive."""
    base = real_path(folder)
    for file in (Path(path), real_path(Path(path))):
        if file.is_relative_to(base):
            return str(file.relative_to(base))
    file = real_path(Path(path))
    if os.path.commonpath([file, base]) == os.sep or _drive(file) != _drive(base):
        return None
    return os.path.relpath(file, base)


def relative_line(path: str, folder: Path) -> str | None:
    """Return a path as seen from a folder as one line of a playlist; None if it lies on another drive.

    A path that a line of text would change is percent-encoded, as in an address.
    """
    seen = relative_path(path, folder)
    if seen is None:
        return None
    if not is_one_line(seen) or seen != seen.rstrip():
        return f"./{quote(os.fsencode(seen))}"
    is_taken_for_another = seen.startswith(_STARTS) or "://" in seen or seen[1:2] == ":" or seen.lower()[:5] == "file:"
    return f"./{seen}" if is_taken_for_another else seen


def _drive(path: Path) -> int | None:
    """Return the device that a path is on, or would be on."""
    for one in (path, *path.parents):
        try:
            return one.stat().st_dev
        except (OSError, ValueError):
            continue
    return None
