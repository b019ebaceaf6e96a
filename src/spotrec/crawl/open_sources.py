"""Pasted text → open sources, with the connections that they need."""

from contextlib import suppress
from pathlib import Path

from spotrec.audio.tag_pool import TagPool
from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.sources import ListedTrack, NamedSource, SingleTrackSource, TrackSource
from spotrec.crawl.sources.deezer import DeezerSource, deezer_track
from spotrec.crawl.sources.files import AudioFiles, FilesSource, folder_source
from spotrec.crawl.sources.link_list import TextSource
from spotrec.crawl.sources.m3u import M3USource
from spotrec.crawl.sources.mounted_folder import MountedFolder
from spotrec.crawl.sources.playlist_file import ListFiles, PlaylistFileSource, by_content
from spotrec.crawl.sources.spotify_fallback import SpotifyWithFallback
from spotrec.crawl.sources.spotify_lists import SpotifyLikedSongs, SpotifySearch
from spotrec.crawl.sources.subsonic import SubsonicSource
from spotrec.crawl.sources.text import read_stdin, read_text
from spotrec.errors import BadLink, NotFound, UsageError, quoted
from spotrec.links import (
    SHORT_LINK_HOSTS,
    CsvReference,
    DeezerKind,
    DeezerReference,
    FileReference,
    FolderReference,
    LikedSongsReference,
    LinkListReference,
    M3UReference,
    PathReference,
    PlaylistFileReference,
    Reference,
    SearchReference,
    ShortLinkReference,
    SpotifyKind,
    SpotifyReference,
    StdinReference,
    SubsonicReference,
    parse,
    parse_spotify,
)
from spotrec.names.titles import one_line
from spotrec.net.http import HttpClient
from spotrec.settings import Settings, without_password
from spotrec.spotify.api import SpotifyApi
from spotrec.store import FeatureStore
from spotrec.subsonic.api import SubsonicApi
from spotrec.track import Collection, CollectionKind, Track, TrackId

ResolvedReference = (
    SpotifyReference
    | LikedSongsReference
    | SearchReference
    | DeezerReference
    | SubsonicReference
    | PathReference
    | StdinReference
)


class Sources:
    """Opens sources. They share one store and one connection each to Spotify and Deezer.

    Args:
        only_stored: look up no single track at a service: one that is not stored has its id for a title. Entries of an
            M3U whose file is not here are known by their names.
        settled_s: see `AudioFiles`.
    """

    def __init__(
        self,
        settings: Settings,
        store: FeatureStore,
        http: HttpClient,
        tag_pool: TagPool,
        *,
        only_stored: bool = False,
        settled_s: float = 0,
    ) -> None:
        self._http = http
        self._only_stored = only_stored
        self._store = store
        self._files = AudioFiles(store.files.unchanged, tag_pool, settled_s)
        self._encoding = settings.encoding or ""
        self._list_files = ListFiles(self._encoding)
        self._deezer = DeezerApi(http, settings.deezer_api_url)
        pages = EmbedPages(http, settings.spotify_embed_url) if settings.embed_pages == "on" else None
        self._subsonic = SubsonicApi(settings, http)
        self._folder = MountedFolder(settings.subsonic_folder) if settings.subsonic_folder else None
        self._spotify_api = SpotifyApi(settings, http.pacer)
        self._spotify = SpotifyWithFallback(self._spotify_api, pages, store.tracks.known_with_isrc, store.tracks.get)

    def by_text(self, text: str) -> NamedSource:
        """Return the source for pasted text. The text is parsed when the source is opened."""
        # a link to a music server may have credentials in it, which are refused, and not repeated
        shown = without_password(text).partition("?")[0].rstrip(":") if text.lower().startswith("subsonic:") else text
        return NamedSource(shown, lambda: self.open(parse(text)))

    def by_search(self, words: str, limit: int = 200) -> NamedSource:
        """Return Spotify's results for `words` (`artist:`, `year:1990-1995`, … narrow them), at most `limit` tracks."""
        return NamedSource(f"search {quoted(words)}", lambda: self.open(SearchReference(words, limit)))

    def open(self, reference: Reference) -> TrackSource:
        match self.resolve(reference):
            case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK) as track:
                return SingleTrackSource(track, self.look_up)
            case LikedSongsReference() as liked:
                return SpotifyLikedSongs(self._spotify_api, liked)
            case SearchReference() as search:
                return SpotifySearch(self._spotify_api, search)
            case SpotifyReference() as collection:
                return self._spotify.collection(collection)
            case DeezerReference() as collection:
                return DeezerSource(self._deezer, collection, self._store.tracks.known_with_isrc)
            case SubsonicReference() as on_server:
                return SubsonicSource(self._subsonic, on_server, self._files, self._folder, self._store.server_items)
            case StdinReference():
                return TextSource(
                    lambda: read_stdin(self._encoding),
                    "standard input",
                    folder=Path(),
                    open_=self.open,
                    look_up=self.look_up,
                    stored_at=self._store.files.track_in,
                    stored=self._store.tracks.get,
                )
            case path:
                return self._open_path(path)

    def _open_path(self, reference: PathReference) -> TrackSource:
        match by_content(reference) if isinstance(reference, FileReference | M3UReference) else reference:
            case FolderReference(path):
                return folder_source(self._files, path)
            case M3UReference(path):
                return M3USource(path, self.look_up, by_name=self._only_stored, encoding=self._encoding)
            case FileReference(path):
                return FilesSource(self._files, [path])
            case CsvReference(path):
                return self._text_file(path, "a CSV", is_csv=True)
            case PlaylistFileReference() as file:
                return PlaylistFileSource(file, self.look_up, self._store.files.track_in, self._list_files.read)
            case LinkListReference(path):
                return self._text_file(path, "a list")

    def look_up(self, reference: Reference) -> ListedTrack:
        """Return a single track, from the store if it is there.

        Raises:
            UsageError: the reference is not a single track.
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: the service does not supply it.
            TrackError: the file cannot be read.
        """
        match self.resolve(reference):
            case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK) as track if self._only_stored:
                return ListedTrack(self._store.tracks.get(track.uri) or Track(TrackId(track.uri), track.uri))
            case SpotifyReference(SpotifyKind.TRACK, id_) as track:
                stored = self._stored(track.uri)
                if stored and not stored.isrc and self._spotify_api.has_credentials:  # it was crawled without
                    with suppress(NotFound):
                        return self._spotify.track(id_)
                return ListedTrack(stored) if stored else self._spotify.track(id_)
            case DeezerReference(DeezerKind.TRACK, id_) as track:
                return ListedTrack(self._stored(track.uri) or deezer_track(self._deezer, id_))
            case FileReference(path):
                return self._files.read(path)
        raise UsageError("not a track", "crawl playlists, albums and folders on their own")

    def resolve(self, reference: Reference) -> ResolvedReference:
        """Return the reference itself, or the target of a short link.

        Raises:
            BadLink: a short link does not lead to Spotify.
            NotFound, SignInNeeded, RateLimited, ServiceUnavailable: the short link cannot be followed.
        """
        if not isinstance(reference, ShortLinkReference):
            return reference
        found = parse_spotify(self._http.resolve(reference.url, tuple(SHORT_LINK_HOSTS)))
        if found is None:
            raise BadLink(f"{quoted(reference.url)} does not lead to Spotify", "copy the long link instead")
        return found

    def _stored(self, uri: str) -> Track | None:
        return self._store.tracks.get(uri) if self._store.tracks.known([TrackId(uri)]) else None

    def _text_file(self, path: Path, what: str, *, is_csv: bool = False) -> TextSource:
        path = path.resolve()
        return TextSource(
            lambda: read_text(path, what, self._encoding),
            str(path),
            folder=path.parent,
            open_=self.open,
            look_up=self.look_up,
            stored_at=self._store.files.track_in,
            stored=self._store.tracks.get,
            collection=Collection(f"list:{path}", CollectionKind.PLAYLIST, one_line(path.stem) or "list"),
            is_csv=is_csv,
        )
