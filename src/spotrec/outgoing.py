"""What leaves for where people use it: playlist files, the player, Spotify."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.known import Known
from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import Opened as OpenedPlayer
    from spotrec.export.spotify_playlist import SpotifyPlaylist


class Outgoing(Known):
    """The commands that hand results on."""

    def write_m3u(self, file: Path | str, tracks: Iterable[Track]) -> "WrittenPlaylist":
        """Write tracks to an extended M3U, each as its file, else its page on the web; those with neither are told.

        Args:
            file: ends in `.m3u8` or `.m3u`. A playlist that is there is replaced, another file never.
        """
        from spotrec.export import m3u

        return m3u.write(Path(file).expanduser(), tracks)

    def open_in_player(self, tracks: Sequence[Track]) -> "OpenedPlayer":
        """Open the tracks that are files in this desktop's player; where none is, the page of the first."""
        from spotrec.export.player import open_in_player

        return open_in_player(tracks, self.settings.data_path / "player")

    def create_playlist(
        self,
        name: str,
        tracks: Iterable[str],
        *,
        public: bool = False,
        description: str | None = None,
        dry_run: bool = False,
    ) -> "SpotifyPlaylist":
        """Make a playlist on Spotify for the user who signed in; run again, it goes on, and makes no second one.

        Args:
            tracks: ids of tracks, in order, or links on Spotify. Those without an id there are found by ISRC; those
                that cannot be found are in the result, each with its reason.
            dry_run: only say what it would be.
        """
        from spotrec.export.spotify_playlist import SpotifyPlaylists, plan
        from spotrec.export.spotify_tracks import SpotifyTracks
        from spotrec.spotify.api import SpotifyApi

        api = SpotifyApi(self.settings)
        store = self._open_store() if self.settings.store_path.is_file() else None
        found = SpotifyTracks(api, store, self._progress).find(tracks)
        planned = plan(name, found, public=public, description=description)
        return planned if dry_run else SpotifyPlaylists(api, self._progress).create(planned)
