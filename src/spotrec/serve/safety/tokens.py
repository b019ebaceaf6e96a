"""The token that clients send: in a header, or in a cookie that the page gets for it."""

import hmac
from hashlib import sha256

COOKIE = "spotrec"


def is_same(given: str, token: str) -> bool:
    """Return whether a client gave the token; how long this takes says nothing about it."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def cookie_of(token: str) -> str:
    """Return what the page's cookie holds: made from the token, which cannot be made from it."""
    return hmac.new(token.encode(), b"spotrec's page", sha256).hexdigest()


def bearer(authorization: str) -> str:
    """Return the token of an Authorization header, or ""."""
    kind, _, value = authorization.partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""
