"""The HTTP session for spotipy: limited in time and size, and without redirects, which could lead a token elsewhere."""

from contextlib import closing
from io import BytesIO
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from spotrec.errors import ServiceUnavailable, first_line
from spotrec.net.http import MAX_JSON_BYTES, SLOWEST_ANSWER
from spotrec.system.faults import connection_fault
from spotrec.system.logs import hide_secrets
from spotrec.system.workers import call_within

_PIECE = 65_536

hide_secrets("requests", "urllib3")


class BoundedSession(requests.Session):
    """A session that does not wait for a Retry-After, follows no redirects, and ignores `~/.netrc`.

    Raises (every request): ServiceUnavailable, and the errors of requests.
    """

    def __init__(self, timeout_s: float) -> None:
        super().__init__()
        self.auth = lambda request: request
        for scheme in ("https://", "http://"):
            self.mount(scheme, _BoundedAdapter(timeout_s))

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        if super().get_redirect_target(resp) is None:
            return None
        raise ServiceUnavailable(
            f"Spotify redirects to another address (HTTP {resp.status_code}), which spotrec does not follow",
            "try again later",
        )


class _BoundedAdapter(HTTPAdapter):
    """Reads every body within limits of size and time, which requests itself does not have."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        retries = Retry(
            total=2,
            status_forcelist=(500, 502, 503, 504),
            respect_retry_after_header=False,
            raise_on_status=False,
            backoff_factor=0.1,
            allowed_methods={"GET"},
        )
        super().__init__(max_retries=retries)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """Send a request. Its time limit includes the connection and all of the answer, however slowly bytes come."""
        longest_s = self._timeout_s * SLOWEST_ANSWER
        try:
            return call_within(longest_s, lambda: self._send(*args, **kwargs))
        except TimeoutError as exc:
            raise ServiceUnavailable(
                f"Spotify is too slow: it was not done after {longest_s:.3g} s", "try again later"
            ) from exc

    def _send(self, *args: Any, **kwargs: Any) -> requests.Response:
        response = super().send(*args, **kwargs)
        with closing(response.raw) as raw:
            response.raw = BytesIO(_body(raw))
        return response


def _body(raw: Any) -> bytes:
    body = bytearray()
    try:
        while piece := raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > MAX_JSON_BYTES:
                raise ServiceUnavailable(f"Spotify sent more than {MAX_JSON_BYTES:,} bytes", "try again later")
    except HTTPError as exc:
        raise requests.ConnectionError(first_line(exc)) from exc
    return bytes(body)


def fault_of(fault: requests.RequestException) -> str:
    """Return in words why a request failed."""
    if isinstance(fault, requests.exceptions.ProxyError):
        return f"the proxy cannot be used: {connection_fault(fault, 'it does not answer as a proxy')}"
    return connection_fault(fault, "it broke off its answer")
