"""What is liked, disliked and banned."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import plain
from spotrec.operations.as_json.schema import TEXT, TEXT_OR_NULL, TEXTS, WHOLE, Schema, list_, object_

if TYPE_CHECKING:
    from spotrec.operations.taste import TasteReport
    from spotrec.operations.taste_file import TasteExport, TasteImport
    from spotrec.store import Signal


def signal(one: "Signal") -> dict[str, Any]:
    subject = one.subject
    return {
        "id": one.id,
        "verb": one.verb,
        "thing": subject.thing,
        "name": subject.name,
        "artists": list(subject.artists),
        "track_id": subject.track_id,
        "source": one.source,
        "said_at": one.said_at,
    }


def signals(found: "Sequence[Signal]") -> list[dict[str, Any]]:
    return [signal(one) for one in found]


def taste_report(report: "TasteReport") -> dict[str, Any]:
    return {
        "verb": report.verb,
        "signals": signals(report.signals),
        "unknown": plain(report.unknown),
        "notes": report.notes,
    }


def taste_export(report: "TasteExport") -> dict[str, Any]:
    return {"file": str(report.file), "signals": report.n_signals}


def taste_import(report: "TasteImport") -> dict[str, Any]:
    return {
        "file": str(report.file),
        "new": report.new,
        "known": report.known,
        "faulty": plain(report.faulty),
    }


_SIGNAL = object_(
    {
        "id": WHOLE,
        "verb": {"type": "string", "enum": ["like", "dislike", "ban"]},
        "thing": {"type": "string", "enum": ["track", "artist", "album"]},
        "name": TEXT,
        "artists": TEXTS,
        "track_id": TEXT_OR_NULL,
        "source": TEXT,
        "said_at": TEXT,
    }
)

_LIKED = {
    "id": 7,
    "verb": "like",
    "thing": "track",
    "name": "So What",
    "artists": ["Miles Davis"],
    "track_id": "spotify:track:4vLYewWIvqHfKtJDk8c8tq",
    "source": "api",
    "said_at": "2026-11-30T04:51:19+00:00",
}

SIGNAL = Schema("What was said of one thing.", _SIGNAL, _LIKED)
TASTE = Schema("What was liked, disliked and banned, the latest first.", list_(_SIGNAL), [_LIKED])
