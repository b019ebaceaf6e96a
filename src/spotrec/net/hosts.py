"""Which hosts may be asked: an allow-list that holds through redirects, and no private addresses behind it."""

import ipaddress
import socket
from urllib.parse import urlsplit

from spotrec.errors import ServiceUnavailable, first_line, quoted


class HostNotFound(Exception):
    """A name that leads nowhere now; it may later."""


def refuse_host(url: str, allowed: tuple[str, ...] | None, *, is_elsewhere: bool) -> None:
    """Say no before anything is asked.

    Args:
        allowed: hosts by name, or with a leading dot any host below it; a host with a private address must be named in
            full. None: any, where the settings themselves name it.
        is_elsewhere: a redirect has led here from another host.

    Raises:
        ServiceUnavailable: it is no web address, not allowed, or leads to a private address.
        HostNotFound: its name cannot be looked up.
    """
    try:
        parts = urlsplit(url)
        host, is_web = parts.hostname or "", parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        host, is_web = "", False
    if not is_web or not host:
        raise ServiceUnavailable(f"{quoted(url.partition('?')[0])} is no web address", "nothing was asked")
    if is_named(url, allowed) if allowed is not None else not is_elsewhere:
        return
    if allowed is not None and not is_allowed(url, allowed):
        raise ServiceUnavailable(f"{host} is not a host that this may come from", "see the setting preview_hosts")
    if any(_is_private(address) for address in _addresses(host)):
        raise ServiceUnavailable(f"{host} leads to a private address", "nothing was asked")


def is_named(url: str, allowed: tuple[str, ...]) -> bool:
    """Whether the host is named in full: then it may even be on this machine."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" in allowed or parts.hostname in allowed


def is_allowed(url: str, allowed: tuple[str, ...]) -> bool:
    """Whether the host is on the list."""
    host = urlsplit(url).hostname or ""
    return is_named(url, allowed) or any(entry.startswith(".") and host.endswith(entry) for entry in allowed)


def _addresses(host: str) -> set[str]:
    try:
        return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None)}
    except UnicodeError as exc:
        raise ServiceUnavailable(f"{quoted(host)} cannot be a host", "nothing was asked") from exc
    except OSError as exc:
        raise HostNotFound(first_line(exc)) from exc


def _is_private(address: str) -> bool:
    return not ipaddress.ip_address(address.split("%")[0]).is_global
