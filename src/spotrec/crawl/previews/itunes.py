"""Apple's previews (AAC), found by name and checked. No key is needed.

Apple's search does not support ISRCs and returns anything that resembles the words, so a hit counts only if artist,
title, version and length agree. Apple allows about 20 requests a minute and answers more with HTTP 403.
"""

from typing import Any

from spotrec.crawl.previews import search
from spotrec.crawl.previews.matching import Candidate
from spotrec.crawl.previews.outcomes import absent
from spotrec.crawl.previews.web import PreviewDownloads
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable, SignInNeeded
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import Preview, PreviewOutcome, Track

NAME = "itunes"
_SERVICE = "Apple"


class ItunesPreviews:
    """Searches Apple's store in one country."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._downloads = PreviewDownloads(settings, http)
        self._http = http
        self._api_url = settings.itunes_api_url
        self._country = settings.itunes_country
        self._loose = settings.loose

    def plan(self, track: Track) -> str | None:
        return "by name" if search.words(track) else None

    def find(self, track: Track) -> PreviewOutcome:
        words = search.words(track)
        if words is None:
            return absent(NAME, "Apple needs artist and title, and these are not known")
        offers = [_offer(hit) for hit in self._search(" ".join(words))]
        return search.best_offer(NAME, _SERVICE, track, offers, loose=self._loose)

    def fetch(self, preview: Preview) -> bytes:
        return self._downloads.fetch(preview)

    def _search(self, words: str) -> list[dict[str, Any]]:
        parameters: dict[str, str | int] = {
            "term": words,
            "media": "music",
            "entity": "song",
            "limit": search.MAX_HITS,
            "country": self._country,
        }
        answer = self._ask(parameters)
        if not isinstance(answer, dict):
            raise search.unexpected_answer(_SERVICE)
        return search.hits(answer.get("results"), _SERVICE, holding="trackName")

    def _ask(self, parameters: dict[str, str | int]) -> Any:
        """Return the answer to a search. After a refusal, Apple gets no requests for a while."""
        patience = self._http.patience(self._api_url)
        while True:
            try:
                return self._http.json(f"{self._api_url}/search", parameters)
            except SignInNeeded:
                self._http.pacer.pause(self._api_url, RateLimited(_SERVICE), patience)
            except NotFound as exc:
                raise ServiceUnavailable(
                    "Apple's search is not at this address", "check the setting itunes_api_url"
                ) from exc


def _offer(hit: dict[str, Any]) -> search.Offer:
    candidate = Candidate(
        title=search.text(hit["trackName"]),
        artists=(search.text(hit.get("artistName")),),
        duration_ms=search.length_ms(hit.get("trackTimeMillis"), unit_ms=1),
    )
    return search.Offer(candidate, hit.get("previewUrl"), search.numeric_id("itunes:track:", hit.get("trackId")))
