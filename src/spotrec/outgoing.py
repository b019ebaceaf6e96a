"""What leaves for where people use it: playlist files, the player, Spotify; indexes, to a bucket and from there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.known import Known
from spotrec.track import Track, TrackId

if TYPE_CHECKING:
    from spotrec.export.m3u import WrittenPlaylist
    from spotrec.export.player import Opened as OpenedPlayer
    from spotrec.export.spotify_playlist import SpotifyPlaylist
    from spotrec.index.index import Index
    from spotrec.index.publish import Published
    from spotrec.s3.files import S3Files


@dataclass(frozen=True, slots=True)
class PulledIndex:
    """An index that was taken from a bucket and is in use now; `n_known` of its tracks the store knows.

    `n_bytes` came, `n_bytes_here` were here already.
    """

    index: str
    address: str
    folder: Path
    model: str
    n_tracks: int
    n_known: int
    n_bytes: int
    n_bytes_here: int


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
        playlists = SpotifyPlaylists(api, self._progress)
        if not dry_run:
            playlists.check_may(public=public)
        store = self._open_store() if self.settings.store_path.is_file() else None
        found = SpotifyTracks(api, store, self._progress).find(tracks)
        planned = plan(name, found, public=public, description=description)
        return planned if dry_run else playlists.create(planned)

    def push_index(self, address: str) -> "Published":
        """Publish the index in use at `s3://bucket/prefix`; what lies there already is not sent again."""
        from spotrec.index.publish import push

        return push(self.settings.index_path, self.model, self._files_at(address), self._progress)

    def pull_index(self, address: str) -> PulledIndex:
        """Take the index that was published at `s3://bucket/prefix`, checked, and make it the one in use.

        Only tracks that the store knows are ever recommended: `import_features` brings the others.
        """
        from spotrec.index.pull import pull

        pulled = pull(self.settings.index_path, self.model, self._files_at(address), self._progress)
        index = pulled.index
        return PulledIndex(
            index.name,
            pulled.address,
            index.folder,
            str(self.model),
            len(index),
            self._n_known(index),
            pulled.n_bytes,
            pulled.n_bytes_here,
        )

    def _files_at(self, address: str) -> "S3Files":
        from spotrec.s3.files import S3Files
        from spotrec.s3.place import S3Place

        return S3Files(S3Place(address, self.settings, "an index in S3"))

    def _n_known(self, index: "Index") -> int:
        if not self.settings.store_path.is_file():
            return 0
        store, n = self._open_store(), 0
        with self._progress.meter("look its tracks up", len(index)) as meter:
            for part in index.blocks():
                n += len(store.tracks.known([TrackId(id_.decode()) for id_ in part.ids]))
                meter.advance(len(part))
        return n
