"""Files that cannot be read, or are no longer there."""

import shlex
from pathlib import Path

from spotrec.errors import NotFound, SpotrecError


def unreadable(path: Path, fault: OSError, what: str = "file") -> SpotrecError:
    """Return the error for a file that cannot be read, or is no longer there."""
    if isinstance(fault, FileNotFoundError | NotADirectoryError):
        list_id = shlex.quote(str(path))  # a path is a name of its list
        kind = NotFound if what == "folder" else SpotrecError  # exit codes that scripts know
        return kind(
            f"there is no {what} {path} any more",
            f"put it back or mount its disk; if it is gone: `spotrec remove {list_id}`",
        )
    return SpotrecError(f"{path} cannot be read: {fault.strerror or fault}", "check its permissions")
