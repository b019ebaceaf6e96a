"""Spotify's Web API (spotipy): playlists, albums and single tracks, in both generations of its answers."""

from collections.abc import Iterator
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.sources import KnownTracks, ListedTrack, Listing, Skipped
from spotrec.crawl.spotify_api import SpotifyApi
from spotrec.errors import ServiceUnavailable
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.titles import one_line
from spotrec.track import Collection, CollectionKind, Track, TrackId

_PAGE = 50
_LONGEST_MS = 1_000_000_000


class SpotifySource:
    """A playlist or an album, listed page by page. Tracks that the store knows are not asked about again."""

    def __init__(self, api: SpotifyApi, reference: SpotifyReference, known: KnownTracks) -> None:
        self._api = api
        self._reference = reference
        self._known = known

    def listings(self) -> Iterator[Listing]:
        yield from self._album() if self._reference.kind is SpotifyKind.ALBUM else self._playlist()

    def _playlist(self) -> Iterator[Listing]:
        id_ = self._reference.id
        what = f"playlist {id_}"
        head = self._api.ask(lambda api: api.playlist(id_, fields="name"), what)
        collection = Collection(
            self._reference.uri, CollectionKind.PLAYLIST, one_line(str(head.get("name") or id_)), self._reference.url
        )
        for rows, total in self._pages(
            lambda api, offset: api.playlist_items(id_, limit=_PAGE, offset=offset, additional_types=("track",)),
            what,
        ):
            read = [_playlist_entry(row) for row in rows]
            tracks = [ListedTrack(entry) for entry in read if isinstance(entry, Track)]
            yield Listing(tracks, [entry for entry in read if isinstance(entry, Skipped)], collection, total)

    def _album(self) -> Iterator[Listing]:
        id_ = self._reference.id
        what = f"album {id_}"
        album = self._api.ask(lambda api: api.album(id_), what)
        collection = Collection(
            self._reference.uri, CollectionKind.ALBUM, one_line(str(album.get("name") or id_)), self._reference.url
        )
        for rows, total in self._pages(lambda api, offset: api.album_tracks(id_, limit=_PAGE, offset=offset), what):
            tracks = [_track({**row, "album": album}) for row in rows if isinstance(row, dict) and row.get("id")]
            known = self._known([track.id for track in tracks])
            # an album lists its tracks without ISRC: each new one is asked for by itself
            full = [track if track.id in known else api_track(self._api, track.id.split(":")[2]) for track in tracks]
            skipped = [
                Skipped(one_line(str((row or {}).get("name", "?"))), "no track")
                for row in rows
                if not (row or {}).get("id")
            ]
            yield Listing([ListedTrack(track) for track in full], skipped, collection, total)

    def _pages(self, request: Any, what: str) -> Iterator[tuple[list[Any], int | None]]:
        """Rows, and how many there are in all. Rows are counted, not the tracks in them: null entries count too."""
        offset = 0
        while True:
            page = self._api.ask(lambda api, offset=offset: request(api, offset), what)
            rows = page.get("items")
            if not isinstance(rows, list):
                raise ServiceUnavailable(f"Spotify's answer for {what} holds no list of items", "try again later")
            total = page.get("total")
            yield rows, total if isinstance(total, int) else None
            offset += len(rows)
            if not rows or not page.get("next"):
                return


def api_track(api: SpotifyApi, id_: str) -> Track:
    """A single track, as the Web API knows it."""
    return _track(api.ask(lambda client: client.track(id_), f"track {id_}"))


def _playlist_entry(row: Any) -> Track | Skipped:
    """An entry of either generation: the track lies under `item`, formerly under `track` (now also a boolean)."""
    if not isinstance(row, dict):
        return Skipped("?", "empty entry")
    item = row.get("item")
    if not isinstance(item, dict):
        item = row.get("track")
    if not isinstance(item, dict):
        return Skipped("?", "no longer on Spotify")
    name = one_line(str(item.get("name") or "?"))
    if row.get("is_local") or item.get("is_local"):
        return Skipped(name, "a local file of the playlist's owner")
    if item.get("type", "track") != "track" or not item.get("id"):
        return Skipped(name, "not a track")
    return _track(item)


def _track(item: dict[str, Any]) -> Track:
    """A track object, full or simplified. Deprecated fields may be missing."""
    id_ = str(item.get("id") or "")
    reference = SpotifyReference(SpotifyKind.TRACK, id_)
    if not reference.is_sound:
        raise ServiceUnavailable(f"Spotify's answer holds a track without a sound id ({id_[:40]!r})", "try again later")
    album = item.get("album") or {}
    duration = item.get("duration_ms")
    explicit = item.get("explicit")
    return Track(
        id=TrackId(reference.uri),
        title=one_line(str(item.get("name") or "")) or id_,
        artists=tuple(
            one_line(str(a["name"])) for a in item.get("artists") or () if isinstance(a, dict) and a.get("name")
        ),
        album=one_line(str(album.get("name") or "")) or None,
        isrc=parse_isrc((item.get("external_ids") or {}).get("isrc")),
        duration_ms=duration if isinstance(duration, int) and 0 < duration < _LONGEST_MS else None,
        release_date=album.get("release_date"),
        explicit=explicit if isinstance(explicit, bool) else None,
        url=reference.url,
        preview_url=item.get("preview_url"),
    )
