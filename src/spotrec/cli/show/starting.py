"""“starting…” on a terminal, while a command that has just begun loads what it needs and has shown nothing else."""

import sys
import threading

_AFTER_S = 1.0
_TEXT = "starting…"
_ERASE = "\r\x1b[K"

_lock = threading.Lock()
_waiting: list[threading.Timer] = []
_is_shown = False


def begin() -> None:
    """Show the word soon, unless `end` is called before."""
    if not sys.stderr.isatty():
        return
    timer = threading.Timer(_AFTER_S, _show)
    timer.daemon = True
    with _lock:
        _waiting.append(timer)
    timer.start()


def end() -> None:
    """Take the word away: something else is shown now."""
    global _is_shown
    if not _waiting and not _is_shown:
        return
    with _lock:
        while _waiting:
            _waiting.pop().cancel()
        if _is_shown:
            _is_shown = False
            sys.stderr.write(_ERASE)
            sys.stderr.flush()


def _show() -> None:
    global _is_shown
    with _lock:
        if _waiting:
            _waiting.clear()
            _is_shown = True
            sys.stderr.write(_TEXT)
            sys.stderr.flush()
