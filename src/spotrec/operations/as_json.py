"""Results for programs: JSON and CSV on stdout."""

import csv
import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, FailedSource
    from spotrec.extract.extract import HeardFile
    from spotrec.operations.results import Journey, Recommendations, Removal, SyncReport
    from spotrec.query.explain import Explanation
    from spotrec.query.seed import SeedGroup
    from spotrec.store import KnownCollection, TrackRecord
    from spotrec.track import Track

_CSV_COLUMNS = ("rank", "track_id", "title", "artists", "album", "similarity", "tags", "url", "path")
_STEP_COLUMNS = ("step", "track_id", "title", "artists", "album", "similarity", "along", "tags", "url", "path")
_RECORD_COLUMNS = (
    *("track_id", "title", "artists", "album", "isrc", "genre", "mood", "bpm", "musical_key"),
    *("state", "failures", "answers", "url", "path"),
)
_COLLECTION_COLUMNS = ("id", "kind", "title", "url", "tracks", "crawled_at")


def show(value: Any) -> None:
    """Print one JSON value."""
    typer.echo(_dumped(value, indent=2))


def plain(value: Any) -> Any:
    """A report of plain fields, or a list of such."""
    return [asdict(one) for one in value] if isinstance(value, list) else asdict(value)


def track(track: "Track") -> dict[str, Any]:
    fields = asdict(track)
    del fields["preview_url"]
    return {"track_id": fields.pop("id"), **fields, "artists": list(track.artists)}


def crawl_report(report: "CrawlReport") -> dict[str, Any]:
    return {
        "seen": report.seen,
        "new": report.new,
        "with_audio": report.with_audio,
        "fetched": report.fetched,
        "missing": [{"track": track(missing.track), "reason": missing.reason} for missing in report.missing],
        "skipped": plain(report.skipped),
        "failed_sources": [_failed_source(failed) for failed in report.failed_sources],
        "notices": report.notices,
        "waiting_for": [error.message for error in report.waiting_for],
        "sources": plain(report.sources),
        "providers": report.providers,
    }


def crawl_plan(plan: "CrawlPlan") -> dict[str, Any]:
    return {
        "sources": plain(plan.sources),
        "tracks": [{"track": track(one.track), "provider": one.provider, "how": one.how} for one in plan.tracks],
        "skipped": plain(plan.skipped),
        "failed_sources": [_failed_source(failed) for failed in plan.failed_sources],
        "notices": plan.notices,
    }


def _failed_source(failed: "FailedSource") -> dict[str, Any]:
    error = failed.error
    return {"source": failed.source, "error": error.message, "hint": error.hint, "exit_code": error.exit_code}


def recommendations(found: "Recommendations") -> dict[str, Any]:
    return {
        "seed": track(found.seed) if found.seed else None,
        "seeds": [_seed_group(group) for group in found.seeds.likes],
        "unlike": [_seed_group(group) for group in found.seeds.unlikes],
        "mood": asdict(found.mood) if found.mood else None,
        "results": _results(found),
        "model": found.model,
        "index": found.index,
        "unknown": found.unknown,
    }


def _seed_group(group: "SeedGroup") -> dict[str, Any]:
    return {
        "name": group.name,
        "kind": group.kind,
        "n_tracks": len(group.track_ids),
        "track": track(group.track) if group.track else None,
    }


def show_csv(found: "Recommendations") -> None:
    is_explained = any(result.explanation for result in found.results)
    rows = (
        row
        | {"artists": "; ".join(row["artists"]), "tags": "; ".join(row["tags"])}
        | ({"explanation": row["explanation"]["text"]} if is_explained else {})
        for row in _results(found)
    )
    _write_csv((*_CSV_COLUMNS, "explanation") if is_explained else _CSV_COLUMNS, rows)


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    beside = explanation.beside
    return {
        "beside": {"track_id": beside.id, "name": beside.name} if beside else None,
        "similarity": None if explanation.similarity is None else round(explanation.similarity, 6),
        "tags": list(explanation.tags),
        "layers": [
            {
                "layer": layer.layer,
                "name": layer.name,
                "contribution": round(layer.contribution, 6),
                "share": round(layer.share, 6),
            }
            for layer in explanation.layers
        ],
        "mood": {tag: round(deviation, 4) for tag, deviation in explanation.mood.items()},
        "text": explanation.text,
    }


def journey(found: "Journey") -> dict[str, Any]:
    first, last = found.steps[0].track, found.steps[-1].track
    return {
        "from": track(first),
        "to": track(last),
        "steps": _steps(found),
        "model": found.model,
        "index": found.index,
        "unknown": found.unknown,
    }


def show_journey_csv(found: "Journey") -> None:
    _write_csv(
        _STEP_COLUMNS,
        (row | {"artists": "; ".join(row["artists"]), "tags": "; ".join(row["tags"])} for row in _steps(found)),
    )


def _steps(found: "Journey") -> list[dict[str, Any]]:
    return [
        {
            "step": step.number,
            "track_id": step.track.id,
            "title": step.track.title,
            "artists": list(step.track.artists),
            "album": step.track.album,
            "similarity": None if step.similarity is None else round(step.similarity, 6),
            "along": round(step.along, 6),
            "tags": list(step.tags),
            "url": step.track.url,
            "path": step.track.path,
        }
        for step in found.steps
    ]


def stream(values: Iterable[Any]) -> None:
    """Print one JSON list, a value a line, each as it comes."""
    before = "[\n"
    for value in values:
        sys.stdout.write(before + _dumped(value))
        before = ",\n"
    sys.stdout.write("[]\n" if before == "[\n" else "\n]\n")  # typer may have a stream of its own over the same pipe


def record(record: "TrackRecord") -> dict[str, Any]:
    return {
        **track(record.track),
        "state": record.state,
        "failures": [
            {"stage": failure.stage, "reason": failure.reason, "message": failure.message, "attempts": failure.attempts}
            for failure in record.failures
        ],
        "answers": [
            {
                "provider": answer.provider,
                "outcome": answer.outcome,
                "reason": answer.reason,
                "ask_again_at": answer.ask_again_at,
            }
            for answer in record.answers
        ],
    }


def show_records_csv(records: "Iterable[TrackRecord]") -> None:
    """Print a line for each track as it comes."""
    _write_csv(
        _RECORD_COLUMNS,
        (
            {
                **{name: getattr(one.track, name) for name in _RECORD_COLUMNS if hasattr(one.track, name)},
                "track_id": one.track.id,
                "artists": "; ".join(one.track.artists),
                "state": one.state,
                "failures": "; ".join(one.faults),
                "answers": "; ".join(map(str, one.answers)),
            }
            for one in records
        ),
    )


def collections(known: "Iterable[KnownCollection]") -> list[dict[str, Any]]:
    return [{**asdict(one.collection), "tracks": one.n_tracks, "crawled_at": one.crawled_at} for one in known]


def show_collections_csv(known: "Iterable[KnownCollection]") -> None:
    _write_csv(_COLLECTION_COLUMNS, collections(known))


def removal(removal: "Removal") -> dict[str, Any]:
    return {
        "removed": removal.is_done,
        "tracks": [track(one) for one in removal.tracks],
        "collections": collections(removal.collections),
    }


def sync_report(report: "SyncReport") -> dict[str, Any]:
    return {**crawl_report(report.crawl), "collections": plain(report.changes)}


def embedded(heard: "HeardFile", tags: dict[str, float], model: str) -> dict[str, Any]:
    return {"path": str(heard.path), "model": model, "vector": heard.vector.tolist(), "tags": tags}


def _write_csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns)
    writer.writeheader()
    writer.writerows(rows)


def _results(found: "Recommendations") -> list[dict[str, Any]]:
    return [
        {
            "rank": result.rank,
            "track_id": result.track.id,
            "title": result.track.title,
            "artists": list(result.track.artists),
            "album": result.track.album,
            "similarity": round(result.similarity, 6),
            "tags": list(result.tags),
            "url": result.track.url,
            "path": result.track.path,
            **({"explanation": _explanation(result.explanation)} if result.explanation else {}),
        }
        for result in found.results
    ]


def _dumped(value: Any, indent: int | None = None) -> str:
    is_unicode = (sys.stdout.encoding or "utf-8").lower().startswith("utf")
    return json.dumps(value, ensure_ascii=not is_unicode, indent=indent, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")
