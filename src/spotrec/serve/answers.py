"""Answers: bytes of JSON, which index gave them, and “not changed” for who has them already."""

import json
from hashlib import blake2b
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

GENERATION = "Spotrec-Index"
"""The header that names the generation of the index that answered."""

_WEB = ("http://", "https://")


def for_the_web(value: Any) -> Any:
    """Return a JSON value of `operations.as_json` without what is only for this machine.

    `path` is null: `/v1/tracks/{track_id}/preview` has the audio. `url` is null unless it is a web page.
    """
    if isinstance(value, list):
        return [for_the_web(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: _instead(name, one) for name, one in value.items()}


def _instead(name: str, value: Any) -> Any:
    if name == "path":
        return None
    if name == "url" and not (isinstance(value, str) and value.lower().startswith(_WEB)):
        return None
    return for_the_web(value)


def as_bytes(value: Any) -> bytes:
    """Return a JSON value as it is sent."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


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
