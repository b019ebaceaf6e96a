"""A playlist on Spotify: made once, filled in order, gone on with where it was left.

Requests that change something are not repeated by themselves: nobody knows whether one that broke off was heard. A
rerun looks what is there instead. A playlist of the user's with the same name and description that holds the first of
the tracks, and nothing else, is taken for the one that an earlier run began.
"""

import html
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
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
    """A playlist that was made on Spotify, or, unless `is_done`, would be.

    `was_there`: how many of the tracks an earlier run had put there; None where the playlist is new.
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
    """What the playlist would be.

    Raises:
        UsageError: Spotify takes no playlist of this name, description or length.
        NotFound: none of the tracks is on Spotify.
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
            f"{quoted(name)} cannot be a playlist's name", f"Spotify takes names of 1 to {_LONGEST_NAME} characters"
        )
    if len(planned.description) > _LONGEST_DESCRIPTION:
        raise UsageError("the description is too long", f"Spotify takes {_LONGEST_DESCRIPTION} characters")
    if len(found.tracks) > _MOST_TRACKS:
        raise UsageError(f"{len(found.tracks):,} tracks are too many", f"Spotify takes {_MOST_TRACKS:,} in a playlist")
    if not found.tracks:
        named = "; ".join(f"{one.name}: {one.reason}" for one in found.left_out[:3]) or "no track was named"
        raise NotFound("none of the tracks is on Spotify", named)
    return planned


class SpotifyPlaylists:
    """The playlists of the user who signed in."""

    def __init__(self, api: SpotifyApi, progress: Progress) -> None:
        self._api = api
        self._progress = progress

    def create(self, planned: SpotifyPlaylist) -> SpotifyPlaylist:
        """Make the playlist and fill it; run again, it goes on where it was left, and makes no second one.

        Raises:
            SignInNeeded: nobody is signed in, or who is has not let spotrec make playlists.
            RateLimited, ServiceUnavailable: Spotify does not go on; the hint says what is there.
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
                    there = f"{playlist.url} holds {start} of {len(uris)} tracks: run the same command again to go on"
                    error.hint = f"{error.hint}\n{there}"
                    raise
                meter.advance(len(batch))
        return SpotifyPlaylist(
            planned.name,
            planned.public,
            planned.description,
            planned.tracks,
            planned.left_out,
            planned.repeated,
            is_done=True,
            url=playlist.url,
            was_there=started.n_tracks if started else None,
        )

    def check_may(self, *, public: bool) -> None:
        """Refuse before anything is asked where it is known that Spotify will.

        Raises:
            SignInNeeded: nobody is signed in, or without the scope.
        """
        credentials = self._api.credentials
        if credentials in (None, Credentials.CLIENT):
            raise SignInNeeded("a playlist belongs to a user, and nobody is signed in", "sign in: `spotrec login`")
        token = self._api.token_file.read() if self._api.token_file else None
        scope = "playlist-modify-public" if public else "playlist-modify-private"
        if token and token.scope and scope not in token.scope.split():
            raise Forbidden(
                "whoever signed in did not let spotrec make playlists", f"sign in again, for {scope}: `spotrec login`"
            )

    def _find_started(self, planned: SpotifyPlaylist, uris: list[str]) -> "_ExistingPlaylist | None":
        """The playlist that an earlier run began: the longest one that is a beginning of this one."""
        me = self._api.ask(lambda client: client.me(), "your account").get("id")
        if not isinstance(me, str):
            raise ServiceUnavailable("Spotify does not say who is signed in", "try again later")
        started = [
            _ExistingPlaylist(reference.id, reference.url, n)
            for reference in self._own_playlists(me, planned)
            if (n := self._n_first(reference, uris)) is not None
        ]
        return max(started, key=lambda one: one.n_tracks, default=None)

    def _own_playlists(self, me: str, planned: SpotifyPlaylist) -> Iterator[SpotifyReference]:
        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(
                lambda client: client.current_user_playlists(limit=_PAGE, offset=offset), "your playlists"
            )

        for row in _rows(ask, _MOST_PLAYLISTS):
            is_ours = (
                _within(row, "owner", "id") == me
                and one_line(str(row.get("name"))) == planned.name
                and one_line(html.unescape(str(row.get("description") or ""))) == planned.description
            )
            if is_ours and (reference := _reference(row)):
                yield reference

    def _n_first(self, playlist: SpotifyReference, uris: list[str]) -> int | None:
        """How many tracks a playlist holds, where they are the first of `uris`, in order; None where they are not."""

        def ask(offset: int) -> dict[str, Any]:
            return self._api.ask(
                lambda client: client.playlist_items(
                    playlist.id, limit=_PAGE, offset=offset, additional_types=("track",)
                ),
                f"playlist {playlist.id}",
            )

        n = 0
        for row in _rows(ask, len(uris) + 1):
            if n == len(uris) or uris[n] not in _uris(row):
                return None
            n += 1
        return n

    def _make(self, planned: SpotifyPlaylist) -> "_ExistingPlaylist":
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
                f"Spotify does not say which playlist {quoted(planned.name)} became", "run the same command again"
            )
        return _ExistingPlaylist(reference.id, reference.url, 0)

    def _add(self, id_: str, uris: list[str], name: str) -> None:
        what = f"the playlist {quoted(name)}"
        answer = self._api.ask(lambda client: client.playlist_add_items(id_, uris), what, doing="fill")
        if not isinstance(answer.get("snapshot_id"), str):
            raise ServiceUnavailable(f"Spotify's answer for {what} makes no sense", "try again later")


@dataclass(frozen=True, slots=True)
class _ExistingPlaylist:
    """A playlist that is there, and how many of the tracks are in it."""

    id: str
    url: str
    n_tracks: int = field(default=0)


def _rows(ask: Callable[[int], dict[str, Any]], most: int) -> Iterator[dict[str, Any]]:
    """The entries of a list, page by page, `most` of them at the most."""
    offset = 0
    while offset < most:
        page = ask(offset)
        rows = page.get("items")
        if not isinstance(rows, list):
            raise ServiceUnavailable("Spotify answers something that is no list", "try again later")
        yield from (row if isinstance(row, dict) else {} for row in rows)
        offset += len(rows)
        if not rows or not page.get("next"):
            return


def _uris(row: dict[str, Any]) -> set[Any]:
    """The URIs of a playlist's entry: what it was added as, and what Spotify plays in its place here."""
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
