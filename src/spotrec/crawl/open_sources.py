"""Pasted text → sources and providers, wired to what they need."""

from collections.abc import Callable, Mapping
from typing import NoReturn

from spotrec.crawl.crawl import NamedSource
from spotrec.crawl.previews import PreviewProvider
from spotrec.crawl.previews.deezer import DeezerPreviews
from spotrec.crawl.previews.spotify import SpotifyPreviews
from spotrec.crawl.sources import ListedTrack, TrackSource
from spotrec.crawl.sources.files import AudioFiles, FilesSource, folder_source
from spotrec.crawl.sources.m3u import M3USource
from spotrec.crawl.sources.spotify import SpotifyApi, SpotifySource, SpotifyTrackSource
from spotrec.errors import UsageError
from spotrec.http import HttpClient
from spotrec.links import FileReference, FolderReference, M3UReference, Reference, SpotifyKind, SpotifyReference, parse
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.track import TrackId


class Sources:
    """Opens sources over one store and one connection to Spotify."""

    def __init__(self, settings: Settings, store: FeatureStore) -> None:
        self._store = store
        self._files = AudioFiles(store.known_file, settings.max_audio_mb * 1_000_000)
        self.spotify = SpotifyApi(settings)

    def named(self, text: str) -> NamedSource:
        """A source by pasted text; whether it makes sense shows when it is opened."""
        return NamedSource(text, lambda: self.open(parse(text)))

    def open(self, reference: Reference) -> TrackSource:
        match reference:
            case SpotifyReference(SpotifyKind.TRACK, id_):
                return SpotifyTrackSource(id_, self._spotify_track)
            case SpotifyReference():
                return SpotifySource(self.spotify, reference, self._store.known)
            case FolderReference(path):
                return folder_source(self._files, path)
            case M3UReference(path):
                return M3USource(path, self._files, self._spotify_track)
            case FileReference(path):
                return FilesSource(self._files, [path])

    def _spotify_track(self, id_: str) -> ListedTrack:
        """What the store knows of a track is not asked for again."""
        uri = SpotifyReference(SpotifyKind.TRACK, id_).uri
        known = self._store.known([TrackId(uri)])
        stored = self._store.track(uri) if known else None
        return ListedTrack(stored or self.spotify.track(id_))

    def read_file(self, reference: FileReference) -> ListedTrack:
        return self._files.read(reference.path)


_PROVIDERS: Mapping[str, Callable[[Settings, HttpClient], PreviewProvider]] = {
    "spotify": lambda _settings, _http: SpotifyPreviews(),
    "deezer": lambda settings, http: DeezerPreviews(http, settings.deezer_api_url),
}


def open_providers(settings: Settings, http: HttpClient) -> list[PreviewProvider]:
    """The preview providers that the settings name, in their order.

    Raises:
        UsageError: one of them does not exist.
    """
    return [_PROVIDERS[name](settings, http) if name in _PROVIDERS else _unknown(name) for name in settings.providers]


def _unknown(name: str) -> NoReturn:
    raise UsageError(f"there is no preview provider “{name}”", f"providers are {', '.join(_PROVIDERS)}")
