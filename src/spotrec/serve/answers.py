"""Answers: bytes of JSON, which index gave them, and “not changed” for who has them already."""

import json
from hashlib import blake2b
from math import isfinite
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from spotrec.serve.problems import without_paths

GENERATION = "Spotrec-Index"
"""The header that names the generation of the index that answered."""

_MESSAGES = frozenset({"message", "reason", "error", "hint", "detail"})
_OF_THIS_MACHINE = _MESSAGES | {"path", "url"}
_WEB = ("http://", "https://")


def for_the_web(value: Any) -> Any:
    """Return a JSON value of `operations.as_json` without what is only for this machine.

    Messages name no files. `path` is null: `/v1/tracks/{track_id}/preview` has the audio. `url` is null unless it is a
    web page.
    """
    if isinstance(value, dict):
        return {
            name: _instead(name, one) if isinstance(one, _NESTED) or name in _OF_THIS_MACHINE else one
            for name, one in value.items()
        }
    if isinstance(value, list):
        return [for_the_web(one) if isinstance(one, _NESTED) else one for one in value]
    return value


_NESTED = (dict, list)


def _instead(name: str, value: Any) -> Any:
    if name == "path":
        return None
    if name in _MESSAGES and isinstance(value, str):
        return without_paths(value)
    if name == "url" and not (isinstance(value, str) and value.lower().startswith(_WEB)):
        return None
    return for_the_web(value)


def as_bytes(value: Any) -> bytes:
    """Return a JSON value as it is sent."""
    try:
        text = _encode(value)
    except ValueError:  # another program stored a number that JSON cannot hold
        text = _encode(_finite(value))
    return text.encode("utf-8", "replace")


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value


def answer(request: Request, content: bytes, *, index: str | None = None) -> Response:
    """Return JSON as an answer: 304 without a body if the client has the same already.

    Args:
        index: the generation that gave it.
    """
    tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache"}
    if index:
        headers[GENERATION] = index
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
