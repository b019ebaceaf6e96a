"""The preview on a track's public page at Spotify, which needs no credentials."""

from spotrec.crawl.embed_pages import EmbedPages
from spotrec.crawl.previews.outcomes import absent
from spotrec.errors import NotFound
from spotrec.http import HttpClient
from spotrec.links import SpotifyKind, SpotifyReference, parse_spotify
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

NAME = "spotify-embed"


class SpotifyEmbedPreviews:
    """Reads one page for each track that lives on Spotify."""

    name = NAME

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._pages = EmbedPages(http, base_url)

    def find(self, track: Track) -> PreviewOutcome:
        reference = parse_spotify(track.id) if track.id.startswith("spotify:") else None
        if reference is None or reference.kind is not SpotifyKind.TRACK:
            return absent(NAME, "the track does not live on Spotify")
        url = self._preview_url(reference)
        if url is None:
            return absent(NAME, "its page has no preview")
        return PreviewOutcome(NAME, Outcome.FOUND, preview=Preview(NAME, url, track.id))

    def _preview_url(self, reference: SpotifyReference) -> str | None:
        try:
            preview = self._pages.entity(reference).get("audioPreview")
        except NotFound:
            return None
        url = preview.get("url") if isinstance(preview, dict) else None
        return url if isinstance(url, str) and url else None
