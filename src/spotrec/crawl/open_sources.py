"""Pasted text → sources and providers, wired to what they need."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from spotrec.crawl.crawl import NamedSource
from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.previews import PreviewProvider
from spotrec.crawl.previews.deezer import DeezerPreviews
from spotrec.crawl.previews.itunes import ItunesPreviews
from spotrec.crawl.previews.spotify import SpotifyPreviews
from spotrec.crawl.previews.spotify_embed import SpotifyEmbedPreviews
from spotrec.crawl.sources import ListedTrack, SingleTrackSource, TrackSource
from spotrec.crawl.sources.deezer import DeezerSource, deezer_track
from spotrec.crawl.sources.files import AudioFiles, FilesSource, folder_source
from spotrec.crawl.sources.link_list import TextSource
from spotrec.crawl.sources.m3u import M3USource
from spotrec.crawl.sources.spotify_either import EitherSpotify
from spotrec.crawl.sources.text import read_stdin, read_text
from spotrec.crawl.spotify_api import SpotifyApi
from spotrec.errors import BadLink, UsageError, quoted
from spotrec.http import HttpClient
from spotrec.links import (
    SHORT_LINK_HOSTS,
    CsvReference,
    DeezerKind,
    DeezerReference,
    FileReference,
    FolderReference,
    LinkListReference,
    M3UReference,
    PathReference,
    Reference,
    ShortLinkReference,
    SpotifyKind,
    SpotifyReference,
    StdinReference,
    parse,
    parse_spotify,
)
from spotrec.settings import Settings
from spotrec.store import FeatureStore
from spotrec.track import Collection, CollectionKind, Track, TrackId


class Sources:
    """Opens sources over one store and one connection each to Spotify and Deezer."""

    def __init__(self, settings: Settings, store: FeatureStore, http: HttpClient) -> None:
        self._http = http
        self._store = store
        self._files = AudioFiles(store.known_file, settings.max_audio_mb * 1_000_000)
        self._deezer = DeezerApi(http, settings.deezer_api_url)
        pages = EmbedPages(http, settings.spotify_embed_url) if settings.embed_pages == "on" else None
        self._spotify = EitherSpotify(SpotifyApi(settings), pages, store.known, store.track)

    def named(self, text: str) -> NamedSource:
        """A source by pasted text; whether it makes sense shows when it is opened."""
        return NamedSource(text, lambda: self.open(parse(text)))

    def open(self, reference: Reference) -> TrackSource:
        match self.resolved(reference):
            case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK) as track:
                return SingleTrackSource(track, self.look_up)
            case SpotifyReference() as collection:
                return self._spotify.collection(collection)
            case DeezerReference() as collection:
                return DeezerSource(self._deezer, collection, self._store.known)
            case StdinReference():
                return TextSource(read_stdin, "standard input", folder=Path(), open_=self.open, look_up=self.look_up)
            case path:
                return self._open_path(path)

    def _open_path(self, reference: PathReference) -> TrackSource:
        match reference:
            case FolderReference(path):
                return folder_source(self._files, path)
            case M3UReference(path):
                return M3USource(path, self.look_up)
            case FileReference(path):
                return FilesSource(self._files, [path])
            case CsvReference(path):
                return self._text_file(path, "a CSV", is_csv=True)
            case LinkListReference(path):
                return self._text_file(path, "a list")

    def look_up(self, reference: Reference) -> ListedTrack:
        """A single track. What the store knows of it is not asked for again.

        Raises:
            UsageError: it is no single track.
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: it cannot be had from where it lives.
            TrackError: the file cannot be read.
        """
        match self.resolved(reference):
            case SpotifyReference(SpotifyKind.TRACK, id_) as track:
                return ListedTrack(self._stored(track.uri) or self._spotify.track(id_))
            case DeezerReference(DeezerKind.TRACK, id_) as track:
                return ListedTrack(self._stored(track.uri) or deezer_track(self._deezer, id_))
            case FileReference(path):
                return self._files.read(path)
        raise UsageError("not a track", "crawl playlists, albums and folders on their own")

    def resolved(self, reference: Reference) -> SpotifyReference | DeezerReference | PathReference | StdinReference:
        """The reference itself, or what a short link leads to.

        Raises:
            BadLink: a short link leads away from Spotify.
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: it cannot be followed.
        """
        if not isinstance(reference, ShortLinkReference):
            return reference
        found = parse_spotify(self._http.resolve(reference.url, tuple(SHORT_LINK_HOSTS)))
        if found is None:
            raise BadLink(f"{quoted(reference.url)} leads away from Spotify", "copy the long link instead")
        return found

    def _stored(self, uri: str) -> Track | None:
        return self._store.track(uri) if self._store.known([TrackId(uri)]) else None

    def _text_file(self, path: Path, what: str, *, is_csv: bool = False) -> TextSource:
        path = path.resolve()
        return TextSource(
            lambda: read_text(path, what),
            str(path),
            folder=path.parent,
            open_=self.open,
            look_up=self.look_up,
            collection=Collection(f"list:{path}", CollectionKind.PLAYLIST, path.stem),
            is_csv=is_csv,
        )


_PROVIDERS: Mapping[str, Callable[[Settings, HttpClient], PreviewProvider]] = {
    "spotify": lambda _settings, _http: SpotifyPreviews(),
    "deezer": lambda settings, http: DeezerPreviews(http, settings.deezer_api_url, loose=settings.loose),
    "itunes": lambda settings, http: ItunesPreviews(
        http, settings.itunes_api_url, settings.itunes_country, loose=settings.loose
    ),
    "spotify-embed": lambda settings, http: SpotifyEmbedPreviews(http, settings.spotify_embed_url),
}


def open_providers(settings: Settings, http: HttpClient) -> list[PreviewProvider]:
    """The preview providers that the settings name, in their order.

    Raises:
        UsageError: one of them does not exist.
    """
    named = [name for name in settings.providers if name != "spotify-embed" or settings.embed_pages == "on"]
    return [_PROVIDERS[name](settings, http) if name in _PROVIDERS else _unknown(name) for name in named]


def _unknown(name: str) -> NoReturn:
    raise UsageError(f"there is no preview provider “{name}”", f"providers are {', '.join(_PROVIDERS)}")
