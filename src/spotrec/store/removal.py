"""Removal of tracks and collections, with all rows that refer to them."""

from collections.abc import Iterable

from spotrec.store.audio import Audio
from spotrec.store.database import Database, json_list
from spotrec.store.removed_tracks import RemovedTracks
from spotrec.store.schema import TABLES_OF_TRACKS
from spotrec.track import TrackId

# a track stays if it was crawled directly, if another collection lists it, or if another collection dropped it and
# `follow_drops` has not processed that yet
_UNWANTED = """
    select id from track
    where not crawled_singly and id in ({candidates})
        and not exists (
            select 1 from (
                select collection_id, track_id from collection_track
                union all select collection_id, track_id from dropped_track
            )
            where track_id = track.id and collection_id not in (select value from json_each(:collections))
        )
    order by track.rowid
"""
_OF_COLLECTIONS = _UNWANTED.format(
    candidates="""
        select track_id from collection_track where collection_id in (select value from json_each(:collections))
        union select track_id from dropped_track where collection_id in (select value from json_each(:collections))
    """
)
_OF_TRACKS = _UNWANTED.format(candidates="select value from json_each(:ids)")

_FOLLOWED = "delete from dropped_track where collection_id = :id and track_id in (select value from json_each(:ids))"

_DELETE = "delete from {table} where {column} in (select value from json_each(:ids))"


class Removal:
    """Removes tracks and collections, and with a collection the tracks that only it needs."""

    def __init__(self, db: Database, audio: Audio, removed: RemovedTracks) -> None:
        self._db = db
        self._audio = audio
        self._removed = removed

    def going_with(self, collection_ids: Iterable[str]) -> list[TrackId]:
        """Return the tracks that only these collections need: no other one lists them, no crawl named them directly."""
        found = self._db.rows(_OF_COLLECTIONS, {"collections": json_list(collection_ids)})
        return [TrackId(row[0]) for row in found]

    def remove(self, track_ids: Iterable[TrackId], collection_ids: Iterable[str] = ()) -> list[TrackId]:
        """Remove these tracks, these collections, and the tracks that only they need. Return all removed tracks.

        These tracks, but not the ones that go with a collection, are noted in `RemovedTracks`.
        """
        named, collections = list(track_ids), list(collection_ids)
        with self._db.transaction():
            self._removed.note(named)
            going = list(dict.fromkeys([*named, *self.going_with(collections)]))
            self._delete(going)
            for table, column in (("collection_track", "collection_id"), ("dropped_track", "collection_id")):
                self._delete_where(table, column, collections)
            self._delete_where("collection", "id", collections)
        return going

    def follow_drops(self, collection_id: str, track_ids: Iterable[TrackId]) -> list[TrackId]:
        """Remove the tracks that a collection dropped and nothing else needs. Return the removed tracks.

        Args:
            track_ids: tracks that the collection dropped.
        """
        dropped = {"id": collection_id, "ids": json_list(track_ids)}
        with self._db.transaction() as write:
            write.execute(_FOLLOWED, dropped)
            going = [TrackId(row[0]) for row in self._db.rows(_OF_TRACKS, {**dropped, "collections": "[]"})]
            self._delete(going)
        return going

    def _delete(self, track_ids: list[TrackId]) -> None:
        self._audio.discard_of(track_ids)
        for table in TABLES_OF_TRACKS:
            self._delete_where(table, "track_id", track_ids)
        self._delete_where("track", "id", track_ids)

    def _delete_where(self, table: str, column: str, values: Iterable[str]) -> None:
        with self._db.transaction() as write:
            write.execute(_DELETE.format(table=table, column=column), {"ids": json_list(values)})
