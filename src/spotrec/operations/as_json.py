"""Results as JSON values, made of dicts, lists, texts and numbers; and the columns of lists of results."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, FailedSource
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.extract.extract import HeardFile
    from spotrec.operations.journey import Journey
    from spotrec.operations.query import Recommendations
    from spotrec.operations.radio import RadioReport
    from spotrec.operations.results import CopyReport, PlaylistTarget, Removal, SyncReport, TrackEmbedding
    from spotrec.query.explanation import Explanation
    from spotrec.query.seed import SeedGroup
    from spotrec.store import KnownCollection, TrackRecord
    from spotrec.track import Track


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a list of results, in JSON, CSV and tables.

    Attributes:
        name: in JSON and CSV; "" if the column is only in tables.
        read: a row → its JSON value.
        heading: in tables; "" if the column is not in tables.
        shown: a row → its text in tables, and in CSV for nested values; by default the value itself.
        is_number: whether tables align it right.
        is_of_track: whether it describes the track; a terminal shows all these in one column.
        is_optional: whether it is omitted if the value is None.
    """

    name: str
    read: Callable[[Any], Any]
    heading: str = ""
    shown: Callable[[Any], str] | None = None
    is_number: bool = False
    is_of_track: bool = False
    is_optional: bool = False

    def text(self, row: Any) -> str:
        """Return the text of a row in a table."""
        if self.shown:
            return self.shown(row)
        value = self.read(row)
        if isinstance(value, list):
            return ", ".join(value)
        return "" if value is None else str(value)

    def cell(self, row: Any) -> Any:
        """Return the cell of a row in CSV: the value, a list of texts joined, or the text of a nested value."""
        value = self.read(row)
        if isinstance(value, list) and not any(isinstance(one, dict) for one in value):
            return "; ".join(value)
        return self.text(row) if isinstance(value, dict | list) else value


def fields(columns: Sequence[Column], row: Any) -> dict[str, Any]:
    """Return the JSON value of a row."""
    values = ((column, column.read(row)) for column in columns if column.name)
    return {column.name: value for column, value in values if not (column.is_optional and value is None)}


def plain(value: Any) -> Any:
    """Return a dataclass of plain fields, or a list of them, as JSON values."""
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
        "repeated": report.repeated,
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


def sync_report(report: "SyncReport") -> dict[str, Any]:
    return {**crawl_report(report.crawl), "collections": plain(report.changes)}


def recommendations(found: "Recommendations") -> dict[str, Any]:
    return {
        "seed": track(found.seed) if found.seed else None,
        "seeds": [_seed_group(group) for group in found.seeds.likes],
        "unlike": [_seed_group(group) for group in found.seeds.unlikes],
        "mood": asdict(found.mood) if found.mood else None,
        "results": [fields(RESULTS, result) for result in found.results],
        "model": found.model,
        "index": found.index,
        "unknown": found.unknown,
    }


def radio(report: "RadioReport") -> dict[str, Any]:
    return {
        "added": [fields(RESULTS, result) for result in report.added],
        "skipped": [track(one) for one in report.skipped],
        "left_out": report.left_out,
    }


def journey(found: "Journey") -> dict[str, Any]:
    return {
        "from": track(found.steps[0].track),
        "to": track(found.steps[-1].track),
        "steps": [fields(STEPS, step) for step in found.steps],
        "model": found.model,
        "index": found.index,
        "unknown": found.unknown,
    }


def record(record: "TrackRecord") -> dict[str, Any]:
    return track(record.track) | fields(RECORDS, record)


def embedding(found: "TrackEmbedding") -> dict[str, Any]:
    return {"track_id": found.track.id, "model": found.model, "vector": found.vector.tolist(), "tags": found.tags}


def collections(known: "Iterable[KnownCollection]") -> list[dict[str, Any]]:
    return [fields(COLLECTIONS, one) for one in known]


def playlist_target(target: "PlaylistTarget") -> dict[str, Any]:
    return {"to": target.to, "name": target.name}


def playlist(made: "SpotifyPlaylist | SubsonicPlaylist") -> dict[str, Any]:
    """A playlist that was made or planned, wherever it is."""
    return {
        "name": made.name,
        "public": made.public,
        "tracks": [{"track_id": one.track_id, "name": one.name, "by": one.by} for one in made.tracks],
        "left_out": [{"track_id": one.track_id, "name": one.name, "reason": one.reason} for one in made.left_out],
        "repeated": made.repeated,
        "is_done": made.is_done,
        "url": made.url,
        "was_there": made.was_there,
    }


def removal(removal: "Removal") -> dict[str, Any]:
    return {
        "removed": removal.is_done,
        "tracks": [track(one) for one in removal.tracks],
        "collections": collections(removal.collections),
    }


def embedded(heard: "HeardFile", tags: dict[str, float], model: str) -> dict[str, Any]:
    return {"path": str(heard.path), "model": model, "vector": heard.vector.tolist(), "tags": tags}


def cache_copy(report: "CopyReport") -> dict[str, Any]:
    return {**plain(report), "failures": [{"key": key, "reason": reason} for key, reason in report.failures]}


def _failed_source(failed: "FailedSource") -> dict[str, Any]:
    error = failed.error
    return {"source": failed.source, "error": error.message, "hint": error.hint, "exit_code": error.exit_code}


def _seed_group(group: "SeedGroup") -> dict[str, Any]:
    return {
        "name": group.name,
        "kind": group.kind,
        "n_tracks": len(group.track_ids),
        "track": track(group.track) if group.track else None,
    }


def _explanation(explanation: "Explanation") -> dict[str, Any]:
    beside = explanation.beside
    return {
        "beside": {"track_id": beside.id, "name": beside.name} if beside else None,
        "similarity": _rounded(explanation.similarity),
        "tags": list(explanation.tags),
        "layers": [
            {
                "layer": layer.layer,
                "name": layer.name,
                "contribution": _rounded(layer.contribution),
                "share": _rounded(layer.share),
            }
            for layer in explanation.layers
        ],
        "mood": {tag: round(deviation, 4) for tag, deviation in explanation.mood.items()},
        "text": explanation.text,
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 6)


_TRACK_ID = Column("track_id", lambda row: row.track.id)
_TITLE = Column("title", lambda row: row.track.title, "title", is_of_track=True)
_ARTISTS = Column("artists", lambda row: list(row.track.artists), "artist", is_of_track=True)
_ALBUM = Column("album", lambda row: row.track.album, "album", is_of_track=True)
_URL = Column("url", lambda row: row.track.url)
_PATH = Column("path", lambda row: row.track.path)
_TAGS = Column("tags", lambda row: list(row.tags))
_SHARED_TAGS = Column("", lambda row: list(row.tags), "shared tags", is_of_track=True)
_LINK = Column("", lambda row: row.track.address, "link", is_of_track=True)

RESULTS = (
    Column("rank", lambda row: row.rank, "#", is_number=True),
    *(_TRACK_ID, _TITLE, _ARTISTS, _ALBUM),
    Column(
        "similarity",
        lambda row: _rounded(row.similarity),
        "similarity",
        lambda row: f"{row.similarity:.3f}",
        is_number=True,
    ),
    *(_TAGS, _URL, _PATH),
    Column(
        "explanation",
        lambda row: _explanation(row.explanation) if row.explanation else None,
        "why",
        lambda row: row.explanation.text if row.explanation else "",
        is_of_track=True,
        is_optional=True,
    ),
    *(_SHARED_TAGS, _LINK),
)
"""The columns of a `Recommendation`."""

STEPS = (
    Column("step", lambda row: row.number, "#", is_number=True),
    *(_TRACK_ID, _TITLE, _ARTISTS, _ALBUM),
    Column(
        "similarity",
        lambda row: _rounded(row.similarity),
        "step",
        lambda row: "" if row.similarity is None else f"{row.similarity:.3f}",
        is_number=True,
    ),
    Column("along", lambda row: _rounded(row.along), "along", lambda row: f"{row.along:.0%}", is_number=True),
    *(_TAGS, _URL, _PATH, _SHARED_TAGS, _LINK),
)
"""The columns of a `Step` of a journey."""

RECORDS = (
    *(_TRACK_ID, _TITLE, _ARTISTS, _ALBUM),
    Column("isrc", lambda row: row.track.isrc),
    Column("genre", lambda row: row.track.genre),
    Column("mood", lambda row: row.track.mood),
    Column("bpm", lambda row: row.track.bpm),
    Column("musical_key", lambda row: row.track.musical_key),
    Column("state", lambda row: row.state, "state"),
    Column(
        "failures",
        lambda row: [
            {"stage": one.stage, "reason": one.reason, "message": one.message, "attempts": one.attempts}
            for one in row.failures
        ],
        shown=lambda row: "; ".join(row.faults),
    ),
    Column(
        "answers",
        lambda row: [
            {"provider": one.provider, "outcome": one.outcome, "reason": one.reason, "ask_again_at": one.ask_again_at}
            for one in row.answers
        ],
    ),
    *(_URL, _PATH, _LINK),
)
"""The columns of a `TrackRecord`."""

COLLECTIONS = (
    Column("id", lambda row: row.id),
    Column("kind", lambda row: row.collection.kind),
    Column("title", lambda row: row.collection.title),
    Column("url", lambda row: row.collection.url),
    Column("tracks", lambda row: row.n_tracks),
    Column("crawled_at", lambda row: row.crawled_at),
)
"""The columns of a `KnownCollection`."""

CACHED_FILES = (
    Column("key", lambda row: row.key, "key"),
    Column("n_bytes", lambda row: row.n_bytes, "MB", lambda row: f"{row.n_bytes / 1e6:.1f}", is_number=True),
    Column("state", lambda row: row.state, "state"),
    Column("track_id", lambda row: row.track.id if row.track else None),
    Column("title", lambda row: row.track.title if row.track else None),
    Column("artists", lambda row: list(row.track.artists) if row.track else []),
    Column("", lambda row: row.track.name if row.track else "", "track"),
)
"""The columns of a `CachedFile`."""
