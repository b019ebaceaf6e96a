"""The Host header: a page of another site that a name of its own leads here is not answered (DNS rebinding)."""

import re
from collections.abc import Collection
from ipaddress import ip_address

from spotrec.errors import UsageError, quoted

_NAME = re.compile(r"[^/\s?#@*:]+")


def is_allowed(host: str, names: Collection[str]) -> bool:
    """Return whether a Host header is an address, `localhost` or one of `names`; the port does not count.

    A browser sends an address only if its user, or a page of this server, named it.
    """
    name = without_port(host).lower().rstrip(".")
    if name == "localhost" or name in names:
        return True
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def without_port(host: str) -> str:
    """Return the name or the address of a Host header."""
    if host.startswith("["):
        return host.partition("]")[0] + "]"
    return host.partition(":")[0]


def named_host(given: str) -> str:
    """Return a name of this server that somebody allows, without its port.

    Raises:
        UsageError: it is none.
    """
    host = without_port(given.strip()).lower().rstrip(".")
    if "/" in given or not _NAME.fullmatch(host):
        raise UsageError(f"{quoted(given)} is not the name of a host", "give only the name: music.example")
    return host
