"""Pages of other sites: they may not change anything here, nor read anything, unless their origin is named."""

import re
from collections.abc import Collection

from spotrec.errors import UsageError, quoted

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s?#@*]*")


def is_allowed(method: str, origin: str, referer: str, site: str, mode: str, host: str, named: Collection[str]) -> bool:
    """Return whether a request may come from where it says it does.

    Args:
        origin: the Origin header, "" without one.
        referer: the Referer header: all that browsers say of the page when it shows a picture or plays audio.
        site, mode: Sec-Fetch-Site and Sec-Fetch-Mode, which browsers send and pages cannot change.
        host: the Host header.
        named: origins that may use the API.
    """
    if origin in named and origin:
        return True
    if not origin and method in SAFE_METHODS and (page := _origin_of(referer)) and page in named:
        return True
    if site == "cross-site" and not (mode == "navigate" and method in SAFE_METHODS):
        return False
    if method in SAFE_METHODS or not origin:
        return True
    scheme, _, authority = origin.partition("://")
    return scheme in ("http", "https") and authority.lower() == host.lower()


def _origin_of(address: str) -> str:
    """Return the scheme and the host of an address, or ""."""
    scheme, colon, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}" if colon else ""


def named_origin(given: str) -> str:
    """Return the origin of a web site that somebody allows, as browsers send it.

    Raises:
        UsageError: it is none.
    """
    origin = given.strip().lower()
    if origin != "file://":
        origin = origin.rstrip("/")
    if not _ORIGIN.fullmatch(origin):
        raise UsageError(
            f"{quoted(given)} is not the origin of a web site",
            "give its scheme, its name and a port that is not the usual one: https://music.example",
        )
    return origin
