"""Tracks, the collections that list them, and the files they were read from."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from spotrec.names.titles import normalised
from spotrec.store import rows
from spotrec.store.database import StoreDatabase, chunks, now
from spotrec.track import Collection, Track, TrackId

_MOST_WORDS = 32  # SQLite bounds the depth of an expression


class TrackTable(StoreDatabase):
    """What is known of tracks by name."""

    def add_tracks(
        self, tracks: Sequence[Track], collection: Collection | None = None, first_position: int = 0
    ) -> list[TrackId]:
        """Add or refresh tracks, and list them in `collection` from `first_position` on.

        A track whose ISRC is known under another id becomes an alias of that one. Tracks that stood at these positions
        stay in the collection, behind its end, until `finish_collection`. Without a collection the tracks count as
        crawled singly: they stay when a collection drops them.

        Returns:
            the id that the store uses for each track, in order.
        """
        with self._transaction():
            singly = collection is None
            ids = [self._add_track(track, in_catalogue=True, crawled_singly=singly) for track in tracks]
            if collection is not None:
                self._db.execute(rows.UPSERT_COLLECTION, {**asdict(collection), "now": now()})
                self._list(collection.id, ids, first_position)
        return ids

    def add_seed(self, track: Track) -> TrackId:
        """Add a track that is only asked about: it is never recommended unless it is crawled too."""
        with self._transaction():
            return self._add_track(track, in_catalogue=False, crawled_singly=False)

    def finish_collection(self, collection: Collection, n_tracks: int) -> None:
        """The collection was listed to its end, and has `n_tracks` entries: what stood behind them it dropped."""
        with self._transaction():
            self._db.execute(rows.UPSERT_COLLECTION, {**asdict(collection), "now": now()})
            self._db.execute(rows.DROP_BEHIND, {"id": collection.id, "n": n_tracks})
            self._db.execute(
                "delete from collection_track where collection_id = ? and position >= ?",
                (collection.id, n_tracks),
            )

    def track(self, track_id: str) -> Track | None:
        """The track of this id or alias."""
        row = self._one(rows.TRACK_BY_ID_OR_ALIAS, {"id": track_id})
        return rows.track(row) if row else None

    def aliases(self, track_id: TrackId) -> list[TrackId]:
        """Other ids of the recording, in their order."""
        sql = "select alias from track_alias where track_id = ? order by alias"
        return [TrackId(row[0]) for row in self._all(sql, (track_id,))]

    def id_of(self, track: Track) -> TrackId:
        """The id under which the store keeps, or would keep, this recording."""
        row = self._one(rows.CANONICAL, {"id": track.id, "isrc": track.isrc})
        return TrackId(row[0]) if row else track.id

    def tracks(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Track]:
        """The tracks of these ids; ids that are not here are left out."""
        found = {}
        for chunk in chunks(list(track_ids)):
            marks = ",".join("?" * len(chunk))
            for row in self._all(f"select * from track where id in ({marks})", chunk):  # noqa: S608 - only marks
                found[TrackId(row["id"])] = rows.track(row)
        return found

    def known(self, track_ids: Sequence[TrackId]) -> set[TrackId]:
        """Which of these ids (or aliases) the store's catalogue already has."""
        ids: set[TrackId] = set()
        for chunk in chunks(track_ids):
            marks = ",".join("?" * len(chunk))
            sql = (
                f"select id from track where in_catalogue and id in ({marks}) "  # noqa: S608 - only marks
                "union select alias from track_alias join track on id = track_id "
                f"where in_catalogue and alias in ({marks})"
            )
            ids.update(TrackId(row[0]) for row in self._all(sql, [*chunk, *chunk]))
        return ids

    def find_by_words(self, words: str, limit: int = 20) -> list[Track]:
        """Tracks whose title and artists hold all of `words`; those whose title is just that come first."""
        wanted = normalised(words)
        patterns = [f"%{_escaped(word)}%" for word in list(dict.fromkeys(wanted.split()))[:_MOST_WORDS]]
        where = " and ".join(["search_text like ? escape '\\'"] * len(patterns)) or "0"
        sql = f"select * from track where {where} order by length(search_text), id limit ?"  # noqa: S608 - only marks
        found = [rows.track(row) for row in self._all(sql, [*patterns, limit])]
        return sorted(found, key=lambda track: normalised(track.title) != wanted)

    def known_file(self, path: Path, n_bytes: int, mtime_ns: int) -> Track | None:
        """The track read from `path` earlier, if the file has not changed since."""
        row = self._one(rows.TRACK_BY_FILE, {"path": str(path), "n_bytes": n_bytes, "mtime_ns": mtime_ns})
        return rows.track(row) if row else None

    def remember_file(self, path: Path, n_bytes: int, mtime_ns: int, track_id: TrackId) -> None:
        """The file at `path` holds this track now; a track that was there before no longer is."""
        with self._transaction():
            if self._is_gone(track_id):
                return
            self._db.execute(
                "insert or replace into local_file values (?, ?, ?, ?)",
                (str(path), n_bytes, mtime_ns, track_id),
            )
            moved = {"path": str(path), "id": track_id, "now": now()}
            self._db.execute("update track set path = null where path = :path and id <> :id", moved)
            self._db.execute(
                "update audio set deleted_at = :now where address = :path and not owned and track_id <> :id",
                moved,
            )

    def _list(self, collection_id: str, ids: Sequence[TrackId], first: int) -> None:
        span = {"id": collection_id, "first": first, "end": first + len(ids)}
        before = dict.fromkeys(row[0] for row in self._db.execute(rows.LISTED_FROM, span))
        displaced = [{"id": collection_id, "track_id": id_} for id_ in before if id_ not in set(ids)]
        entries = [(collection_id, position, id_) for position, id_ in enumerate(ids, first)]
        self._db.executemany(rows.UPSERT_POSITION, entries)
        self._db.executemany(rows.KEEP_DISPLACED, displaced)
        self._db.executemany(
            "delete from dropped_track where collection_id = ? and track_id = ?", [(collection_id, id_) for id_ in ids]
        )

    def _add_track(self, track: Track, *, in_catalogue: bool, crawled_singly: bool) -> TrackId:
        id_ = self._canonical(track)
        parameters = rows.parameters(track) | {
            "id": id_,
            "now": now(),
            "in_catalogue": in_catalogue,
            "crawled_singly": crawled_singly,
        }
        if id_ == track.id:
            self._db.execute(rows.UPSERT_TRACK, parameters)
        else:
            self._db.execute("insert or replace into track_alias values (?, ?)", (track.id, id_))
            self._db.execute(rows.FOLLOW_FILE, parameters)
            self._db.execute(rows.ADOPT_COPY, parameters)
        return id_

    def _canonical(self, track: Track) -> TrackId:
        """The id under which the recording is kept: its own, or that of the track with the same ISRC."""
        row = self._db.execute(rows.CANONICAL, {"id": track.id, "isrc": track.isrc}).fetchone()
        return TrackId(row[0]) if row else track.id


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
