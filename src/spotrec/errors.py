"""What can go wrong, and what to do next.

    SpotrecError                  exit code
    ├── UsageError                2    the command cannot mean anything
    │   └── BadLink                    pasted text that is no link or file we know
    ├── NotFound                  5    what was asked for does not exist
    ├── SignInNeeded              4    credentials are missing or refused
    │   └── Forbidden                  credentials are good, and do not open this
    ├── RateLimited               3    a service asks us to wait; finished work is kept
    ├── ServiceUnavailable        1    a service is broken or out of reach
    ├── StoreError                1    the SQLite store cannot be used
    │   ├── StoreTooNew                made by a later spotrec
    │   ├── StoreDamaged               not a database, or a corrupt one
    │   └── StoreBusy                  another process holds it
    ├── IndexFault                1    there is no index, or it cannot be trusted
    ├── WeightsError              1    a network's weights are missing, wrong or out of reach
    ├── CacheError                1    the audio cache, or a bucket, cannot be used
    │   └── CacheRefused          4    its server refuses our credentials
    ├── DiskFull                  1    nothing was half written
    └── TrackError                3    a fault of one track: recorded, and the run goes on

Adapters translate what vendors raise into these, `from exc`. Nothing else crosses a stage's border.
"""

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the shell is told. 3 means: some tracks failed, and the report says which and why."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    PARTIAL = 3
    SIGN_IN = 4
    NOT_FOUND = 5
    INTERRUPTED = 130


class SpotrecError(Exception):
    """Something went wrong that a person can do something about.

    Args:
        message: what was wrong, and with what.
        hint: what to do next.
    """

    exit_code = ExitCode.FAILURE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(SpotrecError):
    """The command cannot mean anything."""

    exit_code = ExitCode.USAGE


class BadLink(UsageError):
    """Pasted text that is no link, id or file we know."""


class NotFound(SpotrecError):
    """What was asked for does not exist."""

    exit_code = ExitCode.NOT_FOUND


class SignInNeeded(SpotrecError):
    """Credentials are missing, or a service refuses the ones it was given."""

    exit_code = ExitCode.SIGN_IN


class Forbidden(SignInNeeded):
    """A service knows who asks, and does not let them see it."""


class RateLimited(SpotrecError):
    """A service asks us to wait. Nothing is known of the track that was asked about."""

    exit_code = ExitCode.PARTIAL

    def __init__(self, service: str, retry_after_s: float | None = None) -> None:
        wait = _rounded(retry_after_s) if retry_after_s is not None else "a while"
        super().__init__(
            f"{service} asks us to wait {wait}",
            "run the same command again then; what is done is kept and not asked for again",
        )
        self.service = service
        self.retry_after_s = retry_after_s


class ServiceUnavailable(SpotrecError):
    """A service is broken or out of reach."""


class StoreError(SpotrecError):
    """The SQLite store cannot be used."""


class StoreTooNew(StoreError):
    """The store was made by a later spotrec."""


class StoreDamaged(StoreError):
    """The store is not a database, or a corrupt one."""


class StoreBusy(StoreError):
    """Another process has held the store's write lock for too long."""


class IndexFault(SpotrecError):
    """There is no index, or it cannot be trusted."""


class WeightsError(SpotrecError):
    """A network's weights are missing, wrong or out of reach."""


class CacheError(SpotrecError):
    """The audio cache, or a bucket, cannot be used."""


class CacheRefused(CacheError):
    """The server of a cache or a bucket wants credentials, or refuses those it was given."""

    exit_code = ExitCode.SIGN_IN


class DiskFull(SpotrecError):
    """The disk is full. What was being written is gone; what was there before is untouched."""


class Reason(StrEnum):
    """Why a track could not be used, as stored beside it."""

    NOT_AUDIO = "not audio"
    NO_AUDIO_STREAM = "no audio stream"
    DAMAGED = "damaged"
    TRUNCATED = "truncated"
    TOO_SHORT = "too short"
    TOO_LARGE = "too large"
    SILENT = "silent"
    NOT_FINITE = "not finite"
    UNSUPPORTED = "unsupported"
    UNREADABLE = "unreadable"
    AUDIO_GONE = "audio gone"
    CRASHED = "crashed the decoder"
    TOO_SLOW = "takes too long"


class TrackError(SpotrecError):
    """A fault of one track. It is recorded and the run goes on.

    Throttling, a full disk or a broken service are never a fault of the track.
    """

    exit_code = ExitCode.PARTIAL

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason


def _rounded(seconds: float) -> str:
    """A time as people say it: 90 s, 10 min, 24 h."""
    for unit_s, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def first_line(error: BaseException) -> str:
    """A vendor's message on one line, fit to quote in ours."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def quoted(text: str) -> str:
    """Text from outside as a message shows it: printable, and no longer than a line."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f"“{shown[:117]}…”" if len(shown) > 118 else f"“{shown}”"
