"""The registry of preview providers."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from spotrec.crawl.previews import PreviewProvider, spotify_embed, subsonic
from spotrec.crawl.previews.deezer import DeezerPreviews
from spotrec.crawl.previews.file import FilePreviews
from spotrec.crawl.previews.itunes import ItunesPreviews
from spotrec.crawl.previews.spotify import SpotifyPreviews
from spotrec.crawl.previews.subsonic import ItemIds
from spotrec.errors import UsageError
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import TrackId

_Opener = Callable[[Settings, HttpClient], PreviewProvider | None]


def _openers(item_ids: ItemIds) -> Mapping[str, _Opener]:
    """Return, by name in the settings, functions that open providers, or return None if the settings forbid it."""
    return {
        "file": FilePreviews,
        "subsonic": lambda settings, http: subsonic.open_previews(settings, http, item_ids),
        "spotify": SpotifyPreviews,
        "deezer": DeezerPreviews,
        "itunes": ItunesPreviews,
        "spotify-embed": spotify_embed.open_previews,
    }


def _no_items(track_id: TrackId, server: str) -> Sequence[str]:  # noqa: ARG001 - as `ItemIds` has it
    return ()


def open_providers(settings: Settings, http: HttpClient, item_ids: ItemIds = _no_items) -> list[PreviewProvider]:
    """Open each provider that the settings name, once, in their order.

    Args:
        item_ids: the ids of a track on a music server, as the store has them.

    Raises:
        UsageError: a provider does not exist.
    """
    check_names(settings.providers)
    openers = _openers(item_ids)
    opened = [openers[name](settings, http) for name in dict.fromkeys(settings.providers)]
    return [provider for provider in opened if provider]


def check_names(names: Iterable[str]) -> None:
    """Raise UsageError if a provider does not exist."""
    known = _openers(_no_items)
    for name in names:
        if name not in known:
            raise UsageError(f"there is no preview provider “{name}”", f"choose from {', '.join(known)}")
