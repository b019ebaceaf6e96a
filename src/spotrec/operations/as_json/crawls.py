"""What a crawl found, or would find."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from spotrec.operations.as_json.columns import plain
from spotrec.operations.as_json.tracks import track

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, FailedSource
    from spotrec.crawl.sources import SkippedEntry
    from spotrec.operations.results import AddReport, SyncReport


def crawl_report(report: "CrawlReport") -> dict[str, Any]:
    return {
        "seen": report.seen,
        "new": report.new,
        "with_audio": report.with_audio,
        "fetched": report.fetched,
        "repeated": report.repeated,
        "missing": [{"track": track(missing.track), "reason": missing.reason} for missing in report.missing],
        "skipped": _skipped(report.skipped),
        "failed_sources": [_failed_source(failed) for failed in report.failed_sources],
        "notices": report.notices,
        "waiting_for": [error.message for error in report.waiting_for],
        "sources": plain(report.sources),
        "providers": report.providers,
    }


def add_report(report: "AddReport") -> dict[str, Any]:
    return {
        "crawl": crawl_report(report.crawl),
        "extraction": plain(report.extraction) if report.extraction else None,
        "index": plain(report.index) if report.index else None,
        "example": report.example or None,
        "collections": plain(report.changes),
    }


def crawl_plan(plan: "CrawlPlan") -> dict[str, Any]:
    return {
        "sources": plain(plan.sources),
        "tracks": [{"track": track(one.track), "provider": one.provider, "how": one.how} for one in plan.tracks],
        "skipped": _skipped(plan.skipped),
        "failed_sources": [_failed_source(failed) for failed in plan.failed_sources],
        "notices": plan.notices,
    }


def sync_report(report: "SyncReport") -> dict[str, Any]:
    return {**crawl_report(report.crawl), "collections": plain(report.changes)}


def _skipped(entries: "Sequence[SkippedEntry]") -> list[dict[str, Any]]:
    return [{"name": one.name, "reason": one.reason} for one in entries]


def _failed_source(failed: "FailedSource") -> dict[str, Any]:
    error = failed.error
    return {"source": failed.source, "error": error.message, "hint": error.hint, "exit_code": error.exit_code}
