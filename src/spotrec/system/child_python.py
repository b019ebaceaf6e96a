"""Child processes that run our Python code. Code in the current folder is never imported: it may be a stranger's."""

import os
import sys
from pathlib import Path


def python_command(code: str, *arguments: str) -> list[str]:
    """Return a command that runs code in this interpreter, without the current folder on its path."""
    return [sys.executable, "-P", "-c", code, *arguments]


def python_environment(**more: str) -> dict[str, str]:
    """Return this process's environment, with `more`, for a child and its own children.

    PYTHONPATH loses its relative entries: an empty entry, as in `/lib:`, is the current folder.
    """
    environment = {**os.environ, **more, "PYTHONSAFEPATH": "1"}
    folders = environment.pop("PYTHONPATH", "").split(os.pathsep)
    if absolute := [folder for folder in folders if Path(folder).is_absolute()]:
        environment["PYTHONPATH"] = os.pathsep.join(absolute)
    return environment
