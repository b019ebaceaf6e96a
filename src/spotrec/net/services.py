"""Names of services, for messages: people know Deezer, not the address of its API."""

from spotrec.net.hosts import host_of, name_of
from spotrec.settings import Settings

_HOSTS = {
    "spotify.com": "Spotify",
    "spotify.link": "Spotify",
    "scdn.co": "Spotify",
    "spotifycdn.com": "Spotify",
    "deezer.com": "Deezer",
    "dzcdn.net": "Deezer",
    "apple.com": "Apple",
    "mzstatic.com": "Apple",
}


class ServiceNames:
    """Names of the services behind addresses. A service has its name at every address that the settings give it."""

    def __init__(self, settings: Settings) -> None:
        self._at = {
            host_of(settings.spotify_api_url): "Spotify",
            host_of(settings.spotify_accounts_url): "Spotify",
            host_of(settings.spotify_embed_url): "Spotify",
            host_of(settings.deezer_api_url): "Deezer",
            host_of(settings.itunes_api_url): "Apple",
        }

    def of(self, url: str) -> str:
        """Return the service at `url`, or the host if it is no service that spotrec knows."""
        host = name_of(url)
        known = (name for end, name in _HOSTS.items() if host == end or host.endswith(f".{end}"))
        return self._at.get(host_of(url)) or next(known, host or url[:60])
