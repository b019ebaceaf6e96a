"""The user's editor."""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

from spotrec.errors import SpotrecError, UsageError, quoted

_USUAL = ("editor", "nano", "vi")


def find_editor(file: Path) -> list[str]:
    """Return the command of the user's editor: `$VISUAL`, `$EDITOR`, else a usual one.

    Args:
        file: what is to be edited, for messages.

    Raises:
        UsageError: there is no terminal, or no such editor.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "there is no terminal to open an editor on",
            f"use spotrec config set, or another program: the file is {file}",
        )
    variable = next((name for name in ("VISUAL", "EDITOR") if os.environ.get(name, "").strip()), None)
    if variable is None:
        usual = next((name for name in _USUAL if shutil.which(name)), None)
        if usual is None:
            raise UsageError("no editor was found", "set EDITOR to the command of one: export EDITOR=nano")
        return [usual]
    try:
        command = shlex.split(os.environ[variable])
    except ValueError:  # a quote that does not end
        command = []
    if not command or not shutil.which(command[0]):
        raise UsageError(
            f"{variable} is {quoted(os.environ[variable])}, which is not an installed program",
            f"set it to the command of an editor: export {variable}=nano",
        )
    return command


def run_editor(command: list[str], file: Path) -> None:
    """Open a file in an editor, and wait until it is closed.

    Raises:
        SpotrecError: the editor failed.
    """
    try:
        code = subprocess.run([*command, str(file)], check=False).returncode  # noqa: S603 - the user's own choice
    except OSError as exc:
        raise SpotrecError(f"the editor {quoted(command[0])} cannot be started: {exc.strerror}") from exc
    if code:
        raise SpotrecError(
            f"the editor {quoted(command[0])} failed with exit code {code}", f"what it saved is in {file}, unchecked"
        )
