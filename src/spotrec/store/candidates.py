"""The tracks that a query may recommend, read for many ids by one SQL statement."""

import sqlite3
from collections.abc import Iterable, Set
from dataclasses import dataclass

from spotrec.store import columns
from spotrec.store.database import Database, json_list
from spotrec.store.taste import Taste
from spotrec.track import Track, TrackId

_IDENTITY = """
    track.id, track.isrc, track.recording_key, (
        select group_concat(distinct audio_sha256) from embedding where embedding.track_id = track.id
    ) as audio
"""

_CANDIDATES = f"""
    select track.*, {_IDENTITY} from track
    where in_catalogue and track.id in (select value from json_each(:ids))
"""  # noqa: S608 - no part comes from outside

_NAMED = """
    select * from track where in_catalogue and recording_key in (select value from json_each(:keys))
    order by exists (select 1 from embedding where track_id = track.id), id desc
"""

_TRACKS = "select * from track where id in (select value from json_each(:ids))"
_BATCH = 5_000

_IDENTITIES = f"""
    select {_IDENTITY} from track where track.id in (select value from json_each(:ids))
"""  # noqa: S608 - as above

_NAMED_ALIKE = "select id, recording_key from track where recording_key in (select value from json_each(:keys))"
_NAME = "name "


@dataclass(frozen=True, slots=True)
class Candidate:
    """A track that may be recommended. Copies of one recording share at least one identity."""

    track: Track
    identities: frozenset[str]


class Candidates:
    """Tracks that may be recommended, and the identities by which copies of one recording are recognised."""

    def __init__(self, db: Database, taste: Taste) -> None:
        self._db = db
        self._taste = taste

    def get(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Candidate]:
        """Return the tracks among these that are in the catalogue and not banned."""
        rows = self._db.rows(_CANDIDATES, {"ids": json_list(track_ids)})
        found = {TrackId(row["id"]): Candidate(columns.track(row), _identities(row)) for row in rows}
        banned = self._taste.banned({id_: one.track for id_, one in found.items()})
        return {id_: one for id_, one in found.items() if id_ not in banned} if banned else found

    def not_banned(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these stored tracks, of any number, are not banned."""
        kept = set(track_ids)
        ids = list(kept) if self._taste.has_bans() else []
        for start in range(0, len(ids), _BATCH):
            rows = self._db.rows(_TRACKS, {"ids": json_list(ids[start : start + _BATCH])})
            kept -= self._taste.banned({TrackId(row["id"]): columns.track(row) for row in rows})
        return kept

    def identities(self, track_ids: Iterable[TrackId]) -> frozenset[str]:
        """Return all identities of these recordings (by id, ISRC, name or audio): a track that shares one is a copy."""
        found = self._db.rows(_IDENTITIES, {"ids": json_list(track_ids)})
        return frozenset[str]().union(*map(_identities, found))

    def named(self, keys: Iterable[str]) -> dict[str, Track]:
        """Return a track for each of these keys of names that there is one for, one with features if possible."""
        found = self._db.rows(_NAMED, {"keys": json_list(keys)})
        return {row["recording_key"]: columns.track(row) for row in found}

    def names_shared(self, candidates: Iterable[Candidate], track_ids: Set[TrackId]) -> set[str]:
        """Return the names among the identities of candidates that one of these tracks has too.

        It takes as long as the candidates are many, however many the tracks are.
        """
        identities = {identity for one in candidates for identity in one.identities if identity.startswith(_NAME)}
        keys = json_list(identity.removeprefix(_NAME) for identity in identities)
        alike = self._db.rows(_NAMED_ALIKE, {"keys": keys})
        return {f"{_NAME}{row['recording_key']}" for row in alike if row["id"] in track_ids}


def identity_of(track_id: TrackId) -> str:
    """Return the identity that only the track with this id has."""
    return f"id {track_id}"


def _identities(row: sqlite3.Row) -> frozenset[str]:
    identities = {identity_of(row["id"])}
    if row["isrc"]:
        identities.add(f"isrc {row['isrc']}")
    if row["recording_key"]:
        identities.add(f"{_NAME}{row['recording_key']}")
    if row["audio"]:
        identities.update(f"audio {sha256}" for sha256 in row["audio"].split(","))
    return frozenset(identities)
