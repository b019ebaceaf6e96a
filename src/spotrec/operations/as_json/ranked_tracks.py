"""Results of queries and of the radio."""

from dataclasses import asdict
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
from spotrec.operations.as_json.schema import (
    ANSWERED_BY,
    NUMBER,
    NUMBER_OR_NULL,
    TEXT,
    TEXTS,
    TRUTH,
    WHOLE,
    Schema,
    list_,
    object_,
    or_null,
)
from spotrec.operations.as_json.tracks import TRACK, track

if TYPE_CHECKING:
    from spotrec.operations.query import Recommendations
    from spotrec.operations.radio import RadioReport
    from spotrec.query.explanation import Explanation
    from spotrec.query.seed import SeedGroup


_EXPLANATION = object_(
    {
        "beside": or_null(object_({"track_id": TEXT, "name": TEXT})),
        "similarity": NUMBER_OR_NULL,
        "tags": TEXTS,
        "layers": list_(object_({"layer": WHOLE, "name": TEXT, "contribution": NUMBER, "share": NUMBER_OR_NULL})),
        "mood": {"type": "object", "additionalProperties": NUMBER},
        "text": TEXT,
    }
)


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    beside = explanation.beside
    return {
        "beside": {"track_id": beside.id, "name": beside.name} if beside else None,
        "similarity": rounded(explanation.similarity),
        "tags": list(explanation.tags),
        "layers": [
            {
                "layer": layer.layer,
                "name": layer.name,
                "contribution": rounded(layer.contribution),
                "share": rounded(layer.share),
            }
            for layer in explanation.layers
        ],
        "mood": {tag: round(deviation, 4) for tag, deviation in explanation.mood.items()},
        "text": explanation.text,
    }


RESULT_COLUMNS = (
    Column("rank", WHOLE, lambda row: row.rank, "#", is_number=True),
    *NAMES,
    similarity(),
    *(TAGS, *ADDRESSES, *TEMPO_AND_KEY),
    Column(
        "explanation",
        _EXPLANATION,
        lambda row: _explanation(row.explanation) if row.explanation else None,
        "why",
        lambda row: row.explanation.text if row.explanation else "",
        is_of_track=True,
        is_optional=True,
    ),
    *TAGS_AND_LINK,
)
"""The columns of a `Recommendation`."""


def _seed_group(group: "SeedGroup") -> dict[str, Any]:
    return {
        "name": group.name,
        "kind": group.kind,
        "n_tracks": len(group.track_ids),
        "track": track(group.track) if group.track else None,
    }


def recommendations(found: "Recommendations") -> dict[str, Any]:
    return {
        "seed": track(found.seed) if found.seed else None,
        "seeds": [_seed_group(group) for group in found.seeds.likes],
        "unlike": [_seed_group(group) for group in found.seeds.unlikes],
        "mood": asdict(found.mood) if found.mood else None,
        "taste": found.with_taste,
        "results": [fields(RESULT_COLUMNS, result) for result in found.results],
        **answered_by(found),
    }


def radio(report: "RadioReport") -> dict[str, Any]:
    return {
        "added": [fields(RESULT_COLUMNS, result) for result in report.added],
        "skipped": [track(one) for one in report.skipped],
        "left_out": report.left_out,
    }


_SEED = object_({"name": TEXT, "kind": TEXT, "n_tracks": WHOLE, "track": or_null(TRACK)})
_MOOD = object_({"wanted": TEXTS, "unwanted": TEXTS, "weight": NUMBER})

RECOMMENDATIONS = Schema(
    "The seeds, and the tracks that sound like them, best first.",
    object_(
        {
            "seed": or_null(TRACK),
            "seeds": list_(_SEED),
            "unlike": list_(_SEED),
            "mood": or_null(_MOOD),
            "taste": TRUTH,
            "results": list_(schema_of_rows(RESULT_COLUMNS)),
            **ANSWERED_BY,
        }
    ),
    {
        "seed": SO_WHAT,
        "seeds": [{"name": "Miles Davis – So What", "kind": "track", "n_tracks": 1, "track": SO_WHAT}],
        "unlike": [],
        "mood": None,
        "taste": False,
        "results": [{"rank": 1, **BLUE_TRAIN}],
        **ANSWERED_BY_EXAMPLE,
    },
)
