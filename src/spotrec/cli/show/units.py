"""Numbers and times as people read them."""

from datetime import datetime


def counted(n: int, what: str) -> str:
    """`1 track`, `2 tracks`."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def megabytes(n_bytes: int) -> str:
    """`12.3 MB`."""
    return f"{n_bytes / 1e6:.1f} MB"


def rate(speed: float, unit: str) -> str:
    """What is done in a second: `12.3/s`, or `12.3 MB/s` of bytes."""
    return f"{speed / 1e6:.1f} MB/s" if unit == "bytes" else f"{speed:.1f}/s"


def local_time(iso: str) -> str:
    """A stored time, to the minute, by this machine's clock."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
