"""Deezer's previews, looked up by ISRC, else by name and verified. No key is needed.

Its preview URLs are signed and soon expire: they are used at once, and only the track's id is kept.
"""

from typing import Any

from spotrec.crawl.deezer_api import DeezerApi
from spotrec.crawl.previews.matching import GROSS_DIFFERENCE_MS, Candidate
from spotrec.crawl.previews.outcomes import absent, rejected, verified
from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.http import HttpClient
from spotrec.titles import one_line
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

NAME = "deezer"
_HITS = 10


class DeezerPreviews:
    """Looks recordings up on Deezer. Where it has one by ISRC, no search is made."""

    name = NAME

    def __init__(self, http: HttpClient, api_url: str, *, loose: bool = False) -> None:
        self._api = DeezerApi(http, api_url)
        self._loose = loose

    def find(self, track: Track) -> PreviewOutcome:
        if track.isrc and (found := self._by_isrc(track, track.isrc)):
            return found
        if not track.artists:
            return absent(NAME, "Deezer is asked by ISRC or by artist and title, and they are not known")
        words = f'artist:"{_plain(track.artists[0])}" track:"{_plain(track.title)}"'
        hits = self._api.ask("/search/track", q=words, limit=_HITS).get("data")
        if not isinstance(hits, list):
            raise ServiceUnavailable("Deezer answered something that is no list of hits", "try again later")
        offers = [(_candidate(hit), _preview(hit)) for hit in hits if isinstance(hit, dict) and hit.get("preview")]
        return verified(NAME, "Deezer", track, offers, loose=self._loose)

    def _by_isrc(self, track: Track, isrc: str) -> PreviewOutcome | None:
        """Deezer's answer for a recording; None where it has none by this code, or none to be heard."""
        try:
            found = self._api.ask(f"/track/isrc:{isrc}")
        except NotFound:
            return None
        if not found.get("preview"):
            return None
        if not _same_length(track.duration_ms, found.get("duration")):
            return rejected(NAME, "Deezer's recording has another length")
        return PreviewOutcome(NAME, Outcome.FOUND, preview=_preview(found))


def _preview(found: dict[str, Any]) -> Preview:
    return Preview(NAME, str(found["preview"]), f"deezer:track:{found.get('id')}")


def _candidate(hit: dict[str, Any]) -> Candidate:
    artist = hit.get("artist")
    duration = hit.get("duration")
    return Candidate(
        title=one_line(str(hit.get("title") or "")),
        artists=(one_line(str(artist.get("name") or "")) if isinstance(artist, dict) else "",),
        duration_ms=int(duration * 1000) if isinstance(duration, int | float) and 0 < duration < 1e6 else None,
        isrc=hit.get("isrc") if isinstance(hit.get("isrc"), str) else None,
    )


def _plain(words: str) -> str:
    """Words that cannot end the quotation they stand in."""
    return words.replace('"', " ").strip()


def _same_length(wanted_ms: int | None, found_s: Any) -> bool:
    """A gross difference vetoes even an equal ISRC; a length that is not known vetoes nothing."""
    if wanted_ms is None or not isinstance(found_s, int | float) or found_s <= 0:
        return True
    return abs(wanted_ms - found_s * 1000) <= GROSS_DIFFERENCE_MS
