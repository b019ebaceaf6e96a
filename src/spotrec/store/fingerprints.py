"""Acoustic fingerprints of tracks, as `audio.fingerprint` makes them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from spotrec.store.database import Database, json_list, now
from spotrec.store.tracks import Tracks
from spotrec.track import TrackId
from spotrec.vectors import Fingerprint

_SAVE = """
    insert into fingerprint (track_id, version, words, heard_at)
    select id, :version, :words, :at from track where id = :id
    on conflict (track_id) do update set version = :version, words = :words, heard_at = :at
"""

# of an earlier version it is compared with no other
_FILL = """
    insert into fingerprint (track_id, version, words, heard_at) values (:id, :version, :words, :at)
    on conflict (track_id) do update set version = :version, words = :words, heard_at = :at
        where :is_replaced or version < :version
"""

_OF_CATALOGUE = """
    select fingerprint.track_id, words from fingerprint join track on track.id = fingerprint.track_id
    where in_catalogue and version = :version order by fingerprint.track_id
"""

_OF_TRACKS = """
    select track_id, words, duration_ms from fingerprint join track on track.id = track_id
    where version = :version and track_id in (select value from json_each(:ids))
"""

_COUNT_WITHOUT = """
    select count(*) from track where in_catalogue
        and exists (select 1 from embedding where embedding.track_id = track.id)
        and not exists (select 1 from fingerprint where fingerprint.track_id = track.id and version = :version)
"""


@dataclass(frozen=True, slots=True)
class StoredFingerprint:
    """A fingerprint, and the version of how it was made."""

    words: Fingerprint
    version: int


@dataclass(frozen=True, slots=True)
class TrackFingerprint:
    """The fingerprint of a track, and the track's length if it is known."""

    words: Fingerprint
    duration_ms: int | None = None


class Fingerprints:
    """What a track's audio is recognised by. `version`: of how they are made; others are not compared with them."""

    def __init__(self, db: Database, tracks: Tracks) -> None:
        self._db = db
        self._tracks = tracks

    def save(self, by_track: Mapping[TrackId, Fingerprint], version: int) -> None:
        """Store fingerprints of tracks, except of removed ones, in place of earlier ones."""
        if not by_track:
            return
        with self._db.transaction() as write:
            for id_, words in by_track.items():
                row = {"id": self._tracks.stored_id(id_), "version": version, "words": words.astype("<u4").tobytes()}
                write.execute(_SAVE, row | {"at": now()})

    def fill(self, id_: TrackId, found: StoredFingerprint, *, is_replaced: bool) -> None:
        """Store a stored track's fingerprint if it has none or an older one, or if one is to be replaced."""
        row = {"id": id_, "version": found.version, "words": found.words.astype("<u4").tobytes(), "at": now()}
        with self._db.transaction() as write:
            write.execute(_FILL, row | {"is_replaced": is_replaced})

    def of_catalogue(self, version: int) -> Iterator[tuple[TrackId, Fingerprint]]:
        """Yield the fingerprints of the catalogue's tracks, in order of id. One that is damaged counts as none."""
        for id_, words in self._db.rows(_OF_CATALOGUE, {"version": version}):
            if found := stored_fingerprint(words, version):
                yield TrackId(id_), found.words

    def of(self, track_ids: Iterable[TrackId], version: int) -> dict[TrackId, TrackFingerprint]:
        """Return the fingerprints of these tracks, of the catalogue or not. One that is damaged counts as none."""
        rows = self._db.rows(_OF_TRACKS, {"ids": json_list(track_ids), "version": version})
        return {
            TrackId(id_): TrackFingerprint(found.words, duration_ms)
            for id_, words, duration_ms in rows
            if (found := stored_fingerprint(words, version))
        }

    def count_without(self, version: int) -> int:
        """Count the catalogue's tracks that have features and no fingerprint."""
        row = self._db.row(_COUNT_WITHOUT, {"version": version})
        return int(row[0]) if row else 0


def stored_fingerprint(words: object, version: int | None) -> StoredFingerprint | None:
    """Return a fingerprint as it is stored; None if there is none or it is damaged."""
    if version is None or not isinstance(words, bytes) or len(words) % 4:
        return None
    return StoredFingerprint(np.frombuffer(words, "<u4").astype(np.uint32, copy=False), version)
