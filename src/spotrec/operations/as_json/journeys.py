"""Journeys."""

from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import (
    ADDRESSES,
    NAMES,
    TAGS,
    TAGS_AND_LINK,
    TEMPO_AND_KEY,
    Column,
    answered_by,
    fields,
    rounded,
    schema_of_rows,
    similarity,
)
from spotrec.operations.as_json.examples import ANSWERED_BY_EXAMPLE, BLUE_TRAIN, SO_WHAT
from spotrec.operations.as_json.schema import ANSWERED_BY, NUMBER, WHOLE, Schema, list_, object_
from spotrec.operations.as_json.tracks import TRACK, track

if TYPE_CHECKING:
    from spotrec.operations.journey import Journey


STEP_COLUMNS = (
    Column("step", WHOLE, lambda row: row.number, "#", is_number=True),
    *NAMES,
    similarity("step"),
    Column("along", NUMBER, lambda row: rounded(row.along), "along", lambda row: f"{row.along:.0%}", is_number=True),
    *(TAGS, *ADDRESSES, *TEMPO_AND_KEY, *TAGS_AND_LINK),
)
"""The columns of a `Step` of a journey."""


def journey(found: "Journey") -> dict[str, Any]:
    return {
        "from": track(found.steps[0].track),
        "to": track(found.steps[-1].track),
        "steps": [fields(STEP_COLUMNS, step) for step in found.steps],
        **answered_by(found),
    }


JOURNEY = Schema(
    "The tracks from one to the other, in order.",
    object_(
        {
            "from": TRACK,
            "to": TRACK,
            "steps": list_(schema_of_rows(STEP_COLUMNS)),
            **ANSWERED_BY,
        }
    ),
    {
        "from": SO_WHAT,
        "to": SO_WHAT | {"track_id": BLUE_TRAIN["track_id"], "title": "Blue Train"},
        "steps": [{"step": 2, **BLUE_TRAIN, "along": 0.5}],
        **ANSWERED_BY_EXAMPLE,
    },
)
