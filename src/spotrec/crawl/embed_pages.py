"""Spotify's public embed pages, which need no credentials.

The data is JSON in the page's `__NEXT_DATA__` script, which also contains an anonymous access token. So this module
returns only the entity, and no message quotes the page. `HttpClient` limits the rate of requests.
"""

import json
from typing import Any

from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.links import SpotifyReference
from spotrec.net.http import HttpClient

MAX_PAGE_BYTES = 8_000_000
# Spotify sends the page only to clients that identify as a browser
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html",
    "Accept-Language": "en",
}
_SCRIPT, _END = '<script id="__NEXT_DATA__"', "</script>"


class EmbedPages:
    """The embed pages below `base_url`.

    Raises (every request):
        NotFound: the item does not exist, or is not public.
        SignInNeeded, RateLimited: Spotify refuses access, or limits the rate.
        ServiceUnavailable: Spotify cannot be reached, or the page has another format.
    """

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def entity(self, reference: SpotifyReference) -> dict[str, Any]:
        """Return the page's data for a track, an album or a playlist. The values are not checked."""
        url = f"{self._base_url}/embed/{reference.kind}/{reference.id}"
        page = self._http.download(url, max_bytes=MAX_PAGE_BYTES, headers=_HEADERS)
        properties = _within(_next_data(page.decode("utf-8", "replace")), "props", "pageProps")
        if properties.get("status") == 404 and "state" not in properties:
            raise NotFound(
                f"Spotify shows no public {reference.kind} {reference.id}", "check the link, and that it is not private"
            )
        entity = _within(properties, "state", "data", "entity")
        if entity.get("uri") != reference.uri:
            raise _changed(f"something other than {reference.uri}")
        return entity


def _next_data(page: str) -> Any:
    # no regular expression: on a hostile page it may never end
    start = page.find(">", page.find(_SCRIPT))
    end = page.find(_END, start)
    if _SCRIPT not in page or start < 0 or end < 0:
        raise _changed("no data")
    try:
        return json.loads(page[start + 1 : end])
    except (ValueError, RecursionError) as exc:
        raise _changed("something that is not JSON") from exc


def _within(value: Any, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, dict):
        raise _changed(f"no {names[-1]}")
    return value


def _changed(what: str) -> ServiceUnavailable:
    return ServiceUnavailable(
        f"Spotify's public page contains {what}",
        "try again later, or set an app's credentials to use its Web API instead",
    )
