"""A terminal with somebody at it."""

import os
import pty
import re
import select
import subprocess
import sys


def answered(question: bytes, answers: bytes, *arguments: str) -> tuple[int, str]:
    """The exit code and screen of a command on a terminal where somebody answers its question."""
    screen, terminal = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "spotrec", *arguments], stdin=terminal, stdout=terminal, stderr=terminal, env=os.environ
    ) as process:
        os.close(terminal)
        shown, is_answered = b"", False
        while select.select([screen], [], [], 60)[0]:
            try:
                piece = os.read(screen, 4096)
            except OSError:  # the command has ended
                break
            if not piece:
                break
            shown += piece
            if question in shown and not is_answered:
                os.write(screen, answers)
                is_answered = True
    os.close(screen)
    return process.returncode, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode())
