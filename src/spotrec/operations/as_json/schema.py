"""JSON Schemas: their parts, and a schema with an example."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

TEXT = {"type": "string"}
TEXT_OR_NULL = {"type": ["string", "null"]}
NUMBER = {"type": "number"}
NUMBER_OR_NULL = {"type": ["number", "null"]}
WHOLE = {"type": "integer"}
WHOLE_OR_NULL = {"type": ["integer", "null"]}
SOURCE_OR_NULL = {"enum": ["tags", "heard", None]}
TRUTH = {"type": "boolean"}
TEXTS = {"type": "array", "items": TEXT}
MODEL_AND_INDEX = {"model": TEXT, "index": TEXT}
ANSWERED_BY = MODEL_AND_INDEX | {"unknown": {"type": "object", "additionalProperties": WHOLE}}
"""What answered; by filter, how many tracks were left out only because their value is not known."""


@dataclass(frozen=True, slots=True)
class Schema:
    """The schema of one JSON value.

    Attributes:
        about: what it is, in a sentence.
        example: a value as it is really printed.
    """

    about: str
    schema: dict[str, Any]
    example: Any


def object_(fields: dict[str, Any], *, optional: Sequence[str] = ()) -> dict[str, Any]:
    """Return the schema of an object with exactly these fields, but for those that are `optional`."""
    return {
        "type": "object",
        "properties": fields,
        "required": [name for name in fields if name not in optional],
        "additionalProperties": False,
    }


def list_(of: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list of such values."""
    return {"type": "array", "items": of}


def or_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of such a value, or null."""
    return {"anyOf": [schema, {"type": "null"}]}
