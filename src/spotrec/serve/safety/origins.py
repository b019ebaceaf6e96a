"""Pages of other sites: they may not change anything here, nor read anything, unless their origin is named."""

from collections.abc import Collection

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_allowed(method: str, origin: str, site: str, mode: str, host: str, named: Collection[str]) -> bool:
    """Return whether a request may come from where it says it does.

    Args:
        origin: the Origin header, "" without one.
        site, mode: Sec-Fetch-Site and Sec-Fetch-Mode, which browsers send and pages cannot change.
        host: the Host header.
        named: origins that may use the API.
    """
    if origin in named and origin:
        return True
    if site == "cross-site" and not (mode == "navigate" and method in SAFE_METHODS):
        return False
    if method in SAFE_METHODS or not origin:
        return True
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()
