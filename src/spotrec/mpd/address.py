"""Where MPD is: the setting `mpd`, else `MPD_HOST` and `MPD_PORT` as `mpc` reads them, else the usual places."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.settings import Settings, check_recipient

PORT = 6600
_ADVICE = "an address is host, host:port, or the path of a socket: localhost:6600, /run/mpd/socket"


@dataclass(frozen=True, slots=True)
class Address:
    """Where MPD is, and the password for it.

    Attributes:
        host: a name, an IP address, or the path of a Unix socket; a socket without a path begins with `@`.
        port: None for a socket.
    """

    host: str
    port: int | None = PORT
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.host if self.port is None else f"{host}:{self.port}"


def address_of(settings: Settings, environment: Mapping[str, str] = os.environ) -> Address:
    """Return where MPD is.

    Raises:
        UsageError: an address is not valid, or the password may not be sent there.
    """
    if settings.mpd:
        if settings.mpd_password:
            check_recipient(settings, "mpd", ["mpd_password"], may_be_in_clear=True)
        if "@" in settings.mpd[1:]:
            raise UsageError(
                "an address of MPD has no password in it", "store it: `spotrec config set mpd_password -` reads it"
            )
        host, port = _host_and_port(settings.mpd)
        return Address(host, port, settings.mpd_password)
    password, host = _password_and_host(environment.get("MPD_HOST", ""))
    if host:
        port = None if _is_socket(host) else _port(environment.get("MPD_PORT") or str(PORT), "MPD_PORT")
        return Address(host, port, settings.mpd_password or password)
    if not environment.get("MPD_PORT"):
        for socket in _usual_sockets(environment):
            if socket.is_socket():
                return Address(str(socket), None, settings.mpd_password)
    return Address("localhost", _port(environment.get("MPD_PORT") or str(PORT), "MPD_PORT"), settings.mpd_password)


def _usual_sockets(environment: Mapping[str, str]) -> list[Path]:
    own = environment.get("XDG_RUNTIME_DIR")
    return [*([Path(own) / "mpd" / "socket"] if own else []), Path("/run/mpd/socket")]


def _password_and_host(text: str) -> tuple[str | None, str]:
    """Split `password@host`; a host that begins with `@` is a socket without a path."""
    before, at, host = text.partition("@")
    return (before, host) if at and before and host else (None, text)


def _host_and_port(text: str) -> tuple[str, int | None]:
    if _is_socket(text):
        return str(Path(text).expanduser()) if text.startswith("~") else text, None
    host, port = text, str(PORT)
    if text.startswith("["):  # an IPv6 address
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UsageError(f"{quoted(text)} is not an address of MPD", _ADVICE)
        port = rest[1:] or port
    elif text.count(":") == 1:
        host, _, port = text.partition(":")
    if not host or any(c.isspace() or c == "/" for c in host):
        raise UsageError(f"{quoted(text)} is not an address of MPD", _ADVICE)
    return host, _port(port, "the port")


def _is_socket(host: str) -> bool:
    return host.startswith(("/", "@", "~"))


def _port(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) < 65_536):
        raise UsageError(f"{what} is {quoted(text)}, which is not a port", _ADVICE)
    return int(text)
