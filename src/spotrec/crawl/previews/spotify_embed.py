"""The preview on a track's public page at Spotify, which needs no credentials."""

from typing import Any

from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.previews.outcomes import absent, found
from spotrec.crawl.previews.search import preview_at, unexpected_answer
from spotrec.crawl.previews.web import PreviewDownloads
from spotrec.errors import BadLink, NotFound, ServiceUnavailable, SignInNeeded
from spotrec.links import SpotifyKind, SpotifyReference, parse_spotify
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import Preview, PreviewOutcome, Track

NAME = "spotify-embed"
_SERVICE = "Spotify's public page"


def open_previews(settings: Settings, http: HttpClient) -> "SpotifyEmbedPreviews | None":
    """Return the provider; None if the settings forbid reading these pages."""
    return SpotifyEmbedPreviews(settings, http) if settings.embed_pages == "on" else None


class SpotifyEmbedPreviews:
    """Reads the public page of each track on Spotify."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._downloads = PreviewDownloads(settings, http)
        self._pages = EmbedPages(http, settings.spotify_embed_url)

    def plan(self, track: Track) -> str | None:
        return "its page" if _on_spotify(track) else None

    def find(self, track: Track) -> PreviewOutcome:
        reference = _on_spotify(track)
        if reference is None:
            return absent(NAME, "it does not come from Spotify")
        try:
            entity = self._pages.entity(reference)
        except NotFound:
            return absent(NAME, "Spotify has no public page for it")
        except SignInNeeded as exc:  # its public pages have no sign-in
            raise ServiceUnavailable(exc.message, "try again later") from exc
        url = _preview_url(entity)
        if not url:
            return absent(NAME, "its page has no preview")
        return found(preview_at(NAME, _SERVICE, url, track.id))

    def fetch(self, preview: Preview) -> bytes:
        return self._downloads.fetch(preview)


def _on_spotify(track: Track) -> SpotifyReference | None:
    try:
        reference = parse_spotify(track.id) if track.id.startswith("spotify:") else None
    except BadLink:
        return None
    return reference if reference and reference.kind is SpotifyKind.TRACK else None


def _preview_url(entity: dict[str, Any]) -> Any:
    """Return the page's unchecked preview URL; empty or None if the page states that there is no preview."""
    preview = entity.get("audioPreview")
    if preview is None:
        return None
    if not isinstance(preview, dict):
        raise unexpected_answer(_SERVICE)
    return preview.get("url")
