"""The catalogue's tracks, read page by page, so that the first rows of a large catalogue appear at once."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from spotrec.names.titles import normalised
from spotrec.store import columns
from spotrec.store.database import Database, json_list
from spotrec.store.failures import Failures
from spotrec.store.previews import Previews, ProviderAnswer
from spotrec.track import Failure, ModelId, Track, TrackId

_PAGE = 500

_TRACKS = """
    select track.*, track.rowid as number,
        exists (select 1 from embedding where embedding.track_id = track.id and model = :model) as is_heard,
        exists (select 1 from audio where audio.track_id = track.id and deleted_at is null) as has_audio
    from track where in_catalogue and track.rowid > :after
        and (:collection is null
            or id in (select track_id from collection_track where collection_id = :collection))
        and (:track_ids is null or id in (select value from json_each(:track_ids)))
        and (not :failed or id in (select track_id from failure))
        and (not :missing_audio or not (is_heard or has_audio))
        and not exists (select 1 from json_each(:words) where instr(search_text, value) = 0)
    order by track.rowid limit :limit
"""

_BY_IDS = """
    select track.*,
        exists (select 1 from embedding where embedding.track_id = track.id and model = :model) as is_heard,
        exists (select 1 from audio where audio.track_id = track.id and deleted_at is null) as has_audio
    from track where id in (select value from json_each(:ids))
"""

_ENTRIES = """
    select id, artists, album, duration_ms, release_date, genre, added_at from track where in_catalogue order by rowid
"""

_PATHS = "select id, path from track where in_catalogue and path is not null"

_SEARCH_TEXTS = "select id, search_text from track where in_catalogue order by length(search_text), id"


@dataclass(frozen=True, slots=True)
class TrackFilter:
    """Conditions that a listed track must meet, all of them.

    Attributes:
        words: each of them is in the title or the artists.
        artist: an artist's name, or whole words of it.
        track_ids: it is one of these.
    """

    words: str = ""
    artist: str = ""
    collection_id: str | None = None
    missing_audio: bool = False
    failed: bool = False
    track_ids: Collection[TrackId] | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What places a track among artists and albums, and when it was first crawled (ISO 8601)."""

    id: TrackId
    artists: tuple[str, ...]
    album: str | None
    duration_ms: int | None
    release_date: str | None
    genre: str | None
    added_at: str


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """A track and its state in the pipeline."""

    track: Track
    is_heard: bool
    has_audio: bool
    failures: tuple[Failure, ...] = ()
    answers: tuple[ProviderAnswer, ...] = ()

    @property
    def state(self) -> str:
        """The state in a word or two."""
        if self.is_heard:
            return "heard"
        if self.failures:
            return "failed: " + ", ".join(failure.reason for failure in self.failures)
        return "has audio" if self.has_audio else "no audio"

    @property
    def faults(self) -> list[str]:
        """The stage, reason and message of each failure."""
        return [f"{failure.stage}: {failure.reason}: {failure.message}" for failure in self.failures]


_Of = TypeVar("_Of", Failure, ProviderAnswer)


class Listing:
    """The catalogue's tracks, each with its state."""

    def __init__(self, db: Database, failures: Failures, previews: Previews) -> None:
        self._db = db
        self._failures = failures
        self._previews = previews

    def records(self, wanted: TrackFilter, model: ModelId) -> Iterator[TrackRecord]:
        """Yield the catalogue's tracks that pass the filter, in the order in which they were first crawled.

        If no track has these words or this artist, accents and apostrophes do not count.
        """
        found = self._that_pass(wanted, model, _has_words)
        if (first := next(found, None)) is not None:
            yield first
            yield from found
        elif wanted.words or wanted.artist:
            yield from self._that_pass(wanted, model, _has_typed_words)

    def of(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, TrackRecord]:
        """Return the records of these tracks, also of tracks that are only seeds; unknown ids are omitted."""
        found = self._records(self._db.rows(_BY_IDS, {"model": str(model), "ids": json_list(track_ids)}))
        return {record.track.id: record for record in found}

    def entries(self) -> Iterator[Entry]:
        """Yield the catalogue's tracks in the order in which they were first crawled."""
        for id_, artists, *others in self._db.rows(_ENTRIES):
            yield Entry(TrackId(id_), tuple(json.loads(artists)), *others)

    def paths(self) -> list[tuple[TrackId, str]]:
        """Return the id and the path of every track of the catalogue that is a file here."""
        return [(TrackId(row[0]), row[1]) for row in self._db.rows(_PATHS)]

    def search_texts(self) -> list[tuple[TrackId, str]]:
        """Return the id and the normalised title and artists of every track of the catalogue, shortest text first."""
        return [(TrackId(row[0]), row[1]) for row in self._db.rows(_SEARCH_TEXTS)]

    def _that_pass(
        self, wanted: TrackFilter, model: ModelId, passes: Callable[[TrackFilter, Track], bool]
    ) -> Iterator[TrackRecord]:
        words = normalised(wanted.words).split() if passes is _has_words else []
        parameters = {
            "model": str(model),
            "collection": wanted.collection_id,
            "track_ids": None if wanted.track_ids is None else json_list(list(wanted.track_ids)),
            "failed": wanted.failed,
            "missing_audio": wanted.missing_audio,
            "words": json_list(words),
            "limit": _PAGE,
        }
        after = -1
        while page := self._db.rows(_TRACKS, {**parameters, "after": after}):
            after = page[-1]["number"]
            yield from self._records([row for row in page if passes(wanted, columns.track(row))])

    def _records(self, page: Sequence[sqlite3.Row]) -> Iterator[TrackRecord]:
        ids = [TrackId(row["id"]) for row in page]
        failures = _by_track(self._failures.of_many(ids))
        answers = _by_track(self._previews.answers_of_many(ids))
        for row in page:
            yield TrackRecord(
                columns.track(row),
                bool(row["is_heard"]),
                bool(row["has_audio"]),
                tuple(failures[row["id"]]),
                tuple(answers[row["id"]]),
            )


def _has_words(wanted: TrackFilter, track: Track) -> bool:
    """Return whether this is a track by the artist; SQL has looked for the words."""
    artist = normalised(wanted.artist)
    return not artist or any(f" {artist} " in f" {normalised(name)} " for name in track.artists)


def _has_typed_words(wanted: TrackFilter, track: Track) -> bool:
    """Return whether this is a track by the artist and with the words, as people type them."""
    from spotrec.names.spellings import typed, typos

    artist, words = typed(wanted.artist), typed(wanted.words).split()
    return typos(words, " ".join((track.title, *track.artists)), most=0) is not None and (
        not artist or any(f" {artist} " in f" {typed(name)} " for name in track.artists)
    )


def _by_track(found: Iterable[_Of]) -> defaultdict[TrackId, list[_Of]]:
    by_track: defaultdict[TrackId, list[_Of]] = defaultdict(list)
    for one in found:
        by_track[one.track_id].append(one)
    return by_track
