"""The Host header: a page of another site that a name of its own leads here is not answered (DNS rebinding)."""

from collections.abc import Collection
from ipaddress import ip_address


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
