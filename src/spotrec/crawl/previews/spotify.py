"""The preview URL that came with the track: from Spotify's Web API, its public lists, or an exported playlist.

The Web API gives none to apps made since November 2024.
"""

from spotrec.crawl.previews.outcomes import absent, found
from spotrec.crawl.previews.web import PreviewDownloads, web_address
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import Preview, PreviewOutcome, Track

NAME = "spotify"


class SpotifyPreviews:
    """Uses the URL that came with the track. Finding it needs no request."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._downloads = PreviewDownloads(settings, http)

    def plan(self, track: Track) -> str | None:
        return "its URL" if web_address(track.preview_url) else None

    def find(self, track: Track) -> PreviewOutcome:
        if url := web_address(track.preview_url):
            return found(Preview(NAME, url, track.id))
        if track.preview_url:
            return absent(NAME, "its preview URL is not a web address")
        if not track.id.startswith("spotify:"):
            return absent(NAME, "it does not come from Spotify")
        return absent(NAME, "it came without a preview URL")

    def fetch(self, preview: Preview) -> bytes:
        return self._downloads.fetch(preview)
