"""Results as JSON values, made of dicts, lists, texts and numbers; and the columns of lists of results."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.crawl.plan import CrawlPlan
    from spotrec.crawl.report import CrawlReport, FailedSource
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist
    from spotrec.extract.extract import HeardFile
    from spotrec.operations.duplicates import Copy, Duplicate, Duplicates
    from spotrec.operations.journey import Journey
    from spotrec.operations.lists.changed_playlist import ChangedPlaylist
    from spotrec.operations.lists.dedupe import DedupedPlaylist
    from spotrec.operations.lists.entries import Entry
    from spotrec.operations.lists.extend import ExtendedPlaylist
    from spotrec.operations.lists.fill import FilledPlaylist
    from spotrec.operations.lists.reorder import ReorderedPlaylist
    from spotrec.operations.lists.services import SentPlaylist
    from spotrec.operations.lists.written_playlist import WrittenList
    from spotrec.operations.play_station import StationPlay
    from spotrec.operations.query import Recommendations
    from spotrec.operations.radio import RadioReport
    from spotrec.operations.results import AddReport, CopyReport, PlaylistTarget, Removal, SyncReport, TrackEmbedding
    from spotrec.operations.similar_artists import SimilarArtists
    from spotrec.operations.stations import StationRefresh, StationsReport
    from spotrec.operations.taste import TasteReport
    from spotrec.operations.taste_file import TasteExport, TasteImport
    from spotrec.query.explanation import Explanation
    from spotrec.query.seed import SeedGroup
    from spotrec.store import KnownCollection, Signal, Station, TrackRecord


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
    found: dict[str, Any] = {}
    for column in columns:
        if column.name:
            value = column.read(row)
            if not (value is None and column.is_optional):
                found[column.name] = value
    return found


def plain(value: Any) -> Any:
    """Return a dataclass of plain fields, or a list of them, as JSON values."""
    return [asdict(one) for one in value] if isinstance(value, list) else asdict(value)


def track(track: Track) -> dict[str, Any]:
    tempo_and_key = {
        "bpm": track.known_bpm,
        "bpm_source": track.bpm_source,
        "musical_key": track.known_key,
        "musical_key_source": track.key_source,
    }
    stored = zip(_OF_A_TRACK, _values(track), strict=True)
    return {"track_id": track.id, **dict(stored), "artists": list(track.artists), **tempo_and_key}


_NOT_IN_JSON = {"id", "preview_url", "heard_bpm", "bpm_confidence", "heard_key", "key_confidence", "heard_by"}
_OF_A_TRACK = tuple(one.name for one in dataclasses.fields(Track) if one.name not in _NOT_IN_JSON)
_values = attrgetter(*_OF_A_TRACK)


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
        "taste": found.with_taste,
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


def station(station: "Station") -> dict[str, Any]:
    from spotrec.operations.station_target import stored_target
    from spotrec.operations.stations import every_of
    from spotrec.operations.wishes import stored_wish

    wish, target = stored_wish(station.wish), stored_target(station.target)
    return {
        "name": station.name,
        "seeds": [asdict(seed) for seed in wish.seeds],
        "unlike": [asdict(seed) for seed in wish.unlike],
        "mood": wish.mood,
        "mood_weight": wish.mood_weight,
        "options": dict(wish.options),
        "every": every_of(station.every_s),
        "to": target.name if target else None,
        "relative_to": target.relative_to if target else None,
        "address": station.address,
        "added_at": station.added_at,
        "written_at": station.written_at,
        "written": station.n_written,
    }


def stations(found: "Iterable[Station]") -> list[dict[str, Any]]:
    return [station(one) for one in found]


def stations_report(report: "StationsReport") -> list[dict[str, Any]]:
    return [_refreshed(one) for one in report.stations]


def _refreshed(one: "StationRefresh") -> dict[str, Any]:
    made, written, error = one.made, one.written, one.error
    return {
        "station": station(one.station),
        "track_ids": [track.id for track in made.tracks] if made else [],
        "repeated": made.n_repeated if made else 0,
        "written": written.n_tracks if written else None,
        "left_out": [{"name": name, "reason": reason} for name, reason in written.left_out] if written else [],
        "error": error.message if error else None,
        "hint": error.hint if error else "",
        "exit_code": error.exit_code if error else 0,
    }


def station_play(played: "StationPlay") -> dict[str, Any]:
    return {
        "station": played.made.station.name,
        "track_ids": [track.id for track in played.made.tracks],
        "opened": played.opened.address if played.opened else None,
        "added": [track(one) for one in played.added],
        "left_out": [track(one) for one in played.left_out],
    }


def extended_playlist(found: "ExtendedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "added": [fields(RESULTS, result) for result in found.found.results],
        "model": found.found.model,
        "index": found.found.index,
        "unknown": found.found.unknown,
    }


def reordered_playlist(found: "ReorderedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "curve": found.curve,
        "ordered": found.n_ordered,
        "distance": _rounded(found.distance),
        "distance_before": _rounded(found.before),
        "bound": _rounded(found.bound),
        "gap": _rounded(found.gap),
        "is_shortest": found.is_shortest,
        "mean_similarity": _rounded(found.similarity_of(found.distance)),
        "mean_similarity_before": _rounded(found.similarity_of(found.before)),
        "model": found.model,
        "index": found.index,
    }


def deduped_playlist(found: "DedupedPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "repeats": [
            {"number": one.entry.number, "name": one.entry.name, "of": one.of.number, "reason": one.reason}
            for one in found.repeats
        ],
    }


def filled_playlist(found: "FilledPlaylist") -> dict[str, Any]:
    return {
        **_playlist(found.playlist),
        "from": track(found.start),
        "to": track(found.end),
        "model": found.model,
        "index": found.index,
        "unknown": found.unknown,
    }


def delivered(written: "WrittenList | None", sent: "SentPlaylist | None") -> dict[str, Any]:
    """Return what became of a changed list besides being shown."""
    told: dict[str, Any] = {}
    if written:
        told["written"] = {
            "file": str(written.file),
            "entries": written.n_entries,
            "changed": written.is_changed,
            "left_out": written.left_out,
            "elsewhere": written.elsewhere,
        }
    if sent:
        told["sent"] = {
            "service": sent.service,
            "added": sent.is_added,
            "left_out": list(sent.left_out),
            "playlist": plain(sent.made),
        }
    return told


def _playlist(changed: "ChangedPlaylist") -> dict[str, Any]:
    return {
        "title": changed.title,
        "entries": [fields(ENTRIES, row) for row in changed.rows],
        "not_stored": [_entry(entry) for entry in changed.unknown],
        "not_heard": [_entry(entry) for entry in changed.unheard],
    }


def _entry(entry: "Entry") -> dict[str, Any]:
    return {"number": entry.number, "name": entry.name}


def similar_artists(found: "SimilarArtists") -> dict[str, Any]:
    return {
        "artist": found.artist,
        "n_tracks": found.n_tracks,
        "results": [fields(ARTISTS, one) for one in found.results],
        "model": found.model,
        "index": found.index,
    }


def duplicates(found: "Duplicates", most: int | None = None) -> dict[str, Any]:
    """Return the groups, the first `most` of them."""
    return {
        "groups": [
            {
                "group": group.number,
                "why": list(group.why),
                "differs": list(group.differs),
                "copies": [_copy(one) for one in copies_of([group])],
            }
            for group in found.groups[:most]
        ],
        "n_tracks": found.n_tracks,
        "n_compared": found.n_compared,
        "index": found.index,
        "notes": list(found.notes),
    }


def _copy(row: "CopyOfGroup") -> dict[str, Any]:
    values = fields(COPIES, row)
    return {name: value for name, value in values.items() if name not in ("group", "why", "differs")}


@dataclass(frozen=True, slots=True)
class CopyOfGroup:
    """A copy with its group, as a row."""

    group: "Duplicate"
    copy: "Copy"

    @property
    def track(self) -> Track:
        return self.copy.track

    @property
    def is_best(self) -> bool:
        return self.copy is self.group.copies[0]


def copies_of(groups: "Iterable[Duplicate]") -> list[CopyOfGroup]:
    """Return all copies of groups as rows."""
    return [CopyOfGroup(group, copy) for group in groups for copy in group.copies]


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


def _minutes(track: Track) -> str:
    """Return a length as 4:05."""
    if not track.duration_ms:
        return ""
    seconds = round(track.duration_ms / 1000)
    return f"{seconds // 60}:{seconds % 60:02d}"


_TRACK_ID = Column("track_id", lambda row: row.track.id)
_TITLE = Column("title", lambda row: row.track.title, "title", is_of_track=True)
_ARTISTS = Column("artists", lambda row: list(row.track.artists), "artist", is_of_track=True)
_ALBUM = Column("album", lambda row: row.track.album, "album", is_of_track=True)
_URL = Column("url", lambda row: row.track.url)
_PATH = Column("path", lambda row: row.track.path)
_TAGS = Column("tags", lambda row: list(row.tags))
_SHARED_TAGS = Column("", lambda row: list(row.tags), "shared tags", is_of_track=True)
_LINK = Column("", lambda row: row.track.address, "link", is_of_track=True)

_TEMPO_AND_KEY = (
    Column("bpm", lambda row: row.track.known_bpm),
    Column("bpm_source", lambda row: row.track.bpm_source),
    Column("musical_key", lambda row: row.track.known_key),
    Column("musical_key_source", lambda row: row.track.key_source),
)

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
    *(_TAGS, _URL, _PATH, *_TEMPO_AND_KEY),
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
    *(_TAGS, _URL, _PATH, *_TEMPO_AND_KEY, _SHARED_TAGS, _LINK),
)
"""The columns of a `Step` of a journey."""

ENTRIES = (
    Column("place", lambda row: row.place, "#", is_number=True),
    Column(
        "number",
        lambda row: row.entry.number,
        "was",
        lambda row: "new" if row.entry.is_new else str(row.entry.number),
        is_number=True,
    ),
    Column("track_id", lambda row: row.track.id if row.track else None),
    Column("title", lambda row: row.track.title if row.track else row.entry.name, "title"),
    Column("artists", lambda row: list(row.track.artists) if row.track else [], "artist"),
    Column("album", lambda row: row.track.album if row.track else None, "album"),
    Column(
        "similarity",
        lambda row: _rounded(row.similarity),
        "similarity",
        lambda row: "" if row.similarity is None else f"{row.similarity:.3f}",
        is_number=True,
    ),
    Column(
        "energy",
        lambda row: _rounded(row.energy),
        "energy",
        lambda row: "" if row.energy is None else f"{row.energy:+.2f}",
        is_number=True,
        is_optional=True,
    ),
    Column("found_by", lambda row: row.entry.by or None),
    Column("url", lambda row: row.track.url if row.track else None),
    Column("path", lambda row: row.track.path if row.track else row.entry.file or None),
)
"""The columns of a `ListRow`."""

COPIES = (
    Column("group", lambda row: row.group.number, "#", is_number=True),
    Column("is_best", lambda row: row.is_best, "best", lambda row: "*" if row.is_best else ""),
    Column("why", lambda row: list(row.group.why)),
    Column("differs", lambda row: list(row.group.differs)),
    *(_TRACK_ID, _TITLE, _ARTISTS, _ALBUM),
    Column("format", lambda row: row.copy.format, "format"),
    Column("is_lossless", lambda row: row.copy.is_lossless),
    Column("bit_rate_kbps", lambda row: row.copy.bit_rate_kbps, "kbit/s", is_number=True),
    Column("sample_rate_hz", lambda row: row.copy.sample_rate_hz, "Hz", is_number=True),
    Column("duration_ms", lambda row: row.track.duration_ms, "length", lambda row: _minutes(row.track), is_number=True),
    Column(
        "n_bytes",
        lambda row: row.copy.n_bytes,
        "MB",
        lambda row: f"{row.copy.n_bytes / 1e6:.1f}" if row.copy.n_bytes else "",
        is_number=True,
    ),
    Column(
        "similarity",
        lambda row: _rounded(row.copy.similarity),
        "similarity",
        lambda row: "" if row.copy.similarity is None else f"{row.copy.similarity:.3f}",
        is_number=True,
    ),
    Column("is_missing", lambda row: row.copy.is_missing),
    Column("path", lambda row: row.copy.path),
    Column("item", lambda row: row.copy.item),
    Column("url", lambda row: row.track.url),
    Column(
        "",
        lambda row: row.copy.path or row.copy.item or row.track.address,
        "place",
        lambda row: (
            (row.copy.path or row.copy.item or row.track.address) + (" (missing)" if row.copy.is_missing else "")
        ),
    ),
)
"""The columns of a copy of a recording: a `CopyOfGroup`."""

_NEAREST = 3

ARTISTS = (
    Column("rank", lambda row: row.rank, "#", is_number=True),
    Column("artist", lambda row: row.name, "artist"),
    Column(
        "similarity",
        lambda row: _rounded(row.similarity),
        "similarity",
        lambda row: f"{row.similarity:.3f}",
        is_number=True,
    ),
    Column("n_tracks", lambda row: row.n_tracks, "tracks", is_number=True),
    Column(
        "nearest",
        lambda row: [{"track_id": one.id, "title": one.title} for one in row.tracks[:_NEAREST]],
        "nearest tracks",
        lambda row: ", ".join(one.title for one in row.tracks[:_NEAREST]),
    ),
)
"""The columns of a `SimilarArtist`."""

RECORDS = (
    *(_TRACK_ID, _TITLE, _ARTISTS, _ALBUM),
    Column("isrc", lambda row: row.track.isrc),
    Column("genre", lambda row: row.track.genre),
    Column("mood", lambda row: row.track.mood),
    *_TEMPO_AND_KEY,
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
