"""What OpenAPI says of answers: their schemas, with real examples, and the problems that may come instead."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI, Path

from spotrec.operations.as_json.schema import Schema

TRACK_ID = Path(
    max_length=200,
    description="A track id, or another id of the same recording.",
    examples=["spotify:track:4uLU6hMCjMI75M1A2tKUQC"],
)

Responses = dict[int | str, dict[str, Any]]

_PROBLEMS = {
    400: "The request is not valid.",
    401: "A token is needed.",
    403: "The server does not allow this.",
    404: "There is no such thing; `detail` says why.",
    409: "A name could mean several things: `candidates` lists them.",
    413: "The body is too large.",
    421: "The Host header is not a name of this server.",
    422: "A value is not valid, or audio cannot be used.",
    429: "Too many requests: wait as long as `Retry-After` says.",
    502: "A music service fails, or refuses.",
    503: "The server cannot answer now.",
}
_OF_ALL = (400, 401, 404, 409, 421, 422, 429, 502, 503)
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "hint"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "hint": {"type": "string"},
        "candidates": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "string"}, "name": {"type": "string"}},
            },
        },
        "faults": {"type": "array", "items": {"type": "object"}},
    },
    "example": {
        "type": "urn:spotrec:problem:not-found",
        "title": "There is no such thing",
        "status": 404,
        "detail": "no stored track has “so waht” in its title or artist",
        "hint": "search for it with /v1/tracks?q=WORDS, or give its link on Spotify or Deezer",
    },
}


def answers(schema: Schema, *problems: int, status: int = 200) -> Responses:
    """Return the documentation of a route that answers with JSON.

    Args:
        problems: statuses of problems besides those of every route.
    """
    content = {"application/json": {"schema": schema.schema, "example": schema.example}}
    return {status: {"description": schema.about, "content": content}} | _problems(*problems)


def binary(media_type: str, *, ranges: bool = False) -> Responses:
    """Return the documentation of a route that answers with something else than JSON."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    found: Responses = {200: {"description": "The content.", "content": content}}
    if ranges:
        found[206] = {"description": "A part of the content.", "content": content}
    return found | _problems(416) if ranges else found | _problems()


def _problems(*more: int) -> Responses:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": _PROBLEMS.get(status, "The request is not valid."), "content": content}
        for status in sorted({*_OF_ALL, *more})
    }


def describe(app: FastAPI) -> None:
    """Let an application describe itself with the schema of problems in place of FastAPI's own errors."""
    made = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = made()
            schemas = described.setdefault("components", {}).setdefault("schemas", {})
            schemas["Problem"] = deepcopy(_PROBLEM)
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            for operation in (one for path in described["paths"].values() for one in path.values()):
                operation["responses"] |= {
                    str(status): problem
                    for status, problem in _problems().items()
                    if "HTTPValidationError" in str(operation["responses"].get(str(status)))
                }
            described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            described["security"] = [{}, {"token": []}]
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign] # as FastAPI's documentation does it
