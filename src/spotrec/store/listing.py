"""What the store holds, listed page by page: a catalogue of any size is shown from its first row on."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from spotrec.names.titles import normalised
from spotrec.store import rows
from spotrec.store.database import StoreDatabase
from spotrec.track import Collection, CollectionKind, Failure, ModelId, Outcome, Track, TrackId

_PAGE = 500

_TRACKS = """
    select track.*, track.rowid as number,
        exists (select 1 from embedding where embedding.track_id = track.id and model = :model) as is_heard,
        exists (select 1 from audio where audio.track_id = track.id and deleted_at is null) as has_audio
    from track where in_catalogue and track.rowid > :after
        and (:collection is null
            or id in (select track_id from collection_track where collection_id = :collection))
        and (not :failed or id in (select track_id from failure))
        and (not :missing_audio or not (is_heard or has_audio))
        and not exists (select 1 from json_each(:words) where instr(search_text, value) = 0)
    order by track.rowid limit :limit
"""

_FAILURES = "select * from failure where track_id in (select value from json_each(:ids)) order by track_id, stage"

_ANSWERS = """
    select * from preview_outcome where track_id in (select value from json_each(:ids)) order by track_id, asked_at
"""

_TRACK_IN_FILE = """
    select * from track where path = :path or id in (select track_id from local_file where path = :path) limit 1
"""


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Which tracks to list: those for which all of this holds.

    `words` all stand in title or artists; `artist` is an artist's name, or whole words of it.
    """

    words: str = ""
    artist: str = ""
    collection_id: str | None = None
    missing_audio: bool = False
    failed: bool = False


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a provider said of a track's preview, and when it is asked again (ISO 8601; None: only when told to)."""

    track_id: TrackId
    provider: str
    outcome: Outcome
    reason: str
    ask_again_at: str | None


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A track and how far it came."""

    track: Track
    is_heard: bool
    has_audio: bool
    failures: tuple[Failure, ...] = ()
    answers: tuple[ProviderAnswer, ...] = ()

    @property
    def state(self) -> str:
        """How far it came, in a word or two."""
        if self.is_heard:
            return "heard"
        if self.failures:
            return "failed: " + ", ".join(failure.reason for failure in self.failures)
        return "has audio" if self.has_audio else "no audio"

    @property
    def faults(self) -> list[str]:
        """Stage, reason and message of each failure."""
        return [f"{failure.stage}: {failure.reason}: {failure.message}" for failure in self.failures]


_Of = TypeVar("_Of", Failure, ProviderAnswer)


@dataclass(frozen=True, slots=True)
class KnownCollection:
    """A collection that was crawled, when that was last (ISO 8601), and how many tracks it lists."""

    collection: Collection
    crawled_at: str
    n_tracks: int

    @property
    def id(self) -> str:
        return self.collection.id


class ListingTable(StoreDatabase):
    """Tracks and collections as people look at them."""

    def records(self, wanted: TrackFilter, model: ModelId) -> Iterator[TrackRecord]:
        """The catalogue's tracks that pass the filter, in the order in which they were first crawled."""
        parameters = {
            "model": str(model),
            "collection": wanted.collection_id,
            "failed": wanted.failed,
            "missing_audio": wanted.missing_audio,
            "words": rows.json_list(normalised(wanted.words).split()),
            "limit": _PAGE,
        }
        after = -1
        while page := self._all(_TRACKS, {**parameters, "after": after}):
            after = page[-1]["number"]
            yield from self._records([row for row in page if _is_by(wanted.artist, rows.track(row))])

    def collections(self, ids: Iterable[str] | None = None) -> list[KnownCollection]:
        """The collections that were crawled, all or those of these ids, by kind and title."""
        wanted = None if ids is None else rows.json_list(ids)
        return [_known(row) for row in self._all(rows.COLLECTIONS, {"ids": wanted})]

    def listed_in(self, collection_id: str) -> set[TrackId]:
        """The tracks that a collection lists."""
        sql = "select distinct track_id from collection_track where collection_id = ?"
        return {TrackId(row[0]) for row in self._all(sql, (collection_id,))}

    def track_in_file(self, path: str) -> Track | None:
        """The track that was read from the file at `path`, whatever became of the file since."""
        row = self._one(_TRACK_IN_FILE, {"path": path})
        return rows.track(row) if row else None

    def _records(self, page: Sequence[sqlite3.Row]) -> Iterator[TrackRecord]:
        ids = {"ids": rows.json_list(row["id"] for row in page)}
        failures = _by_track(rows.failure(row) for row in self._all(_FAILURES, ids))
        answers = _by_track(_answer(row) for row in self._all(_ANSWERS, ids))
        for row in page:
            yield TrackRecord(
                rows.track(row),
                bool(row["is_heard"]),
                bool(row["has_audio"]),
                tuple(failures[row["id"]]),
                tuple(answers[row["id"]]),
            )


def _is_by(artist: str, track: Track) -> bool:
    wanted = normalised(artist)
    return not wanted or any(f" {wanted} " in f" {normalised(name)} " for name in track.artists)


def _by_track(found: Iterable[_Of]) -> defaultdict[TrackId, list[_Of]]:
    by_track: defaultdict[TrackId, list[_Of]] = defaultdict(list)
    for one in found:
        by_track[one.track_id].append(one)
    return by_track


def _answer(row: Any) -> ProviderAnswer:
    return ProviderAnswer(
        row["track_id"], row["provider"], Outcome(row["outcome"]), row["reason"] or "", row["ask_again_at"]
    )


def _known(row: sqlite3.Row) -> KnownCollection:
    collection = Collection(row["id"], CollectionKind(row["kind"]), row["title"], row["url"])
    return KnownCollection(collection, row["crawled_at"], row["n_tracks"])
