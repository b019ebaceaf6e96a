"""Collections, and the tracks of each in order."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from spotrec.names.titles import normalised
from spotrec.store.database import Database, json_list, now
from spotrec.track import Collection, CollectionKind, TrackId

_ALL = """
    select collection.*, count(distinct track_id) as n_tracks
    from collection left join collection_track on collection_id = collection.id
    where :ids is null or collection.id in (select value from json_each(:ids))
    group by collection.id order by kind, lower(title), collection.id
"""

_MEMBERS = """
    select distinct track_id from collection_track where collection_id in (select value from json_each(:ids))
"""

_UPSERT = """
    insert into collection (id, kind, title, url, crawled_at) values (:id, :kind, :title, :url, :now)
    on conflict (id) do update set
        kind = excluded.kind, title = excluded.title, url = excluded.url, crawled_at = excluded.crawled_at
"""

_LISTED_FROM = """
    select track_id from collection_track where collection_id = :id and position >= :first and position < :end
    order by position
"""

_PUT = """
    insert into collection_track (collection_id, position, track_id) values (:id, :position, :track_id)
    on conflict (collection_id, position) do update set track_id = excluded.track_id
"""

# a track that lost its position may appear further on: it is kept behind the end until the list is complete
_KEEP_DISPLACED = """
    insert into collection_track (collection_id, position, track_id)
    select :id, 1 + (select max(position) from collection_track where collection_id = :id), :track_id
    where not exists (select 1 from collection_track where collection_id = :id and track_id = :track_id)
"""

_IS_LISTED_AGAIN = "delete from dropped_track where collection_id = :id and track_id = :track_id"

_BEHIND = """
    select distinct track_id from collection_track as behind
    where collection_id = :id and position >= :n and not exists (
        select 1 from collection_track
        where collection_id = :id and position < :n and track_id = behind.track_id
    )
"""

_NOT_LISTED = f"{_BEHIND} union select track_id from dropped_track where collection_id = :id"  # noqa: S608 - our own text

_LIST_AGAIN = """
    insert into collection_track (collection_id, track_id, position)
    select :id, track_id, max(
        :n, (select coalesce(max(position) + 1, 0) from collection_track where collection_id = :id)
    )
    from dropped_track where collection_id = :id and track_id = :track_id
        and not exists (select 1 from collection_track where collection_id = :id and track_id = :track_id)
"""

_NOTE_DROPPED = f"""
    insert or ignore into dropped_track (collection_id, track_id)
    select :id, track_id from ({_BEHIND}) where track_id not in (select value from json_each(:staying))
"""  # noqa: S608 - no part comes from outside

_CUT = """
    delete from collection_track where collection_id = :id and position >= :n
        and track_id not in (select value from json_each(:staying))
"""

_LISTED = "select track_id from collection_track where collection_id = :id order by position"

_DROPPED = "select track_id from dropped_track where collection_id = :id"


@dataclass(frozen=True, slots=True)
class KnownCollection:
    """A crawled collection, the time of its last crawl (ISO 8601), and its number of tracks."""

    collection: Collection
    crawled_at: str
    n_tracks: int

    @property
    def id(self) -> str:
        return self.collection.id


class Collections:
    """Everything that was crawled as a list of tracks: playlists, albums, folders, …"""

    def __init__(self, db: Database) -> None:
        self._db = db

    def put(self, collection: Collection, track_ids: Sequence[TrackId], first_position: int) -> None:
        """List stored tracks in a collection from `first_position` on.

        Tracks that had these positions stay in the collection, behind its end, until `finish`.
        """
        of = {"id": collection.id}
        span = of | {"first": first_position, "end": first_position + len(track_ids)}
        with self._db.transaction() as write:
            write.execute(_UPSERT, {**asdict(collection), "now": now()})
            before = dict.fromkeys(row[0] for row in write.execute(_LISTED_FROM, span))
            displaced = before.keys() - set(track_ids)
            entries = [of | {"position": at, "track_id": id_} for at, id_ in enumerate(track_ids, first_position)]
            write.executemany(_PUT, entries)
            write.executemany(_KEEP_DISPLACED, [of | {"track_id": id_} for id_ in before if id_ in displaced])
            write.executemany(_IS_LISTED_AGAIN, entries)

    def not_listed(self, id_: str, n_tracks: int) -> set[TrackId]:
        """Return the tracks of a collection that are not among its first `n_tracks` entries, or that it dropped."""
        return {TrackId(row[0]) for row in self._db.rows(_NOT_LISTED, {"id": id_, "n": n_tracks})}

    def finish(self, collection: Collection, n_tracks: int, staying: Iterable[TrackId] = ()) -> None:
        """Note that the collection was read to its end and has `n_tracks` entries. Tracks behind them are dropped.

        Args:
            staying: tracks that are not dropped although they are not listed, because their place could not be read.
        """
        end = {"id": collection.id, "n": n_tracks, "staying": json_list(staying := list(staying))}
        with self._db.transaction() as write:
            write.execute(_UPSERT, {**asdict(collection), "now": now()})
            write.execute(_NOTE_DROPPED, end)
            write.execute(_CUT, end)
            for track_id in staying:
                write.execute(_LIST_AGAIN, end | {"track_id": track_id})
                write.execute(_IS_LISTED_AGAIN, end | {"track_id": track_id})

    def get(self, ids: Iterable[str] | None = None) -> list[KnownCollection]:
        """Return all collections, or the ones with these ids, by kind and title."""
        return [_known(row) for row in self._db.rows(_ALL, {"ids": None if ids is None else json_list(ids)})]

    def titled(self, title: str) -> list[str]:
        """Return the ids of the collections with this title; case, accents and punctuation do not matter."""
        wanted = normalised(title)
        found = self._db.rows("select id, title from collection order by id")
        return [row["id"] for row in found if normalised(row["title"]) == wanted]

    def members(self, ids: Iterable[str]) -> set[TrackId]:
        """Return the tracks of these collections."""
        return {TrackId(row[0]) for row in self._db.rows(_MEMBERS, {"ids": json_list(ids)})}

    def listed(self, id_: str) -> list[TrackId]:
        """Return the tracks of a collection in its order; one may be there twice."""
        return [TrackId(row[0]) for row in self._db.rows(_LISTED, {"id": id_})]

    def dropped_by(self, id_: str) -> set[TrackId]:
        """Return the tracks that a collection dropped and `Removal.follow_drops` has not processed yet."""
        return {TrackId(row[0]) for row in self._db.rows(_DROPPED, {"id": id_})}


def _known(row: sqlite3.Row) -> KnownCollection:
    collection = Collection(row["id"], CollectionKind(row["kind"]), row["title"], row["url"])
    return KnownCollection(collection, row["crawled_at"], row["n_tracks"])
