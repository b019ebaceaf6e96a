"""MPD as a player with a queue, over python-mpd2."""

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from spotrec.errors import ServiceUnavailable, SignInNeeded, SpotrecError, UsageError, first_line, printable
from spotrec.mpd.address import Address
from spotrec.system.faults import connection_fault
from spotrec.system.installation import install_command

_WRONG_PASSWORD, _NO_PERMISSION, _NO_EXIST, _QUEUE_IS_FULL = 3, 4, 50, 51
_TIMEOUT_S = 10.0
_PROBE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""In seconds: a machine that disappears is noticed within a minute."""


@dataclass(frozen=True, slots=True)
class Song:
    """A song of MPD's queue or database.

    Attributes:
        uri: its path in MPD's music folder, or the address of a stream.
        id: its number in the queue, which stays when the queue is sorted; None outside the queue.
        duration_s: its length in seconds, if it is known.
    """

    uri: str
    id: int | None = None
    title: str = ""
    duration_s: float | None = None

    @property
    def name(self) -> str:
        """The name that people see."""
        return self.title or self.uri.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class PlayerState:
    """What MPD does at one moment, with its queue.

    Attributes:
        state: `play`, `pause` or `stop`.
        song_id: the song that plays, or None.
        next_id: the song that comes next by itself, or None.
        elapsed_s: how much of the song has passed, in seconds.
        queue: all songs, in the order of the queue.
    """

    state: str
    song_id: int | None
    next_id: int | None
    elapsed_s: float
    random: bool
    single: bool
    queue: tuple[Song, ...]

    @property
    def song(self) -> Song | None:
        """The song that plays."""
        return next((song for song in self.queue if song.id == self.song_id), None) if self.is_on else None

    @property
    def is_on(self) -> bool:
        """Whether it plays, or pauses."""
        return self.state in ("play", "pause")

    @property
    def place(self) -> int | None:
        """The place of `song` in the queue, from 0."""
        return next((i for i, song in enumerate(self.queue) if song.id == self.song_id), None)


class PlayerGone(ServiceUnavailable):
    """MPD cannot be reached, or has ended."""


class QueueFull(SpotrecError):
    """MPD accepts no more songs."""


class MpdPlayer:
    """One connection to MPD. Connect before any other method.

    Raises (any method):
        PlayerGone: MPD cannot be reached, or has ended; connect again.
        SignInNeeded: it needs a password, or another one.
        SpotrecError: it refuses a command.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        try:
            import mpd  # few users have MPD
        except ImportError as exc:
            raise UsageError("MPD needs python-mpd2, which is not installed", install_command("mpd")) from exc
        self._mpd = mpd
        self._client = mpd.MPDClient()
        self._client.timeout = _TIMEOUT_S

    def connect(self) -> None:
        """Connect, and sign in if there is a password."""
        self.close()
        with self._translated():
            self._client.connect(self.address.host, self.address.port)
            if self.address.port is not None:
                _probe_the_line(self._client.fileno())
            if self.address.password:
                self._client.password(self.address.password)
            self._client.status()

    def close(self) -> None:
        """Close the connection, if there is one."""
        self._client.disconnect()

    def hang_up(self) -> None:
        """End what another thread waits for on this connection: its call raises PlayerGone."""
        try:
            with socket.socket(fileno=os.dup(self._client.fileno())) as line:
                line.shutdown(socket.SHUT_RDWR)
        except (OSError, self._mpd.ConnectionError):
            pass  # there is no connection

    def state(self) -> PlayerState:
        """Return what MPD does now, with its queue."""
        with self._translated():
            status = self._client.status()
            queue = tuple(map(_song, self._client.playlistinfo()))
        return PlayerState(
            status.get("state", "stop"),
            _number(status.get("songid")),
            _number(status.get("nextsongid")),
            _seconds(status.get("elapsed")) or 0.0,
            status.get("random") == "1",
            status.get("single", "0") != "0",
            queue,
        )

    def wait(self) -> set[str]:
        """Wait for a change; return what changed: `player`, `playlist` (the queue), `options` (modes), `database`."""
        with self._translated():
            return set(self._client.idle("player", "playlist", "options", "database"))

    def music_folder(self) -> str | None:
        """Return MPD's music folder. MPD tells it only over a Unix socket."""
        try:
            with self._translated():
                return self._client.config() or None
        except (SignInNeeded, SpotrecError) as exc:
            if isinstance(exc, PlayerGone):
                raise
            return None

    def find(self, uri: str) -> Song | None:
        """Return the song at a path in MPD's music folder; None if its database has no song there."""
        try:
            with self._translated():
                found = self._client.lsinfo(uri)
        except _Missing:
            return None
        return next((_song(one) for one in found if one.get("file") == uri), None)

    def add(self, uri: str) -> int:
        """Add a song at the end of the queue, and return its number.

        Raises:
            QueueFull: MPD accepts no more songs.
        """
        with self._translated():
            return int(self._client.addid(uri))

    def play(self, song_id: int) -> None:
        """Play a song of the queue."""
        with self._translated():
            self._client.playid(song_id)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except self._mpd.CommandError as exc:
            raise self._refusal(exc) from exc
        except (self._mpd.MPDError, OSError, ValueError, KeyError) as exc:
            self._client.disconnect()
            is_protocol = isinstance(exc, self._mpd.ProtocolError | ValueError | KeyError)
            why = (
                "it does not answer as MPD does"
                if is_protocol
                else connection_fault(exc, "it broke off the connection")
            )
            raise PlayerGone(
                f"MPD at {self.address} cannot be used: {why}", "start MPD, or name its address: `mpd`, or MPD_HOST"
            ) from exc

    def _refusal(self, exc: Any) -> SpotrecError:
        code = getattr(exc.errno, "value", exc.errno)
        if code == _WRONG_PASSWORD:
            return SignInNeeded(f"MPD at {self.address} refuses the password", _SIGN_IN)
        if code == _NO_PERMISSION:
            return SignInNeeded(f"MPD at {self.address} does not allow this without a password", _SIGN_IN)
        if code == _NO_EXIST:
            return _Missing("MPD does not have it")
        if code == _QUEUE_IS_FULL:
            return QueueFull(
                "MPD's queue is full", "remove what was played: `mpc crop`, or let MPD do so: `mpc consume on`"
            )
        return SpotrecError(f"MPD at {self.address} refuses: {printable(first_line(exc))}", "MPD's log says more")


_SIGN_IN = "`spotrec config set mpd_password -` reads the right one; MPD's configuration has it"


class _Missing(SpotrecError):
    """The database has no such song."""


def _song(entry: Mapping[str, Any]) -> Song:
    title = entry.get("title") or entry.get("name") or ""
    artist = entry.get("artist") or ""
    named = " – ".join(filter(None, (_text(artist), _text(title)))) if title else ""
    duration = entry.get("duration") or entry.get("time")
    return Song(_text(entry.get("file", "")), _number(entry.get("id")), named, _seconds(duration))


def _text(value: str | Sequence[str]) -> str:
    """Return the text of a tag, which may occur several times."""
    return value if isinstance(value, str) else ", ".join(value)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None else None


def _seconds(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:  # some streams have none
        return None


def _probe_the_line(descriptor: int) -> None:
    """Let the system look every half minute whether the other machine is there, as nothing is sent while we wait."""
    with socket.socket(fileno=os.dup(descriptor)) as line:
        for option, seconds in _PROBE.items():
            if number := getattr(socket, option, None):
                line.setsockopt(socket.IPPROTO_TCP, number, seconds)
