"""The providers that the settings name, in their order."""

from collections.abc import Callable, Mapping

from spotrec.crawl.previews import PreviewProvider
from spotrec.crawl.previews.deezer import DeezerPreviews
from spotrec.crawl.previews.file import FilePreviews
from spotrec.crawl.previews.itunes import ItunesPreviews
from spotrec.crawl.previews.spotify import SpotifyPreviews
from spotrec.crawl.previews.spotify_embed import SpotifyEmbedPreviews
from spotrec.errors import UsageError
from spotrec.net.http import HttpClient
from spotrec.settings import Settings

_PROVIDERS: Mapping[str, Callable[[Settings, HttpClient], PreviewProvider]] = {
    "file": lambda settings, _http: FilePreviews(settings),
    "spotify": SpotifyPreviews,
    "deezer": DeezerPreviews,
    "itunes": ItunesPreviews,
    "spotify-embed": SpotifyEmbedPreviews,
}


def open_providers(settings: Settings, http: HttpClient) -> list[PreviewProvider]:
    """Each provider once. Spotify's public pages are none where the settings forbid them.

    Raises:
        UsageError: one of them does not exist.
    """
    for name in settings.providers:
        if name not in _PROVIDERS:
            raise UsageError(f"there is no preview provider “{name}”", f"providers are {', '.join(_PROVIDERS)}")
    is_off = {"spotify-embed"} if settings.embed_pages == "off" else set()
    return [_PROVIDERS[name](settings, http) for name in dict.fromkeys(settings.providers) if name not in is_off]
