"""The rows of a music server's answers. Servers that make JSON of XML write a single row without its list."""

import re
from typing import Any

_ITEM_ID = re.compile(r"[A-Za-z0-9][\w.~+=-]{0,127}", re.ASCII)


def rows_of(holder: Any, name: str) -> list[Any]:
    """Return the rows under a name, whatever they are; empty if there are none."""
    rows = holder.get(name) if isinstance(holder, dict) else None
    return rows if isinstance(rows, list) else [rows] if isinstance(rows, dict) else []


def objects_of(holder: Any, name: str) -> list[dict[str, Any]]:
    """Return the rows under a name that are objects."""
    return [row for row in rows_of(holder, name) if isinstance(row, dict)]


def id_of(row: Any) -> str | None:
    """Return the id of a row, also if it is a number; None if it is none that spotrec can use."""
    id_ = row.get("id") if isinstance(row, dict) else None
    if isinstance(id_, int) and not isinstance(id_, bool):
        id_ = str(id_)
    return id_ if isinstance(id_, str) and _ITEM_ID.fullmatch(id_) else None
