"""Spotify's public embed pages, which need no credentials.

The data lies as JSON in the page's `__NEXT_DATA__` script. Beside it lies an anonymous access token: only the entity
leaves this file, and no message quotes the page. How often a page is asked for, `HttpClient` sees to.
"""

import json
from typing import Any

from spotrec.errors import NotFound, ServiceUnavailable
from spotrec.links import SpotifyReference
from spotrec.net.http import HttpClient

MAX_PAGE_BYTES = 8_000_000
# the page comes only to what calls itself a browser
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept": "text/html",
    "Accept-Language": "en",
}
_SCRIPT, _END = '<script id="__NEXT_DATA__"', "</script>"


class EmbedPages:
    """Reads the pages at `base_url`.

    Raises (every request):
        NotFound: there is no such thing, or it is not public.
        SignInNeeded, RateLimited: Spotify refuses, or asks us to wait.
        ServiceUnavailable: it is out of reach, or the page is not what it was.
    """

    def __init__(self, http: HttpClient, base_url: str) -> None:
        self._http = http
        self._base_url = base_url

    def entity(self, reference: SpotifyReference) -> dict[str, Any]:
        """What the page says of a track, an album or a playlist; its values are whatever Spotify put there."""
        url = f"{self._base_url}/embed/{reference.kind}/{reference.id}"
        page = self._http.download(url, max_bytes=MAX_PAGE_BYTES, headers=_HEADERS)
        properties = _within(_next_data(page.decode("utf-8", "replace")), "props", "pageProps")
        if properties.get("status") == 404 and "state" not in properties:
            raise NotFound(
                f"Spotify shows no public {reference.kind} {reference.id}", "check the link, and that it is not private"
            )
        entity = _within(properties, "state", "data", "entity")
        if entity.get("uri") != reference.uri:
            raise _changed(f"another thing than {reference.uri}")
        return entity


def _next_data(page: str) -> Any:
    # found by hand: a regular expression over a hostile page may never end
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
        f"Spotify's public page holds {what}", "try again later; with an app's credentials its Web API is asked instead"
    )
