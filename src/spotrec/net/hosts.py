"""Allowed hosts: an allow-list that also applies to redirects, and only addresses of the public internet."""

import ipaddress
import socket
from urllib.parse import urlsplit

from spotrec.errors import ServiceUnavailable, first_line, quoted
from spotrec.system.workers import call_within

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_LOCAL_NAMES = ("localhost", ".localhost", ".local", ".internal", ".home.arpa")
# From the IANA's registries of special addresses. Outside 2000::/3 no IPv6 address belongs to the public internet:
# IPv4-mapped, IPv4-compatible and NAT64 addresses, which may stand for a private IPv4 address, are outside too.
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",  # this network
        "100.64.0.0/10",  # shared by a provider's customers
        "192.0.0.0/24",  # protocol assignments
        "192.88.99.0/24",  # relays of 6to4
        "198.18.0.0/15",  # benchmarking
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved
        "2001::/23",  # protocol assignments, among them Teredo, benchmarking, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "3fff::/20",  # documentation
    )
)


class HostNotFound(Exception):
    """A host name that cannot be resolved now; it may work later."""


def host_of(url: str) -> str:
    """Return host and port, for which limits are counted. The scheme's own port is left out."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, ":"))


def name_of(url: str) -> str:
    """Return the name of the host, in lower case; nothing if there is none."""
    return urlsplit(url).hostname or ""


def check_name(
    host: str, port: int | None, allowed: tuple[str, ...] | None, *, is_elsewhere: bool, is_proxied: bool
) -> bool:
    """Refuse a host by its name, before any request is sent. Return whether also private addresses of it are allowed.

    Args:
        allowed: host names; a leading dot: any host below it. A host with a private address must be named in full.
            None: any host, but after a redirect from another host no private address.
        is_elsewhere: the URL is a redirect from another host.
        is_proxied: a proxy looks up the host. Then only the name can be checked.

    Raises:
        ServiceUnavailable: the host is not allowed, or it is itself a private address.
    """
    if _is_named(host, port, allowed) if allowed is not None else not is_elsewhere:
        return True
    if allowed is not None and not _is_on_list(host, port, allowed):
        raise ServiceUnavailable(f"{host} is not an allowed host", "see the setting preview_hosts")
    if is_proxied and (f".{host.rstrip('.')}".endswith(_LOCAL_NAMES) or _is_private_number(host)):
        raise private_address(host)
    return False


def is_allowed(url: str, allowed: tuple[str, ...]) -> bool:
    """Whether the host of an address is on the list."""
    try:
        parts = urlsplit(url)
        return _is_on_list(parts.hostname or "", parts.port, allowed)
    except ValueError:  # an invalid port or IPv6 address
        return False


def look_up(host: str, timeout_s: float) -> list[str]:
    """Return the addresses of a host, in the system's order.

    Raises:
        HostNotFound: it has none, or the answer takes longer than `timeout_s`.
        ServiceUnavailable: no host can have this name.
    """
    try:
        found = call_within(timeout_s, lambda: socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
    except UnicodeError as exc:
        raise ServiceUnavailable(f"{quoted(host)} cannot be a host", "no request was sent") from exc
    except OSError as exc:
        raise HostNotFound(first_line(exc)) from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, and stands for no other address."""
    ip = ipaddress.ip_address(address)
    if ip.version == 6 and (ip not in _PUBLIC_IPV6 or "%" in address):
        return False
    return ip.is_global and not any(ip in network for network in _NOT_PUBLIC)


def private_address(host: str) -> ServiceUnavailable:
    """Return the error for a host without an address on the public internet."""
    return ServiceUnavailable(f"{host} leads to a private address", "no request was sent")


def _is_named(host: str, port: int | None, allowed: tuple[str, ...]) -> bool:
    """Whether the host is named in full, which also allows a private address or this machine."""
    return f"{host}:{port}" in allowed or host in allowed


def _is_on_list(host: str, port: int | None, allowed: tuple[str, ...]) -> bool:
    below = any(entry.startswith(".") and host.endswith(entry) for entry in allowed)
    return below or _is_named(host, port, allowed)


def _is_private_number(host: str) -> bool:
    """Whether the host is a private address in numbers, in any form that systems accept (`127.1`, `0x7f000001`)."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):  # a name
        return False
    return not all(is_public(str(entry[4][0])) for entry in found)
