"""Apple's previews (AAC), looked up by name and verified. No key is needed.

Apple's search knows no ISRC and gives the first thing that resembles the words, so a hit counts only when artist,
title, version and length agree. About 20 requests a minute are allowed; a throttled one is answered with 403.
"""

from typing import Any

from spotrec.crawl.previews.matching import Candidate
from spotrec.crawl.previews.outcomes import absent, verified
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable, SignInNeeded
from spotrec.http import HttpClient
from spotrec.titles import one_line
from spotrec.track import Preview, PreviewOutcome, Track

NAME = "itunes"
_HITS = 10


class ItunesPreviews:
    """Searches Apple's store in one country."""

    name = NAME

    def __init__(self, http: HttpClient, api_url: str, country: str, *, loose: bool = False) -> None:
        self._http = http
        self._api_url = api_url
        self._country = country
        self._loose = loose

    def find(self, track: Track) -> PreviewOutcome:
        if not track.artists:
            return absent(NAME, "Apple is asked by artist and title, and the artist is not known")
        hits = [hit for hit in self._search(f"{track.artists[0]} {track.title}") if hit.get("previewUrl")]
        return verified(NAME, "Apple", track, [(_candidate(hit), _preview(hit)) for hit in hits], loose=self._loose)

    def _search(self, words: str) -> list[dict[str, Any]]:
        parameters: dict[str, str | int] = {
            "term": words,
            "media": "music",
            "entity": "song",
            "limit": _HITS,
            "country": self._country,
        }
        try:
            answer = self._http.json(f"{self._api_url}/search", parameters)
        except SignInNeeded as exc:
            raise RateLimited("Apple", None) from exc
        except NotFound as exc:
            raise ServiceUnavailable("Apple's search is not where it was", "check the setting itunes_api_url") from exc
        hits = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(hits, list):
            raise ServiceUnavailable("Apple answered something that is no list of results", "try again later")
        return [hit for hit in hits if isinstance(hit, dict)]


def _candidate(hit: dict[str, Any]) -> Candidate:
    duration = hit.get("trackTimeMillis")
    return Candidate(
        title=one_line(str(hit.get("trackName") or "")),
        artists=(one_line(str(hit.get("artistName") or "")),),
        duration_ms=duration if isinstance(duration, int) and duration > 0 else None,
    )


def _preview(hit: dict[str, Any]) -> Preview:
    return Preview(NAME, str(hit["previewUrl"]), f"itunes:track:{hit.get('trackId')}")
