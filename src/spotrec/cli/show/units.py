"""Numbers and times as text."""

from datetime import datetime
from math import ceil


def counted(n: int, what: str, several: str = "") -> str:
    """Return `1 track`, `2 tracks`; `several` is the plural if it does not end with s alone."""
    return f"{n} {what}" if n == 1 else f"{n} {several or f'{what}s'}"


def megabytes(n_bytes: int) -> str:
    """Return `12.3 MB`."""
    return f"{n_bytes / 1e6:.1f} MB"


def minutes(seconds: float) -> str:
    """Return `2 minutes`, rounded up, or `3 hours`."""
    whole = ceil(seconds / 60)
    return counted(whole, "minute") if whole < 120 else counted(round(seconds / 3600), "hour")


def rate(speed: float, unit: str) -> str:
    """Return the amount per second: `12.3/s`, or `12.3 MB/s` for bytes."""
    return f"{speed / 1e6:.1f} MB/s" if unit == "bytes" else f"{speed:.1f}/s"


def local_time(iso: str) -> str:
    """Return a stored time in this machine's time zone, to the minute."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
