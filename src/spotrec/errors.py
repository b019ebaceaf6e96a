"""What can go wrong, and what to do next.

    SpotrecError                  exit code
    ├── UsageError                2    the command or a value is not valid
    │   ├── BadLink                    pasted text that is not a known link or file
    │   └── SeveralMatch               a name that could mean several stored tracks or collections
    ├── NotFound                  5    the requested item does not exist
    │   ├── NotFetched                 it may exist, but fetching it was not allowed
    │   └── NoStore                    there is no store yet
    ├── SignInNeeded              4    credentials are missing or refused
    │   └── Forbidden                  credentials are valid, but do not allow this
    ├── RateLimited               3    a service asks spotrec to wait; finished work is kept
    ├── ServiceUnavailable        1    a service fails or cannot be reached
    ├── StoreError                1    the SQLite store cannot be used
    │   ├── StoreTooNew                made by a later spotrec
    │   ├── StoreDamaged               not a database, or a corrupt one
    │   └── StoreBusy                  another process holds its lock
    ├── IndexFault                1    there is no index, or it is not valid
    │   └── NoIndex                    no index of this model was built yet
    ├── WeightsError              1    a network's weights are missing, wrong or not available
    ├── CacheError                1    the audio cache, or a bucket, cannot be used
    │   └── CacheRefused          4    its server refuses our credentials
    ├── DiskFull                  1    no incomplete file remains
    └── TrackError                3    a problem with one track: recorded, and the run continues

Adapters translate what vendors raise into these, `from exc`. No other error leaves a stage.
"""

import shlex
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

_CANDIDATES_SHOWN = 5
_SPACES_AND_NON_JOINER = frozenset(map(chr, (0xA0, 0x1680, *range(0x2000, 0x200B), 0x200C, 0x202F, 0x205F, 0x3000)))


class ExitCode(IntEnum):
    """The exit code of a command. 3: some tracks failed, and the report states which and why."""

    DONE = 0
    FAILURE = 1
    USAGE = 2
    PARTIAL = 3
    SIGN_IN = 4
    NOT_FOUND = 5
    INTERRUPTED = 130


class SpotrecError(Exception):
    """An error that the user can do something about.

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
    """The command or a value is not valid."""

    exit_code = ExitCode.USAGE


class BadLink(UsageError):
    """Pasted text that is not a known link, id or file."""


class SeveralMatch(UsageError):
    """A name that could mean several stored tracks or collections.

    Args:
        name: the name as it was given.
        candidates: what it could mean: an id, which is a name of this one only, and a title.
        advice: what else to do than to give an id.
    """

    def __init__(self, message: str, name: str, candidates: Sequence[tuple[str, str]], advice: str = "") -> None:
        lines = "".join(f"\n  {shlex.quote(id_)}  {title}" for id_, title in candidates[:_CANDIDATES_SHOWN])
        more = len(candidates) - _CANDIDATES_SHOWN
        rest = f"\n  … and {more} more" if more > 0 else ""
        super().__init__(message, f"{advice}give one of these instead:{lines}{rest}")
        self.name = name
        self.candidates = candidates


class NotFound(SpotrecError):
    """The requested item does not exist."""

    exit_code = ExitCode.NOT_FOUND


class NotFetched(NotFound):
    """A track that may exist, but has no features here, and was not to be fetched."""


class NoStore(NotFound):
    """There is no store yet."""


class SignInNeeded(SpotrecError):
    """Credentials are missing, or a service refuses them."""

    exit_code = ExitCode.SIGN_IN


class Forbidden(SignInNeeded):
    """A service accepts the credentials, but they do not allow this."""


class RateLimited(SpotrecError):
    """A service asks spotrec to wait. It is unknown whether the service has the track."""

    exit_code = ExitCode.PARTIAL

    def __init__(self, service: str, retry_after_s: float | None = None) -> None:
        wait = _rounded(retry_after_s) if retry_after_s is not None else "a while"
        until = f" (after {clock_time(retry_after_s)})" if retry_after_s is not None else ""
        super().__init__(
            f"{service} asks us to wait {wait}",
            f"run the same command again then{until}; finished work is kept and is not repeated",
        )
        self.service = service
        self.retry_after_s = retry_after_s


class ServiceUnavailable(SpotrecError):
    """A service fails or cannot be reached."""


class StoreError(SpotrecError):
    """The SQLite store cannot be used."""


class StoreTooNew(StoreError):
    """The store was made by a later spotrec."""


class StoreDamaged(StoreError):
    """The store is not a database, or a corrupt one."""


class StoreBusy(StoreError):
    """Another process has held the store's write lock for too long."""


class IndexFault(SpotrecError):
    """There is no index, or it is not valid."""


class NoIndex(IndexFault):
    """No index of this model was built yet."""


class WeightsError(SpotrecError):
    """A network's weights are missing, wrong or not available."""


class CacheError(SpotrecError):
    """The audio cache, or a bucket, cannot be used."""


class CacheRefused(CacheError):
    """The server of a cache or a bucket needs credentials, or refuses them."""

    exit_code = ExitCode.SIGN_IN


class DiskFull(SpotrecError):
    """The disk is full. The incomplete file is removed; earlier files are unchanged."""


class Reason(StrEnum):
    """Why a track could not be used, as stored with it."""

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
    STILL_WRITTEN = "still being written"


class TrackError(SpotrecError):
    """A problem with one track. It is recorded and the run continues.

    A rate limit, a full disk or a failing service is never recorded as a problem of the track.
    """

    exit_code = ExitCode.PARTIAL

    def __init__(self, reason: Reason, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.reason = reason

    def __reduce__(self) -> tuple[type["TrackError"], tuple[Reason, str, str]]:
        """Let processes send each other this error."""
        return type(self), (self.reason, self.message, self.hint)


def clock_time(seconds: float) -> str:
    """Return the local time in `seconds` from now, with the date if it is another day."""
    now = datetime.now().astimezone()
    then = now + timedelta(seconds=seconds)
    return then.strftime("%H:%M:%S" if then.date() == now.date() else "%Y-%m-%d %H:%M")


def _rounded(seconds: float) -> str:
    """Return a time in the usual units: 90 s, 10 min, 24 h."""
    for unit_s, unit in ((3600, "h"), (60, "min")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:.0f} {unit}"
    return f"{seconds:.0f} s"


def first_line(error: BaseException) -> str:
    """Return the first line of a vendor's message, to quote in ours."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def printable(text: str, also: str = "") -> str:
    """Return text without characters that move the cursor or change its direction; `also` stay.

    Wide and narrow spaces stay, and the non-joiner that some scripts need: names of files and songs have them.
    """
    return "".join(
        c if c.isprintable() or c in _SPACES_AND_NON_JOINER or c in also else "\N{REPLACEMENT CHARACTER}" for c in text
    )


def quoted(text: str) -> str:
    """Quote text from outside for a message: printable, and no longer than a line."""
    shown = printable(text)
    return f"“{shown[:117]}…”" if len(shown) > 118 else f"“{shown}”"
