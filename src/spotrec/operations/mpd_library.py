"""Which track of the store is which song of MPD.

MPD names a song by its path in its music folder, the store by the whole path. The folder is known from a setting or
from MPD; else, or behind a symbolic link, it is found by the first song whose path is the end of a stored one.
"""

from collections.abc import Iterable
from pathlib import PurePosixPath

from spotrec.mpd import MpdPlayer, Song
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId

_SAME_LENGTH_S = 3.0
_DEEPEST = 12
_MOST_MISSES = 20
"""To compare the end of a path with all of a store takes a moment, and a queue may have thousands of songs."""


class MpdLibrary:
    """The songs of MPD that are tracks of the store.

    Args:
        folders: where MPD's music folder is on this machine, as far as it is known.
    """

    def __init__(self, store: FeatureStore, player: MpdPlayer, folders: Iterable[str] = ()) -> None:
        self._store = store
        self._player = player
        self._folders = [folder.rstrip("/") for folder in folders]
        self._tracks: dict[str, TrackId | None] = {}
        self._misses = 0

    def track_of(self, song: Song, *, thoroughly: bool = False) -> Track | None:
        """Return the track of a song; None if its file is not in the store. See `id_of`."""
        id_ = self.id_of(song, thoroughly=thoroughly)
        return self._store.tracks.get(id_) if id_ else None

    def id_of(self, song: Song, *, thoroughly: bool = False) -> TrackId | None:
        """Return the id of a song's track; None if its file is not in the store.

        Args:
            thoroughly: look again if it was not found before, and at the ends of all paths even if the folder is known.
        """
        if song.uri not in self._tracks or (thoroughly and self._tracks[song.uri] is None):
            self._tracks[song.uri] = self._found(song, thoroughly=thoroughly)
        return self._tracks[song.uri]

    def song_of(self, track: Track) -> Song | None:
        """Return the song of a track's file, of the first that MPD's database has; None if it has none."""
        paths = [place.path for place in self._store.files.places([track.id]).get(track.id, [])]
        for path in paths:
            for folder in self._folders:
                if path.startswith(f"{folder}/") and (song := self._player.find(path[len(folder) + 1 :])):
                    return self._remembered(song, track)
        for path in paths:
            for end in _ends(path):
                if (song := self._player.find(end)) and _is_alike(song, track):
                    self._learn(path, song)
                    return self._remembered(song, track)
        return None

    def _found(self, song: Song, *, thoroughly: bool) -> TrackId | None:
        if "://" in song.uri:
            return None
        for folder in self._folders:
            if track := self._store.files.track_in(f"{folder}/{song.uri}"):
                return track.id
        if not thoroughly and (self._folders or self._misses >= _MOST_MISSES):
            return None
        found = self._store.files.ending_in(f"/{song.uri}")
        tracks = self._store.tracks.get_many(found.values())
        for path, id_ in found.items():
            if id_ in tracks and _is_alike(song, tracks[id_]):
                self._learn(path, song)
                return id_
        self._misses += 1
        return None

    def _learn(self, path: str, song: Song) -> None:
        folder = path[: -len(song.uri)].rstrip("/")
        if "/" in song.uri and folder not in self._folders:
            self._folders.append(folder)

    def _remembered(self, song: Song, track: Track) -> Song:
        self._tracks[song.uri] = track.id
        return song


def _ends(path: str) -> list[str]:
    """Return what the path of a file may be in a folder above it, longest first."""
    parts = PurePosixPath(path).parts[1:]
    return ["/".join(parts[i:]) for i in range(max(1, len(parts) - _DEEPEST), len(parts))]


def _is_alike(song: Song, track: Track) -> bool:
    """Return whether a song and a track with like paths may be one file: equally long, if both lengths are known."""
    if song.duration_s is None or track.duration_ms is None:
        return True
    return abs(song.duration_s - track.duration_ms / 1000) < _SAME_LENGTH_S
