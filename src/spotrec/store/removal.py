"""Taking tracks and collections out, with all that hangs on them."""

from collections.abc import Collection, Iterable

from spotrec.store import rows
from spotrec.store.database import StoreDatabase
from spotrec.track import TrackId

# a track stays while somebody wants it: who crawled it by itself, a collection that lists it, or one that dropped it
# and was not followed yet
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
_GIVEN = "select value from json_each(:ids)"

# `track` last: all others refer to it
_TABLES_OF_TRACKS = (
    *("collection_track", "dropped_track", "track_alias", "local_file"),
    *("preview_outcome", "audio", "embedding", "failure"),
)

_DISCARD = """
    insert or ignore into discarded_audio
    select address from audio
    where owned and deleted_at is null and track_id in (select value from json_each(:ids))
"""

# audio that was fetched anew since lies at the same address
_DISCARDED = """
    select address from discarded_audio
    where address not in (select address from audio where owned and deleted_at is null)
"""


class RemovalTable(StoreDatabase):
    """What leaves the store.

    Cached audio is not the store's: its addresses are noted in the same transaction as its track goes, and stay until
    `audio_is_deleted`, so that who is killed in between leaves a note of what is still to be deleted.
    """

    def going_with(self, collection_ids: Iterable[str]) -> list[TrackId]:
        """The tracks that would go with these collections: no other one wants them, and nobody crawled them singly."""
        found = self._all(_OF_COLLECTIONS, {"collections": rows.json_list(collection_ids)})
        return [TrackId(row[0]) for row in found]

    def remove(self, track_ids: Iterable[TrackId], collection_ids: Iterable[str] = ()) -> list[TrackId]:
        """Take out these tracks, these collections, and the tracks that go with them; returns all tracks that went."""
        collections = {"collections": rows.json_list(collection_ids)}
        with self._transaction():
            with_them = [TrackId(row[0]) for row in self._db.execute(_OF_COLLECTIONS, collections)]
            going = list(dict.fromkeys([*track_ids, *with_them]))
            self._delete(going)
            for table, column in (("collection_track", "collection_id"), ("dropped_track", "collection_id")):
                self._delete_where(table, column, collections["collections"])
            self._delete_where("collection", "id", collections["collections"])
        return going

    def dropped_by(self, collection_id: str) -> set[TrackId]:
        """The tracks that a collection no longer lists, and that were not yet followed."""
        sql = "select track_id from dropped_track where collection_id = ?"
        return {TrackId(row[0]) for row in self._all(sql, (collection_id,))}

    def follow_drops(self, collection_id: str, track_ids: Collection[TrackId]) -> list[TrackId]:
        """Take out those of these tracks, which the collection dropped, that nobody else wants; returns what went."""
        dropped = {"id": collection_id, "ids": rows.json_list(track_ids)}
        with self._transaction():
            self._db.execute(
                f"delete from dropped_track where collection_id = :id and track_id in ({_GIVEN})",  # noqa: S608 - no value
                dropped,
            )
            unwanted = _UNWANTED.format(candidates=_GIVEN)
            going = [TrackId(row[0]) for row in self._db.execute(unwanted, {**dropped, "collections": "[]"})]
            self._delete(going)
        return going

    def discarded_audio(self) -> list[str]:
        """Addresses of cached audio whose tracks are gone."""
        return [row[0] for row in self._all(_DISCARDED, {})]

    def audio_is_deleted(self, address: str) -> None:
        """Nothing lies at this address any more."""
        with self._transaction():
            self._db.execute("delete from discarded_audio where address = ?", (address,))

    def _delete(self, track_ids: list[TrackId]) -> None:
        ids = rows.json_list(track_ids)
        self._db.execute(_DISCARD, {"ids": ids})
        for table in _TABLES_OF_TRACKS:
            self._delete_where(table, "track_id", ids)
        self._delete_where("track", "id", ids)

    def _delete_where(self, table: str, column: str, values: str) -> None:
        self._db.execute(f"delete from {table} where {column} in ({_GIVEN})", {"ids": values})  # noqa: S608 - our names
