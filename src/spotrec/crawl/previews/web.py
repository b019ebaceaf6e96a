"""Downloads of previews from the web, and the check of their addresses."""

import re
from typing import Any

from spotrec.errors import Forbidden, SignInNeeded
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.track import Preview

MAX_PREVIEW_BYTES = 8_000_000
_MAX_ADDRESS = 2_000
_ADDRESS = re.compile(
    r"https?://(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}(?::(?P<port>\d{1,5}))?(?:[/?][!-~]*)?", re.IGNORECASE
)


class PreviewDownloads:
    """Downloads previews, from the hosts that the settings allow."""

    def __init__(self, settings: Settings, http: HttpClient) -> None:
        self._http = http
        self._allowed_hosts = settings.preview_hosts

    def fetch(self, preview: Preview) -> bytes:
        """Download at most `MAX_PREVIEW_BYTES`; see `PreviewProvider`."""
        try:
            return self._http.download(preview.url, max_bytes=MAX_PREVIEW_BYTES, allowed_hosts=self._allowed_hosts)
        except SignInNeeded as exc:  # preview downloads have no sign-in
            raise Forbidden(exc.message, "its address has expired, or is for another country") from exc


def web_address(value: Any) -> str | None:
    """Return `value` if it is a web address without a user name, else None.

    Whether its host is allowed is checked at the download.
    """
    if not isinstance(value, str) or len(value) > _MAX_ADDRESS:
        return None
    match = _ADDRESS.fullmatch(value)
    return value if match and 0 < int(match["port"] or 80) < 65_536 else None
