"""A track that takes the place of another: of the same recording under another id, or of what its file was before."""

import sqlite3

from spotrec.store import columns
from spotrec.store.database import Database, now
from spotrec.store.schema import TABLES_OF_TRACKS
from spotrec.track import TrackId

_TRACK = "select * from track where id = :id"

# the one with features first: an index may contain it
_BETTER = """
    select id from track where id in (:a, :b)
    order by exists (select 1 from embedding where track_id = track.id) desc, in_catalogue desc, rowid limit 1
"""

_LISTINGS = (
    "update collection_track set track_id = :new where track_id = :old",
    """
    insert or ignore into dropped_track (collection_id, track_id)
    select collection_id, :new from dropped_track where track_id = :old
    """,
    """
    delete from dropped_track where track_id = :old or track_id = :new and exists (
        select 1 from collection_track as listed
        where listed.collection_id = dropped_track.collection_id and listed.track_id = :new
    )
    """,
    "update local_file set track_id = :new where track_id = :old",
    "update server_item set track_id = :new where track_id = :old",
    "update or ignore heard set track_id = :new where track_id = :old",
)

# an id of a service is one of this recording only while the ISRC is the same
_FOLLOW_ALIASES = """
    update track_alias set track_id = :new where track_id = :old
        and (:is_same_isrc and alias not like 'file:%' or :is_same_sound and alias like 'file:%')
"""
_ADD_ALIAS = (
    "delete from track_alias where alias = :new",
    "insert or replace into track_alias (alias, track_id) values (:old, :new)",
)

# an answer that found something is worth more than one that did not
_ANSWERS = (
    """
    delete from preview_outcome where track_id = :new and outcome <> 'found' and exists (
        select 1 from preview_outcome as other
        where other.track_id = :old and other.provider = preview_outcome.provider and other.outcome = 'found'
    )
    """,
    "update or ignore preview_outcome set track_id = :new where track_id = :old",
)

# a copy at the end, not an update of the row: an index finds new embeddings by rowid
_COPY_EMBEDDINGS = """
    insert or ignore into embedding
        (track_id, model, vector, tags, provider, audio_sha256, created_at, excerpts, has_more)
    select :new, model, vector, tags, provider, audio_sha256, created_at, excerpts, has_more
    from embedding where track_id = :old
        and (not :of_files_only or provider = 'file')
"""

_COPY_FINGERPRINT = """
    insert or ignore into fingerprint (track_id, version, words, heard_at)
    select :new, version, words, heard_at from fingerprint where track_id = :old
"""

# tempo and key are heard from the audio, like an embedding, unless tags had both
_COPY_TEMPO = """
    update track set (heard_bpm, bpm_confidence, heard_key, key_confidence, heard_by) = (
        select heard_bpm, bpm_confidence, heard_key, key_confidence, heard_by from track where id = :old
    )
    where id = :new and heard_by is null
        and exists (select 1 from embedding where track_id = :old and provider = 'file')
"""

_AUDIO = "select * from audio where track_id = :id and deleted_at is null"

_TAKE_AUDIO = (
    "update or ignore failure set track_id = :new where track_id = :old",
    "delete from audio where track_id = :new and exists (select 1 from audio where track_id = :old)",
    "update audio set track_id = :new where track_id = :old",
)

_DISCARD = "insert or ignore into discarded_audio (address) values (:address)"

_IS_DISCARDED = "update audio set deleted_at = :now where track_id = :new"

_FORGET_FAILURES = """
    delete from failure where track_id = :new and exists (select 1 from embedding where track_id = :new)
"""

_WAS_ADDED = "update track set added_at = min(added_at, :added_at) where id = :new"


class Succession:
    """Makes one track of two. Each method is one transaction: a killed process has done all of it or nothing."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def unite(self, a: TrackId, b: TrackId) -> TrackId:
        """Make one track of two stored tracks that are one recording. The other id becomes an alias.

        Returns:
            The id that stays: of the track with features, else of the older one.
        """
        with self._db.transaction():
            better = self._db.row(_BETTER, {"a": a, "b": b})
            assert better is not None
            stays = TrackId(better[0])
            self.take_place(b if stays == a else a, stays)
        return stays

    def take_place(self, old: TrackId, new: TrackId, *, is_same_sound: bool = True) -> None:
        """Give everything that `old` has to `new`, the same recording. What `new` has itself does not change.

        Args:
            is_same_sound: whether the features of `old` are right for `new`; then `old` becomes an alias of it.
        """
        with self._db.transaction() as write:
            row = write.execute(_TRACK, {"id": old}).fetchone()
            isrc = write.execute(_TRACK, {"id": new}).fetchone()["isrc"]
            is_same_isrc = row["isrc"] is None or isrc in (None, row["isrc"])
            ids = {"old": old, "new": new, "is_same_isrc": is_same_isrc, "is_same_sound": is_same_sound}
            for sql in (*_LISTINGS, _FOLLOW_ALIASES, *_ANSWERS):
                write.execute(sql, ids)
            if is_same_sound:
                for sql in _ADD_ALIAS:
                    write.execute(sql, ids)
                is_heard = write.execute(_COPY_EMBEDDINGS, ids | {"of_files_only": False}).rowcount > 0
                write.execute(_COPY_FINGERPRINT, ids)
                self._take_audio(write, old, new, is_heard=is_heard)
                write.execute(_FORGET_FAILURES, ids)
            else:
                self._discard(write, write.execute(_AUDIO, {"id": old}).fetchone())
            for table in (*TABLES_OF_TRACKS, "track"):
                column = "id" if table == "track" else "track_id"
                write.execute(f"delete from {table} where {column} = :old", ids)  # noqa: S608 - our own names
            flags = {"in_catalogue": bool(row["in_catalogue"]), "crawled_singly": bool(row["crawled_singly"])}
            write.execute(columns.FILL, columns.parameters(columns.track(row), new, row["added_at"], **flags))
            write.execute(_WAS_ADDED, ids | {"added_at": row["added_at"]})

    def copy_embeddings(self, one: TrackId, other: TrackId) -> None:
        """Give `other`, a file with the same audio as the file `one`, what was heard of that audio."""
        with self._db.transaction() as write:
            write.execute(_COPY_EMBEDDINGS, {"old": one, "new": other, "of_files_only": True})
            for sql in (_COPY_FINGERPRINT, _COPY_TEMPO):
                write.execute(sql, {"old": one, "new": other})

    def _take_audio(self, write: sqlite3.Connection, old: TrackId, new: TrackId, *, is_heard: bool) -> None:
        """Keep one of two audio files, and note the other for deletion if it is cached."""
        ids = {"old": old, "new": new, "now": now()}
        own = write.execute(_AUDIO, {"id": new}).fetchone()
        if own is None:
            for sql in _TAKE_AUDIO:
                write.execute(sql, ids)
            return
        self._discard(write, write.execute(_AUDIO, {"id": old}).fetchone())
        if is_heard and own["owned"] and not own["keep"]:  # it was fetched for features that are here now
            self._discard(write, own)
            write.execute(_IS_DISCARDED, ids)

    def _discard(self, write: sqlite3.Connection, audio: sqlite3.Row | None) -> None:
        if audio is not None and audio["owned"]:
            write.execute(_DISCARD, {"address": audio["address"]})
