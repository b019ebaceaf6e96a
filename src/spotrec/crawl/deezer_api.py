"""Deezer's API: no key, and errors inside HTTP 200. How often it is asked, `HttpClient` sees to."""

from typing import Any

from spotrec.crawl.json_values import whole, within
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable
from spotrec.net.http import HttpClient

_QUOTA, _NO_DATA, _LARGEST_CODE = 4, 800, 1_000_000
_WINDOW_S = 5.0


class DeezerApi:
    """The API, its errors in our words.

    Raises (every request):
        NotFound: Deezer says cleanly that it has no such thing.
        RateLimited: the quota is used up, for longer than the settings' `max_wait_s`.
        ServiceUnavailable: it is broken, out of reach, or answers nonsense.
    """

    def __init__(self, http: HttpClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    def ask(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """What lies at `path`, which begins with a slash."""
        patience = self._http.patience()
        while True:
            try:
                answer = self._http.json(f"{self._api_url}{path}", parameters)
            except NotFound as exc:  # what it does not have, Deezer says otherwise
                raise ServiceUnavailable(
                    "Deezer's API is not where it was", "check the setting deezer_api_url"
                ) from exc
            if not isinstance(answer, dict):
                raise ServiceUnavailable("Deezer answered something that makes no sense", "try again later")
            error = answer.get("error")
            if not error:
                return answer
            code = whole(within(error, "code"), 0, _LARGEST_CODE)
            if code == _NO_DATA:
                raise NotFound("Deezer does not have it", "check the link")
            if code != _QUOTA:
                raise ServiceUnavailable(f"Deezer answered error {code}", "try again later")
            self._http.pacer.pause(self._api_url, patience.wait_s(RateLimited("Deezer", _WINDOW_S)))
