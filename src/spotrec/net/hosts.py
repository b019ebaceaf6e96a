"""Allowed hosts: an allow-list that also applies to redirects, and no private addresses."""

import ipaddress
import socket
from urllib.parse import urlsplit

from spotrec.errors import ServiceUnavailable, first_line, quoted


class HostNotFound(Exception):
    """A host name that cannot be resolved now; it may work later."""


def refuse_host(url: str, allowed: tuple[str, ...] | None, *, is_elsewhere: bool) -> None:
    """Refuse a host before any request is sent.

    Args:
        allowed: host names; a leading dot: any host below it. A host with a private address must be named in full.
            None: any host, but after a redirect from another host no private address.
        is_elsewhere: the URL is a redirect from another host.

    Raises:
        ServiceUnavailable: the URL is not a web address, its host is not allowed, or it leads to a private address.
        HostNotFound: the host name cannot be resolved.
    """
    try:
        parts = urlsplit(url)
        host, is_web = parts.hostname or "", parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        host, is_web = "", False
    if not is_web or not host:
        raise ServiceUnavailable(f"{quoted(url.partition('?')[0])} is not a web address", "no request was sent")
    if is_named(url, allowed) if allowed is not None else not is_elsewhere:
        return
    if allowed is not None and not is_allowed(url, allowed):
        raise ServiceUnavailable(f"{host} is not an allowed host", "see the setting preview_hosts")
    if any(_is_private(address) for address in _addresses(host)):
        raise ServiceUnavailable(f"{host} leads to a private address", "no request was sent")


def is_named(url: str, allowed: tuple[str, ...]) -> bool:
    """Whether the host is named in full, which also allows a private address or this machine."""
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
        raise ServiceUnavailable(f"{quoted(host)} cannot be a host", "no request was sent") from exc
    except OSError as exc:
        raise HostNotFound(first_line(exc)) from exc


def _is_private(address: str) -> bool:
    return not ipaddress.ip_address(address.split("%")[0]).is_global
