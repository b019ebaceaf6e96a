"""Deezer's API. It needs no key and reports errors inside HTTP 200. `HttpClient` limits the rate of requests."""

from typing import Any

from spotrec.crawl.json_values import whole, within
from spotrec.errors import NotFound, RateLimited, ServiceUnavailable
from spotrec.net.http import HttpClient

_QUOTA, _NO_DATA, _LARGEST_CODE = 4, 800, 1_000_000
_WINDOW_S = 5.0


class DeezerApi:
    """Requests to the API. Its errors are raised as spotrec's own.

    Raises (every request):
        NotFound: Deezer reports that the item does not exist.
        RateLimited: the quota is used up for longer than the setting `max_wait_s`.
        ServiceUnavailable: Deezer fails, cannot be reached, or sends an answer in an unknown format.
    """

    def __init__(self, http: HttpClient, api_url: str) -> None:
        self._http = http
        self._api_url = api_url

    def ask(self, path: str, **parameters: str | int) -> dict[str, Any]:
        """Return the JSON object at `path`, which starts with a slash."""
        patience = self._http.patience(self._api_url)
        while True:
            try:
                answer = self._http.json(f"{self._api_url}{path}", parameters)
            except NotFound as exc:  # Deezer reports a missing item in the body, not as HTTP 404
                raise ServiceUnavailable(
                    "Deezer's API is not at this address", "check the setting deezer_api_url"
                ) from exc
            if not isinstance(answer, dict):
                raise ServiceUnavailable("spotrec does not understand Deezer's answer", "try again later")
            error = answer.get("error")
            if not error:
                return answer
            code = whole(within(error, "code"), 0, _LARGEST_CODE)
            if code == _NO_DATA:
                raise NotFound("Deezer does not have it", "check the link")
            if code != _QUOTA:
                raise ServiceUnavailable(f"Deezer answered error {code}", "try again later")
            self._http.pacer.pause(self._api_url, RateLimited("Deezer", _WINDOW_S), patience)
