"""Results for programs: JSON and CSV on stdout."""

import csv
import json
import sys
from dataclasses import asdict
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from spotrec.crawl.crawl import CrawlReport
    from spotrec.demo.demo import Demo
    from spotrec.extract.extract import Heard
    from spotrec.recommender import Recommendations
    from spotrec.track import Track

_CSV_COLUMNS = ("rank", "track_id", "title", "artists", "album", "similarity", "tags", "url", "path")


def show(value: Any) -> None:
    """Print one JSON value."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


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
        "failed_sources": [
            {
                "source": failed.source,
                "error": failed.error.message,
                "hint": failed.error.hint,
                "exit_code": failed.error.exit_code,
            }
            for failed in report.failed_sources
        ],
        "notices": report.notices,
        "waiting_for": [error.message for error in report.waiting_for],
    }


def recommendations(found: "Recommendations") -> dict[str, Any]:
    return {"seed": track(found.seed), "results": _results(found), "model": found.model, "index": found.index}


def show_csv(found: "Recommendations") -> None:
    writer = csv.DictWriter(sys.stdout, _CSV_COLUMNS)
    writer.writeheader()
    for row in _results(found):
        writer.writerow(row | {"artists": "; ".join(row["artists"]), "tags": "; ".join(row["tags"])})


def embedded(heard: "Heard", tags: dict[str, float], model: str) -> dict[str, Any]:
    return {"path": str(heard.path), "model": model, "vector": heard.vector.tolist(), "tags": tags}


def demo(shown: "Demo") -> dict[str, Any]:
    return {
        "folder": str(shown.folder),
        "same_style": shown.same_style,
        "queries": [
            {"style": query.style, **recommendations(query.found), "same_style": query.same_style}
            for query in shown.queries
        ],
    }


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
        }
        for result in found.results
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    raise TypeError(f"{type(value).__name__} has no JSON form")
