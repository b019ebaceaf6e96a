"""Playlist: write tracks to a file, open them in the player, or create a playlist on Spotify or a music server."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.operations.results import PlaylistTarget
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.system.files import from_home
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import PlayerContent
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.export.subsonic_playlist import SubsonicPlaylist


def write_m3u(file: Path | str, tracks: Iterable[Track], relative_to: Path | str | None) -> "WrittenPlaylist":
    """See `Recommender.write_m3u`."""
    from spotrec.export import m3u
    from spotrec.export.relative_paths import start_of

    folder = None if relative_to is None else start_of(relative_to)
    return m3u.write(from_home(file), tracks, folder)


def open_in_player(session: Session, tracks: Sequence[Track], *, other_way: str = "`m3u` FILE") -> "PlayerContent":
    """See `Recommender.open_in_player`."""
    from spotrec.export import player

    return player.open_in_player(tracks, session.settings.data_path / "player", other_way)


def targets(session: Session) -> list[PlaylistTarget]:
    """See `Recommender.playlist_targets`."""
    from spotrec.spotify.api import Credentials, SpotifyApi

    found = []
    if SpotifyApi(session.settings).credentials not in (None, Credentials.CLIENT):
        found.append(PlaylistTarget("spotify", "Spotify"))
    if session.subsonic.is_set:
        found.append(PlaylistTarget("subsonic", session.subsonic.name))
    return found


def create_playlist(
    session: Session,
    name: str,
    tracks: Iterable[str],
    *,
    public: bool,
    description: str | None,
    dry_run: bool,
    progress: Progress | None,
) -> "SpotifyPlaylist":
    """See `Recommender.create_playlist`."""
    from spotrec.export.spotify_playlist import SpotifyPlaylists, plan
    from spotrec.export.spotify_tracks import SpotifyTracks
    from spotrec.spotify.api import SpotifyApi

    with session.view(progress) as view:
        api = SpotifyApi(session.settings)
        playlists = SpotifyPlaylists(api, view.progress)
        if not dry_run:
            playlists.check_may(public=public)
        store = session.store() if session.settings.store_path.is_file() else None
        found = SpotifyTracks(api, store, view.progress).find(tracks)
        planned = plan(name, found, public=public, description=description)
        return planned if dry_run else playlists.create(planned)


def replace_playlist(
    session: Session, name: str, tracks: Iterable[str], *, description: str, address: str | None, progress: Progress
) -> "SpotifyPlaylist":
    """Give the user's playlist at an address, or with this name and description, these tracks; or make it."""
    from spotrec.export.spotify_playlist import SpotifyPlaylists, plan
    from spotrec.export.spotify_tracks import SpotifyTracks
    from spotrec.spotify.api import SpotifyApi

    api = SpotifyApi(session.settings)
    playlists = SpotifyPlaylists(api, progress)
    playlists.check_may(public=False)
    found = SpotifyTracks(api, session.store(), progress).find(tracks)
    return playlists.replace(plan(name, found, public=False, description=description), address)


def create_server_playlist(
    session: Session,
    name: str,
    tracks: Iterable[str],
    *,
    public: bool,
    description: str | None,
    dry_run: bool,
    progress: Progress | None,
) -> "SubsonicPlaylist":
    """See `Recommender.create_server_playlist`."""
    from spotrec.export.subsonic_playlist import SubsonicPlaylists

    with session.view(progress) as view:
        store = session.store() if session.settings.store_path.is_file() else None
        playlists = SubsonicPlaylists(session.subsonic, store, view.progress)
        planned = playlists.plan(name, tracks, public=public, description=description)
        return planned if dry_run else playlists.create(planned)
