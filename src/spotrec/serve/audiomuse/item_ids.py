"""The ids that a server has for tracks: a plugin sends ids of its server, and must get ids of the same server."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import md5
from typing import TYPE_CHECKING
from uuid import UUID

from spotrec.names.recordings import recording_key
from spotrec.operations.options import FilterOptions
from spotrec.serve.freshness import Followed
from spotrec.store import server_key
from spotrec.track import CollectionKind, Track, TrackId

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_LIBRARY = "subsonic:"
_JELLYFIN_TYPE = "MediaBrowser.Controller.Entities.Audio.Audio"
_JELLYFIN_ID = re.compile(r"[0-9a-f]{32}")

Translate = Callable[[Sequence[Track]], Mapping[TrackId, str]]


@dataclass(frozen=True, slots=True)
class Named:
    """A track that a plugin names, and how its server names tracks.

    Attributes:
        ids_of: returns the server's ids of tracks; a track that the server does not have is omitted.
        only: what narrows a query to the server's tracks, as far as they are known.
    """

    track: Track
    ids_of: Translate
    only: FilterOptions = field(default_factory=FilterOptions)


class ItemIds:
    """Finds tracks by the ids of servers: spotrec's own, of crawled music servers, and Jellyfin's.

    Jellyfin makes an item's id from the path of its file: `jellyfin_id`.
    """

    def __init__(self, recommender: "Recommender") -> None:
        self._recommender = recommender
        here, _, there = recommender.settings.jellyfin_path.partition("=")
        self._here, self._there = here.rstrip("/"), there.rstrip("/")
        self._jellyfin = Followed(recommender.settings.store_path, self._read_paths)

    def find(self, item_id: str) -> Named | None:
        """Return the stored track that an id means, or None."""
        store = self._recommender.session.store()
        if track := store.tracks.get(item_id):
            return Named(track, own_ids)
        if track := self._recommender.track_of_item(item_id):
            items = self._recommender.server_items([track.id]).get(track.id, [])
            server = next(item.server for item in items if item.item_id == item_id)
            return Named(track, self.on_server(server), self.only_on(server))
        if _JELLYFIN_ID.fullmatch(item_id) and (id_ := self._jellyfin.get().get(item_id)):
            track = store.tracks.get(id_)
            return Named(track, self._of_jellyfin) if track else None
        return None

    def find_named(self, title: str, artist: str) -> Named | None:
        """Return the stored recording with this title by this artist, or None.

        Nothing says then which server asks: of copies, one that a server has counts, with the ids of this server.
        """
        store = self._recommender.session.store()
        ids = store.tracks.of_recording(recording_key(title, (artist,)))
        tracks, items = store.tracks.get_many(ids), self._recommender.server_items(ids)
        for id_ in ids:
            if id_ in tracks and id_ in items:
                server = items[id_][0].server
                return Named(tracks[id_], self.on_server(server), self.only_on(server))
        copies = [tracks[id_] for id_ in ids if id_ in tracks]
        if self._here and (on_jellyfin := next((one for one in copies if self._of_jellyfin([one])), None)):
            return Named(on_jellyfin, self._of_jellyfin)
        return Named(copies[0], own_ids) if copies else None

    def any_of(self, tracks: Sequence[Track]) -> Mapping[TrackId, str]:
        """Return an id of each track: of a music server that has it, else spotrec's own."""
        items = self._recommender.server_items([track.id for track in tracks])
        return {track.id: items[track.id][0].item_id if items.get(track.id) else track.id for track in tracks}

    def on_server(self, server: str) -> Translate:
        """Return what translates tracks to the ids of a music server, which is given by its key."""

        def translate(tracks: Sequence[Track]) -> Mapping[TrackId, str]:
            found = self._recommender.server_items([track.id for track in tracks], server)
            return {id_: items[0].item_id for id_, items in found.items()}

        return translate

    def only_on(self, server: str) -> FilterOptions:
        """Return the filter for the tracks of a music server, if its whole library was crawled."""
        for known in self._recommender.collections():
            is_library = known.collection.kind is CollectionKind.LIBRARY and known.id.startswith(_LIBRARY)
            if is_library and server_key(known.id.removeprefix(_LIBRARY)) == server:
                return {"collection": [known.id]}
        return {}

    def _of_jellyfin(self, tracks: Sequence[Track]) -> Mapping[TrackId, str]:
        return {track.id: id_ for track in tracks if track.path and (id_ := self._jellyfin_id(track.path))}

    def _jellyfin_id(self, path: str) -> str | None:
        if not self._here:
            return jellyfin_id(path)
        if not path.startswith(self._here + "/"):
            return None
        return jellyfin_id(self._there + path.removeprefix(self._here))

    def _read_paths(self) -> dict[str, TrackId]:
        paths = self._recommender.session.store().listing.paths()
        return {found: id_ for id_, path in paths if (found := self._jellyfin_id(path))}


def own_ids(tracks: Sequence[Track]) -> Mapping[TrackId, str]:
    """Return spotrec's own ids."""
    return {track.id: track.id for track in tracks}


def jellyfin_id(path: str) -> str:
    """Return Jellyfin's id of an audio file: its `LibraryManager.GetNewItemId`, as plugins write it (32 hex digits).

    It is the md5, as a GUID, of the name of the class and the path, in UTF-16.
    """
    text = f"{_JELLYFIN_TYPE}{path}".encode("utf-16-le", "surrogatepass")
    return UUID(bytes_le=md5(text, usedforsecurity=False).digest()).hex
