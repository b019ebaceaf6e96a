"""The items of music servers: which track a server's own id means, and which id a track has on a server.

A player, or a plugin of a server, knows a track only by the server's id of it.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

from spotrec.store import columns
from spotrec.store.database import Database, json_list
from spotrec.system.digests import sha256
from spotrec.track import Track, TrackId

_NOTE = """
    insert into server_item (server, item_id, track_id, path, n_bytes, cover_id, musicbrainz_id, listed_at)
    select :server, :item_id, id, :path, :n_bytes, :cover_id, :musicbrainz_id, :at from track where id = :track_id
    on conflict (server, item_id) do update set
        track_id = excluded.track_id, path = excluded.path, n_bytes = excluded.n_bytes, cover_id = excluded.cover_id,
        musicbrainz_id = excluded.musicbrainz_id, listed_at = excluded.listed_at
"""

# of several servers with one id, the one that was listed last
_TRACK_OF = """
    select track.* from server_item join track on track.id = server_item.track_id
    where item_id = :item_id and (:server is null or server = :server)
    order by listed_at desc, server limit 1
"""

_TRACKS_OF = """
    select item_id, track.* from server_item join track on track.id = server_item.track_id
    where server = :server and item_id in (select value from json_each(:ids))
"""

_OF = """
    select * from server_item
    where track_id in (select value from json_each(:ids)) and (:server is null or server = :server)
    order by listed_at desc, server, item_id
"""

_SAME_FILE = """
    select item_id, track.* from server_item join track on track.id = server_item.track_id
    where server = :server and n_bytes = :n_bytes and item_id <> :item_id
        and (server_item.path = :path or musicbrainz_id = :musicbrainz_id)
    order by server_item.path is :path desc, item_id
"""

_COPIES = """
    select wanted.id as wanted, server_item.* from track as wanted
    join track as copy on copy.recording_key = wanted.recording_key
    join server_item on server_item.track_id = copy.id
    where wanted.id in (select value from json_each(:ids)) and server = :server
    order by listed_at, server_item.item_id desc
"""

_PREFIX = "subsonic:"
_KEY_DIGITS = 12


@dataclass(frozen=True, slots=True)
class ServerItem:
    """A song on a music server.

    Attributes:
        server: the server's key, from `server_key`.
        item_id: the server's own id.
        path: where the server has its file, as the server says; None if it does not say.
        n_bytes: the size of this file.
        cover_id: the server's id of its cover.
        musicbrainz_id: of its recording.
    """

    server: str
    item_id: str
    path: str | None = None
    n_bytes: int | None = None
    cover_id: str | None = None
    musicbrainz_id: str | None = None

    @property
    def own_id(self) -> TrackId:
        """The id of its track, if nothing else is known to name the recording."""
        return TrackId(f"{_PREFIX}{self.server}:{self.item_id}")


def server_key(address: str) -> str:
    """Return the key of a server in the ids of its tracks: 12 hex digits, which do not tell its address.

    The address counts without its scheme: the server is the same over http and https.
    """
    return sha256(address.partition("://")[2].encode())[:_KEY_DIGITS]


def is_own_id(track_id: str) -> bool:
    """Return whether an id names a track only by its item on a server."""
    return track_id.startswith(_PREFIX)


def item_id_in(track_id: str, server: str) -> str | None:
    """Return the server's id in the id of a track that is named only by it; None for other tracks and servers."""
    start = f"{_PREFIX}{server}:"
    return track_id.removeprefix(start) if track_id.startswith(start) else None


class ServerItems:
    """The items of all servers that were crawled. An item means one track, a track may be several items."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def note(self, items: Iterable[tuple[ServerItem, TrackId]], at: str) -> None:
        """Note which stored tracks these items are, and that they were listed `at` this time (ISO 8601)."""
        rows = [{**asdict(item), "track_id": track_id, "at": at} for item, track_id in items]
        with self._db.transaction() as write:
            write.executemany(_NOTE, rows)

    def forget_unlisted(self, server: str, before: str) -> None:
        """Forget the items of a server that were not listed since `before`. Their tracks stay."""
        with self._db.transaction() as write:
            write.execute("delete from server_item where server = ? and listed_at < ?", (server, before))

    def track_of(self, item_id: str, server: str | None = None) -> Track | None:
        """Return the track that a server's id means; None if no such item was crawled.

        Args:
            server: only this server; without it, any.
        """
        row = self._db.row(_TRACK_OF, {"item_id": item_id, "server": server})
        return columns.track(row) if row else None

    def tracks_of(self, server: str, item_ids: Iterable[str]) -> dict[str, Track]:
        """Return the tracks of those of a server's ids that were crawled."""
        found = self._db.rows(_TRACKS_OF, {"server": server, "ids": json_list(item_ids)})
        return {row["item_id"]: columns.track(row) for row in found}

    def of(self, track_ids: Iterable[TrackId], server: str | None = None) -> dict[TrackId, list[ServerItem]]:
        """Return the items of these tracks, the last listed first; tracks without items are omitted."""
        found: dict[TrackId, list[ServerItem]] = {}
        for row in self._db.rows(_OF, {"ids": json_list(track_ids), "server": server}):
            found.setdefault(TrackId(row["track_id"]), []).append(_item(row))
        return found

    def copies(self, track_ids: Iterable[TrackId], server: str) -> Mapping[TrackId, ServerItem]:
        """Return a server's items that have artist and title of these tracks: other copies of the recordings."""
        found = self._db.rows(_COPIES, {"ids": json_list(track_ids), "server": server})
        return {TrackId(row["wanted"]): _item(row) for row in found}

    def with_same_file(self, item: ServerItem) -> dict[str, Track]:
        """Return the tracks of a server's other items whose file has the same size, and the same path or recording.

        Returns:
            the tracks by the server's ids of these items; the same path comes first.
        """
        if item.n_bytes is None:
            return {}
        found = self._db.rows(_SAME_FILE, asdict(item))
        return {row["item_id"]: columns.track(row) for row in found}


def _item(row: sqlite3.Row) -> ServerItem:
    return ServerItem(
        row["server"], row["item_id"], row["path"], row["n_bytes"], row["cover_id"], row["musicbrainz_id"]
    )
