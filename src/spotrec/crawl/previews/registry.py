"""The registry of preview providers."""

from collections.abc import Callable, Iterable, Mapping

from spotrec.crawl.previews import PreviewProvider, spotify_embed
from spotrec.crawl.previews.deezer import DeezerPreviews
from spotrec.crawl.previews.file import FilePreviews
from spotrec.crawl.previews.itunes import ItunesPreviews
from spotrec.crawl.previews.spotify import SpotifyPreviews
from spotrec.errors import UsageError
from spotrec.net.http import HttpClient
from spotrec.settings import Settings

_PROVIDERS: Mapping[str, Callable[[Settings, HttpClient], PreviewProvider | None]] = {
    "file": FilePreviews,
    "spotify": SpotifyPreviews,
    "deezer": DeezerPreviews,
    "itunes": ItunesPreviews,
    "spotify-embed": spotify_embed.open_previews,
}
"""Name in the settings → a function that opens the provider, or returns None if the settings forbid it."""


def open_providers(settings: Settings, http: HttpClient) -> list[PreviewProvider]:
    """Open each provider that the settings name, once, in their order.

    Raises:
        UsageError: a provider does not exist.
    """
    check_names(settings.providers)
    opened = [_PROVIDERS[name](settings, http) for name in dict.fromkeys(settings.providers)]
    return [provider for provider in opened if provider]


def check_names(names: Iterable[str]) -> None:
    """Raise UsageError if a provider does not exist."""
    for name in names:
        if name not in _PROVIDERS:
            raise UsageError(f"there is no preview provider “{name}”", f"choose from {', '.join(_PROVIDERS)}")
