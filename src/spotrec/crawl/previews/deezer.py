"""Deezer's previews, found by ISRC, else by name and checked. No key is needed.

The preview URLs are signed and soon expire: they are used at once, and only the track's id is stored.
"""

from dataclasses import replace
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.previews import search
from spotrec.crawl.previews.matching import Candidate, judge
from spotrec.crawl.previews.outcomes import absent, found, rejected
from spotrec.crawl.previews.web import PreviewDownloads
from spotrec.errors import NotFound, ServiceUnavailable, SignInNeeded
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

NAME = "deezer"
_SERVICE = "Deezer"
_NOTHING_TO_SEARCH = "Deezer needs an ISRC, or artist and title, and these are not known"


class DeezerPreviews:
    """Looks up recordings by ISRC, and searches by name only if that finds no preview."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._downloads = PreviewDownloads(settings, http)
        self._api = DeezerApi(http, settings.deezer_api_url)
        self._loose = settings.loose

    def plan(self, track: Track) -> str | None:
        if parse_isrc(track.isrc):
            return "by ISRC"
        return "by name" if search.words(track) else None

    def find(self, track: Track) -> PreviewOutcome:
        try:
            by_isrc = self._by_isrc(track)
            if by_isrc and by_isrc.preview:
                return by_isrc
            by_name = self._by_name(track)
            # a search without results says less than a recording that is not the track
            return by_isrc if by_isrc and by_name.outcome is Outcome.ABSENT else by_name
        except SignInNeeded as exc:  # Deezer's API has no sign-in
            raise ServiceUnavailable(exc.message, "try again later") from exc

    def fetch(self, preview: Preview) -> bytes:
        return self._downloads.fetch(preview)

    def _by_isrc(self, track: Track) -> PreviewOutcome | None:
        """Look up the ISRC. Returns None if Deezer has no recording with it, or no preview of it.

        Another recording is rejected: a wrong ISRC says nothing about the track.
        """
        isrc = parse_isrc(track.isrc)
        if isrc is None:
            return None
        try:
            answer = self._api.ask(f"/track/isrc:{isrc}")
        except NotFound:
            return None
        if "preview" not in answer:
            raise search.unexpected_answer(_SERVICE)
        if not answer["preview"]:
            return None
        offer = _offer(answer)
        verdict = judge(track, replace(offer.candidate, isrc=offer.candidate.isrc or isrc), loose=self._loose)
        if not verdict.is_match:
            return rejected(NAME, f"Deezer has another recording under its ISRC: {verdict.reason}")
        return found(search.preview_at(NAME, _SERVICE, offer.url, offer.reference))

    def _by_name(self, track: Track) -> PreviewOutcome:
        words = search.words(track)
        if words is None:
            return absent(NAME, "Deezer has no preview by its ISRC" if parse_isrc(track.isrc) else _NOTHING_TO_SEARCH)
        artist, title = words
        try:
            answer = self._api.ask("/search/track", q=f'artist:"{artist}" track:"{title}"', limit=search.MAX_HITS)
        except NotFound as exc:  # a search that finds nothing answers with an empty list
            raise search.unexpected_answer(_SERVICE) from exc
        offers = [_offer(hit) for hit in search.hits(answer.get("data"), _SERVICE, holding="preview")]
        return search.best_offer(NAME, _SERVICE, track, offers, loose=self._loose)


def _offer(hit: dict[str, Any]) -> search.Offer:
    artist, isrc = hit.get("artist"), hit.get("isrc")
    candidate = Candidate(
        title=search.text(hit.get("title")),
        artists=(search.text(artist.get("name")) if isinstance(artist, dict) else "",),
        duration_ms=search.length_ms(hit.get("duration"), unit_ms=1000),
        isrc=parse_isrc(isrc) if isinstance(isrc, str) else None,
    )
    return search.Offer(candidate, hit["preview"], search.numeric_id("deezer:track:", hit.get("id")))
