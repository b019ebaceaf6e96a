"""A playlist on Spotify: made once, filled in order, and continued after an interruption.

Requests that change something are not repeated automatically: one that broke off may have succeeded. The next run
checks what exists instead. A playlist of the user with the same name and description that contains the first of the
tracks, and nothing else, counts as the one that an earlier run started.
"""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from spotrec.errors import Forbidden, NotFound, ServiceUnavailable, SignInNeeded, SpotrecError, UsageError, quoted
from spotrec.export.spotify_tracks import FoundTracks, NotOnSpotify, SpotifyTrack
from spotrec.links import SpotifyKind, SpotifyReference
from spotrec.names.titles import one_line
from spotrec.progress import Progress
from spotrec.spotify.api import Credentials, SpotifyApi

DESCRIPTION = "Made by spotrec"
_BATCH = 100
_PAGE = 50
_MOST_PLAYLISTS = 5_000
_MOST_TRACKS = 10_000
_LONGEST_NAME, _LONGEST_DESCRIPTION = 100, 300


@dataclass(frozen=True, slots=True)
class SpotifyPlaylist:
    """A playlist on Spotify; if `is_done` is false, only a plan.

    `was_there`: how many of the tracks an earlier run had added; None for a new playlist.
    """

    name: str
    public: bool
    description: str
    tracks: Sequence[SpotifyTrack]
    left_out: Sequence[NotOnSpotify]
    repeated: int
    is_done: bool = False
    url: str | None = None
    was_there: int | None = None


def plan(name: str, found: FoundTracks, *, public: bool, description: str | None) -> SpotifyPlaylist:
    """Plan the playlist.

    Raises:
        UsageError: Spotify does not accept this name, description or number of tracks.
        NotFound: no track is on Spotify.
    """
    planned = SpotifyPlaylist(
        one_line(name),
        public,
        one_line(DESCRIPTION if description is None else description),
        found.tracks,
        found.left_out,
        found.repeated,
    )
    if not 0 < len(planned.name) <= _LONGEST_NAME:
        raise UsageError(
            f"{quoted(name)} cannot be a playlist's name", f"Spotify accepts names of 1 to {_LONGEST_NAME} characters"
        )
    if len(planned.description) > _LONGEST_DESCRIPTION:
        raise UsageError("the description is too long", f"Spotify accepts at most {_LONGEST_DESCRIPTION} characters")
    if len(found.tracks) > _MOST_TRACKS:
        raise UsageError(
            f"{len(found.tracks):,} tracks are too many", f"Spotify accepts at most {_MOST_TRACKS:,} in a playlist"
        )
    if not found.tracks:
        named = "; ".join(f"{one.name}: {one.reason}" for one in found.left_out[:3]) or "no track was given"
        raise NotFound("none of the tracks is on Spotify", named)
    return planned


class SpotifyPlaylists:
    """The playlists of the user who signed in."""

    def __init__(self, api: SpotifyApi, progress: Progress) -> None:
        self._api = api
        self._progress = progress

    def create(self, planned: SpotifyPlaylist) -> SpotifyPlaylist:
        """Make the playlist and fill it. Another run continues the same playlist, and makes no second one.

        Raises:
            SignInNeeded: no user is signed in, or the user did not allow spotrec to make playlists.
            RateLimited, ServiceUnavailable: Spotify does not continue; the hint states how many tracks are there.
        """
        self.check_may(public=planned.public)
        uris = [track.uri for track in planned.tracks]
        with self._progress.meter(f"fill {planned.name}", len(uris)) as meter:
            started = self._find_started(planned, uris)
            playlist = started or self._make(planned)
            meter.advance(playlist.n_tracks)
            for start in range(playlist.n_tracks, len(uris), _BATCH):
                batch = uris[start : start + _BATCH]
                try:
                    self._add(playlist.id, batch, planned.name)
                except SpotrecError as error:
                    there = (
                        f"{playlist.url} contains {start} of {len(uris)} tracks: run the same command again to continue"
                    )
                    error.hint = f"{error.hint}\n{there}"
                    raise
                meter.advance(len(batch))
        return replace(planned, is_done=True, url=playlist.url, was_there=started.n_tracks if started else None)

    def replace(self, planned: SpotifyPlaylist, address: str | None = None) -> SpotifyPlaylist:
        """Give an earlier playlist these tracks in place of its own, or make it. Another run makes no second one.

        Args:
            address: of the earlier playlist; without it, it is the user's one with this name and description.

        Raises: the same as `create`.
        """
        self.check_may(public=planned.public)
        uris = [track.uri for track in planned.tracks]
        earlier = self._earlier(planned, address)
        playlist = earlier or self._made_empty(planned)
        n_right = self._n_first(playlist, uris) if earlier else 0
        with self._progress.meter(f"fill {planned.name}", len(uris)) as meter:
            if n_right is None:
                self._replace(playlist.id, uris[:_BATCH], planned.name)
            done = min(_BATCH, len(uris)) if n_right is None else n_right
            meter.advance(done)
            for start in range(done, len(uris), _BATCH):
                batch = uris[start : start + _BATCH]
                self._add(playlist.id, batch, planned.name)
                meter.advance(len(batch))
        return replace(planned, is_done=True, url=playlist.url, was_there=(n_right or 0) if earlier else None)

    def append(self, playlist: SpotifyReference, planned: SpotifyPlaylist) -> SpotifyPlaylist | None:
        """Add tracks to the end of the user's own playlist; tracks that it has already are not added again.

        Returns:
            The playlist with the tracks that were added; None if it is not the user's own.

        Raises:
            SignInNeeded, RateLimited, ServiceUnavailable: as for `create`. Another run adds what is missing.
        """
        self.check_may(public=False)
        head = self._head(playlist)
        if _within(head, "owner", "id") != self._me():
            return None
        self.check_may(public=bool(head.get("public")))
        there = self._uris_in(playlist, _MOST_TRACKS)
        missing = [track for track in planned.tracks if track.uri not in there]
        name = one_line(str(head.get("name"))) or planned.name
        with self._progress.meter(f"add to {name}", len(missing)) as meter:
            for start in range(0, len(missing), _BATCH):
                batch = [track.uri for track in missing[start : start + _BATCH]]
                self._add(playlist.id, batch, name)
                meter.advance(len(batch))
        return replace(
            planned,
            name=name,
            public=bool(head.get("public")),
            tracks=missing,
            is_done=True,
            url=playlist.url,
            was_there=len(there),
        )

    def is_own(self, playlist: SpotifyReference) -> bool:
        """Whether a playlist is the signed-in user's own; False if nobody is signed in."""
        if self._api.credentials in (None, Credentials.CLIENT):
            return False
        return bool(_within(self._head(playlist), "owner", "id") == self._me())

    def check_may(self, *, public: bool) -> None:
        """Check the sign-in before any request that Spotify would refuse.

        Raises:
            SignInNeeded: no user is signed in, or the scope is missing.
        """
        credentials = self._api.credentials
        if credentials in (None, Credentials.CLIENT):
            raise SignInNeeded("a playlist belongs to a user, and you are not signed in", "sign in: `spotrec login`")
        token = self._api.token_file.read() if self._api.token_file else None
        scope = "playlist-modify-public" if public else "playlist-modify-private"
        if token and token.scope and scope not in token.scope.split():
            raise Forbidden(
                "the user who signed in did not allow spotrec to make playlists",
                f"sign in again, for {scope}: `spotrec login`",
            )

    def _earlier(self, planned: SpotifyPlaylist, address: str | None) -> SpotifyReference | None:
        """Return the playlist at an address if the user has it still, else the one with the plan's name and text."""
        named = None
        for reference, row in self._every_playlist(self._me()):
            if reference.url == address:
                return reference
            named = named or (reference if _is_as_planned(row, planned) else None)
        return named

    def _find_started(self, planned: SpotifyPlaylist, uris: list[str]) -> "_ExistingPlaylist | None":
        """Find the playlist that an earlier run started: the longest one that contains the first tracks of this one."""
        started = [
            _ExistingPlaylist(reference.id, reference.url, n)
            for reference, row in self._every_playlist(self._me())
            if _is_as_planned(row, planned) and (n := self._n_first(reference, uris)) is not None
        ]
        return max(started, key=lambda one: one.n_tracks, default=None)

    def _head(self, playlist: SpotifyReference) -> dict[str, Any]:
        return self._api.ask(
            lambda client: client.playlist(playlist.id, fields="name,public,owner.id"), f"playlist {playlist.id}"
        )

    def _me(self) -> str:
        me = self._api.ask(lambda client: client.me(), "your account").get("id")
        if not isinstance(me, str):
            raise ServiceUnavailable("Spotify does not say who is signed in", "try again later")
        return me

    def _uris_in(self, playlist: SpotifyReference, most: int) -> set[str]:
        """Return the URIs of the tracks of a playlist."""
        return {uri for row in _rows(lambda offset: self._page(playlist, offset), most) for uri in _uris(row)}

    def _page(self, playlist: SpotifyReference, offset: int) -> dict[str, Any]:
        return self._api.ask(
            lambda client: client.playlist_items(playlist.id, limit=_PAGE, offset=offset, additional_types=("track",)),
            f"playlist {playlist.id}",
        )

    def _every_playlist(self, me: str) -> Iterator[tuple[SpotifyReference, dict[str, Any]]]:
        """Yield the user's own playlists, each with its row in the list."""

        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(
                lambda client: client.current_user_playlists(limit=_PAGE, offset=offset), "your playlists"
            )

        for row in _rows(ask, _MOST_PLAYLISTS):
            if _within(row, "owner", "id") == me and (reference := _reference(row)):
                yield reference, row

    def _n_first(self, playlist: SpotifyReference, uris: list[str]) -> int | None:
        """Return the number of tracks in a playlist if they are the first of `uris`, in order; else None."""
        n = 0
        for row in _rows(lambda offset: self._page(playlist, offset), len(uris) + 1):
            if n == len(uris) or uris[n] not in _uris(row):
                return None
            n += 1
        return n

    def _make(self, planned: SpotifyPlaylist) -> "_ExistingPlaylist":
        made = self._made_empty(planned)
        return _ExistingPlaylist(made.id, made.url, 0)

    def _made_empty(self, planned: SpotifyPlaylist) -> SpotifyReference:
        made = self._api.ask(
            lambda client: client.current_user_playlist_create(
                planned.name, public=planned.public, description=planned.description
            ),
            f"the playlist {quoted(planned.name)}",
            doing="make",
        )
        reference = _reference(made)
        if reference is None:
            raise ServiceUnavailable(
                f"Spotify does not report the address of the playlist {quoted(planned.name)}",
                "run the same command again",
            )
        return reference

    def _add(self, id_: str, uris: list[str], name: str) -> None:
        self._fill(lambda client: client.playlist_add_items(id_, uris), name)

    def _replace(self, id_: str, uris: list[str], name: str) -> None:
        self._fill(lambda client: client.playlist_replace_items(id_, uris), name)

    def _fill(self, request: Callable[[Any], Any], name: str) -> None:
        what = f"the playlist {quoted(name)}"
        answer = self._api.ask(request, what, doing="fill")
        if not isinstance(answer.get("snapshot_id"), str):
            raise ServiceUnavailable(f"spotrec does not understand Spotify's answer for {what}", "try again later")


@dataclass(frozen=True, slots=True)
class _ExistingPlaylist:
    """A playlist that exists, and how many of the tracks are in it."""

    id: str
    url: str
    n_tracks: int = field(default=0)


def _rows(ask: Callable[[int], dict[str, Any]], most: int) -> Iterator[dict[str, Any]]:
    """Yield the entries of a list, page by page, until `most` have been read."""
    offset = 0
    while offset < most:
        page = ask(offset)
        rows = page.get("items")
        if not isinstance(rows, list):
            raise ServiceUnavailable("Spotify sent something that is not a list", "try again later")
        yield from (row if isinstance(row, dict) else {} for row in rows)
        offset += len(rows)
        if not rows or not page.get("next"):
            return


def _is_as_planned(row: dict[str, Any], planned: SpotifyPlaylist) -> bool:
    description = one_line(html.unescape(str(row.get("description") or "")))
    return one_line(str(row.get("name"))) == planned.name and description == planned.description


def _uris(row: dict[str, Any]) -> set[Any]:
    """Return the URIs of a playlist's entry: the track that was added, and the one that Spotify plays instead here."""
    track: dict[str, Any] = next((row[name] for name in ("item", "track") if isinstance(row.get(name), dict)), {})
    return {uri for uri in (track.get("uri"), _within(track, "linked_from", "uri")) if isinstance(uri, str)}


def _reference(row: dict[str, Any]) -> SpotifyReference | None:
    id_ = row.get("id")
    reference = SpotifyReference(SpotifyKind.PLAYLIST, id_ if isinstance(id_, str) else "")
    return reference if reference.is_sound else None


def _within(value: Any, *names: str) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
