"""Items of music servers: the track that a server's own id means, a track's ids on servers, and its cover there."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from spotrec.errors import NotFound
from spotrec.operations.session import Session
from spotrec.subsonic.rows import id_of, objects_of
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.store import ServerItem


def track_of_item(session: Session, item_id: str, server: str | None) -> Track | None:
    """See `Recommender.track_of_item`."""
    with session.view(None):
        return session.store().server_items.track_of(item_id, server)


def server_items(
    session: Session, track_ids: Iterable[TrackId], server: str | None
) -> "dict[TrackId, list[ServerItem]]":
    """See `Recommender.server_items`."""
    with session.view(None):
        return session.store().server_items.of(track_ids, server)


def server_cover(session: Session, item: "ServerItem", size: int) -> bytes:
    """See `Recommender.server_cover`."""
    with session.view(None):
        api = session.subsonic
        if item.cover_id is None or not api.is_set or item.server != api.key:
            raise NotFound("there is no cover of this item", "the settings name another music server, or it has none")
        return api.cover(item.cover_id, size)


def server_artists(session: Session) -> dict[str, str]:
    """See `Recommender.server_artists`."""
    with session.view(None):
        found = session.subsonic.ask("getArtists").get("artists")
        rows = [row for group in objects_of(found, "index") for row in objects_of(group, "artist")]
        return {id_: row["name"] for row in rows if (id_ := id_of(row)) and isinstance(row.get("name"), str)}
