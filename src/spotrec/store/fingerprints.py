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
    """A track's fingerprint, and its length if it is known."""

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

    def of_catalogue(self, version: int) -> Iterator[tuple[TrackId, Fingerprint]]:
        """Yield the fingerprints of the catalogue's tracks, in order of id. One that is damaged counts as none."""
        for id_, stored in self._db.rows(_OF_CATALOGUE, {"version": version}):
            if (words := _words(stored)) is not None:
                yield TrackId(id_), words

    def of(self, track_ids: Iterable[TrackId], version: int) -> dict[TrackId, StoredFingerprint]:
        """Return the fingerprints of these tracks, of the catalogue or not. One that is damaged counts as none."""
        rows = self._db.rows(_OF_TRACKS, {"ids": json_list(track_ids), "version": version})
        return {
            TrackId(id_): StoredFingerprint(words, duration_ms)
            for id_, stored, duration_ms in rows
            if (words := _words(stored)) is not None
        }

    def count_without(self, version: int) -> int:
        """Count the catalogue's tracks that have features and no fingerprint."""
        row = self._db.row(_COUNT_WITHOUT, {"version": version})
        return int(row[0]) if row else 0


def _words(stored: object) -> Fingerprint | None:
    """Return what is stored as words, or None if it is damaged."""
    if not isinstance(stored, bytes) or len(stored) % 4:
        return None
    return np.frombuffer(stored, "<u4").astype(np.uint32, copy=False)
