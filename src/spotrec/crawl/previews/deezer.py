"""Deezer's previews, looked up by ISRC. No key is needed.

Deezer answers errors inside HTTP 200. It allows 50 requests in any 5 s; we keep to 40. Its preview URLs are signed
and soon expire: they are used at once, and only the track's id is kept.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from pyrate_limiter import Limiter, Rate

from spotrec.errors import NotFound, RateLimited, ServiceUnavailable
from spotrec.http import HttpClient
from spotrec.track import Outcome, Preview, PreviewOutcome, Track

NAME = "deezer"
ABSENT_FOR = timedelta(days=7)
REJECTED_FOR = timedelta(hours=6)
MAX_DURATION_DIFFERENCE_MS = 15_000
_QUOTA, _NO_DATA = 4, 800
_REQUESTS, _WINDOW_S = 40, 5.0


class DeezerPreviews:
    """Looks recordings up by ISRC on Deezer."""

    name = NAME

    def __init__(self, http: HttpClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url
        self._limiter = Limiter(Rate(_REQUESTS, int(_WINDOW_S * 1000)))

    def find(self, track: Track) -> PreviewOutcome:
        if track.isrc is None:
            return _absent("Deezer is asked by ISRC, and the track has none")
        try:
            found = self._ask(f"{self._api_url}/track/isrc:{track.isrc}")
        except NotFound:
            return _absent("Deezer does not have it")
        url = found.get("preview")
        if not isinstance(url, str) or not url:
            return _absent("Deezer has the track without a preview")
        if not _same_length(track.duration_ms, found.get("duration")):
            later = datetime.now(UTC) + REJECTED_FOR
            return PreviewOutcome(NAME, Outcome.REJECTED, "Deezer's recording has another length", ask_again_at=later)
        return PreviewOutcome(NAME, Outcome.FOUND, preview=Preview(NAME, url, f"deezer:track:{found.get('id')}"))

    def _ask(self, url: str) -> dict[str, Any]:
        """One answer that is no error.

        Raises:
            NotFound: Deezer says cleanly that it has no such thing.
            RateLimited: the quota is used up, after one window of patience too.
        """
        for patience_s in (_WINDOW_S, None):
            self._limiter.try_acquire(NAME)
            answer = self._http.json(url)
            if not isinstance(answer, dict):
                raise ServiceUnavailable("Deezer answered something that is no track", "try again later")
            error = answer.get("error")
            if not error:
                return answer
            code = error.get("code") if isinstance(error, dict) else None
            if code == _NO_DATA:
                raise NotFound("Deezer does not have it")
            if code != _QUOTA:
                raise ServiceUnavailable(f"Deezer answered error {code}", "try again later")
            if patience_s is not None:
                time.sleep(patience_s)
        raise RateLimited("Deezer", _WINDOW_S)


def _absent(reason: str) -> PreviewOutcome:
    return PreviewOutcome(NAME, Outcome.ABSENT, reason, ask_again_at=datetime.now(UTC) + ABSENT_FOR)


def _same_length(wanted_ms: int | None, found_s: Any) -> bool:
    """A gross difference vetoes even an equal ISRC; a length that is not known vetoes nothing."""
    if wanted_ms is None or not isinstance(found_s, int | float) or found_s <= 0:
        return True
    return abs(wanted_ms - found_s * 1000) <= MAX_DURATION_DIFFERENCE_MS
