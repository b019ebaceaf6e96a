"""A playlist on a music server: made once, and written again when it is made again under the same name.

A playlist counts as spotrec's if its comment begins with `COMMENT`, or if it is empty: then an earlier run was stopped
before it wrote the comment. Any other playlist of this name stays as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spotrec.errors import BadLink, NotFound, ServiceUnavailable, UsageError, quoted
from spotrec.links import SubsonicKind, SubsonicReference, parse_link
from spotrec.names.titles import one_line
from spotrec.progress import Progress
from spotrec.store import FeatureStore, ServerItem
from spotrec.subsonic.api import SubsonicApi
from spotrec.subsonic.rows import id_of, objects_of
from spotrec.track import Track, TrackId

COMMENT = "Made by spotrec"
_BATCH = 100
"""Songs in a request: its address has their ids, and servers limit its length."""
_MOST_SONGS = 10_000
_LONGEST_NAME, _LONGEST_COMMENT = 100, 300


@dataclass(frozen=True, slots=True)
class ServerSong:
    """A track for a playlist on the server; `by` is how it was found: `id`, or `name` for another copy of it."""

    track_id: str
    name: str
    item_id: str
    by: str


@dataclass(frozen=True, slots=True)
class NotOnServer:
    """A track that cannot be in a playlist on the server, and why."""

    track_id: str
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class SubsonicPlaylist:
    """A playlist on a music server; if `is_done` is false, only a plan.

    `was_there`: how many songs a playlist of this name by spotrec had before; None for a new playlist.
    `is_changed`: whether it had to be written.
    """

    name: str
    server: str
    public: bool
    comment: str
    tracks: Sequence[ServerSong]
    left_out: Sequence[NotOnServer]
    repeated: int
    is_done: bool = False
    url: str | None = None
    was_there: int | None = None
    is_changed: bool = False


@dataclass(slots=True)
class _Found:
    songs: list[ServerSong] = field(default_factory=list)
    left_out: list[NotOnServer] = field(default_factory=list)
    repeated: int = 0


class SubsonicPlaylists:
    """The playlists of the user on the server that the settings name.

    Args:
        store: knows which songs of the server the tracks are; None if there is no store yet.
    """

    def __init__(self, api: SubsonicApi, store: FeatureStore | None, progress: Progress) -> None:
        self._api = api
        self._store = store
        self._progress = progress

    def plan(
        self, name: str, track_ids: Iterable[str], *, public: bool = False, description: str | None = None
    ) -> SubsonicPlaylist:
        """Plan the playlist. Sends no request.

        Raises:
            UsageError: the settings name no server, or this cannot be a playlist.
            NotFound: no track is on the server.
        """
        server, found = self._api.name, self._find(track_ids)
        comment = one_line(f"{COMMENT}: {description}" if description else COMMENT)
        planned = SubsonicPlaylist(one_line(name), server, public, comment, found.songs, found.left_out, found.repeated)
        if not 0 < len(planned.name) <= _LONGEST_NAME:
            raise UsageError(
                f"{quoted(name)} cannot be a playlist's name", f"give a name of 1 to {_LONGEST_NAME} characters"
            )
        if len(comment) > _LONGEST_COMMENT:
            raise UsageError("the description is too long", f"give at most {_LONGEST_COMMENT // 2} characters")
        if len(found.songs) > _MOST_SONGS:
            raise UsageError(f"{len(found.songs):,} tracks are too many", f"give at most {_MOST_SONGS:,}")
        if not found.songs:
            named = "; ".join(f"{one.name}: {one.reason}" for one in found.left_out[:3]) or "no track was given"
            raise NotFound(f"none of the tracks is on {server}", named)
        return planned

    def create(self, planned: SubsonicPlaylist) -> SubsonicPlaylist:
        """Make the playlist, or write the one of this name that spotrec made, if it differs.

        Raises:
            UsageError: there is a playlist of this name that spotrec did not make.
            SignInNeeded, RateLimited, ServiceUnavailable: the server does not do it; the next run writes it again.
        """
        wanted = [song.item_id for song in planned.tracks]
        found = self._ours(planned.name)
        id_ = id_of(found) or self._make(planned.name)
        before = self._songs_in(id_)
        is_same = before == wanted and _is_as_planned(found or {}, planned)
        if not is_same:
            self._write(id_, planned, wanted)
            if (now := self._songs_in(id_)) != wanted:
                raise ServiceUnavailable(
                    f"{self._api.name} has {len(now):,} songs in the playlist {quoted(planned.name)}, not "
                    f"{len(wanted):,}",
                    "run the same command again",
                )
        url = SubsonicReference(self._api.address, SubsonicKind.PLAYLIST, id_).uri
        was_there = len(before) if found else None
        return replace(planned, is_done=True, url=url, was_there=was_there, is_changed=not is_same)

    # -- tracks → songs --------------------------------------------------------------------------------------------

    def _find(self, names: Iterable[str]) -> _Found:
        """Find the songs of tracks, in their order, each once."""
        tracks = [self._track(text) for name in names if (text := name.strip())]
        by_id, by_name = self._items([track.id for track in tracks if isinstance(track, Track)])
        found, seen = _Found(), set()
        for track in tracks:
            if isinstance(track, NotOnServer):
                found.left_out.append(track)
                continue
            item = by_id.get(track.id) or by_name.get(track.id)
            if item is None:
                why = f"{self._api.name} does not have it, or it was not crawled"
                found.left_out.append(NotOnServer(track.id, track.name, why))
            elif item.item_id in seen:
                found.repeated += 1
            else:
                seen.add(item.item_id)
                by = "id" if track.id in by_id else "name"
                found.songs.append(ServerSong(track.id, track.name, item.item_id, by))
        return found

    def _items(self, ids: Sequence[TrackId]) -> tuple[dict[TrackId, ServerItem], dict[TrackId, ServerItem]]:
        """Return the songs that tracks are, and the songs that are other copies of them."""
        if self._store is None:
            return {}, {}
        items, key = self._store.server_items, self._api.key
        return {id_: some[0] for id_, some in items.of(ids, key).items()}, dict(items.copies(ids, key))

    def _track(self, text: str) -> Track | NotOnServer:
        """Return the stored track with this id or link, or that the server calls so."""
        text = text.encode("utf-8", "replace").decode()
        if self._store:
            stored = self._store.tracks.get(text) or self._store.server_items.track_of(text, self._api.key)
            if stored or (stored := self._store.tracks.get(_uri(text))):
                return stored
        return NotOnServer(text, text, "it is not in the store")

    # -- requests --------------------------------------------------------------------------------------------------

    def _ours(self, name: str) -> dict[str, Any] | None:
        """Return the playlist of this name that spotrec made, or None if there is none of this name."""
        user, foreign = self._api.user, False
        for row in objects_of(self._api.ask("getPlaylists").get("playlists"), "playlist"):
            if one_line(str(row.get("name"))) != name or (user and row.get("owner") not in (None, user)):
                continue
            if str(row.get("comment")).startswith(COMMENT) or row.get("songCount") == 0:
                return row
            foreign = True
        if foreign:
            raise UsageError(
                f"{self._api.name} has a playlist {quoted(name)} that spotrec did not make",
                f"choose another name; spotrec writes only playlists with the comment “{COMMENT}”",
            )
        return None

    def _make(self, name: str) -> str:
        """Make an empty playlist. Some servers return it, from others it must be read."""
        made = self._api.ask("createPlaylist", changes=True, name=name).get("playlist")
        if id_ := id_of(made):
            return id_
        if (row := self._ours(name)) and (id_ := id_of(row)):
            return id_
        raise ServiceUnavailable(
            f"{self._api.name} does not show the playlist {quoted(name)} that it made", "run the same command again"
        )

    def _write(self, id_: str, planned: SubsonicPlaylist, songs: Sequence[str]) -> None:
        name, public = planned.name, "true" if planned.public else "false"
        with self._progress.meter(f"write {name}", len(songs)) as meter:
            self._api.ask("updatePlaylist", changes=True, playlistId=id_, comment=planned.comment, public=public)
            self._api.ask("createPlaylist", changes=True, playlistId=id_, name=name, songId=songs[:_BATCH])
            meter.advance(len(songs[:_BATCH]))
            for start in range(_BATCH, len(songs), _BATCH):
                batch = songs[start : start + _BATCH]
                self._api.ask("updatePlaylist", changes=True, playlistId=id_, songIdToAdd=batch)
                meter.advance(len(batch))

    def _songs_in(self, id_: str) -> list[str]:
        """Return the ids of a playlist's songs, in order."""
        found = self._api.ask("getPlaylist", id=id_).get("playlist")
        return [song for row in objects_of(found, "entry") if (song := id_of(row))]


def _is_as_planned(row: dict[str, Any], planned: SubsonicPlaylist) -> bool:
    return row.get("comment") == planned.comment and row.get("public", False) is planned.public


def _uri(text: str) -> str:
    """Return the id in a link to a track; the text itself if it is none."""
    try:
        reference = parse_link(text)
    except BadLink:
        return text
    return getattr(reference, "uri", text)
