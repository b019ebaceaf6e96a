"""The options of the service."""

from dataclasses import dataclass, field
from ipaddress import ip_address


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """How the service answers, and who may ask it.

    Attributes:
        host, port: where it listens; port 0 for any free one.
        token: what clients must send; "" to answer everyone.
        user: the user name of players; their password, or API key, is the token.
        hosts: more host names by which clients may call the service, besides addresses and `localhost`.
        origins: other web sites whose pages may use the API (CORS): `https://music.example`.
        fetch: whether an unknown track is fetched and heard to answer a query.
        crawl: whether clients may queue links to crawl.
        taste: whether clients may like, dislike and ban.
        playlists: whether clients may make playlists with the accounts of whoever runs the service.
        rate: requests a second of one client, on average; 0 for no limit.
        max_upload_mb: the largest uploaded audio file.
        timeout_s: how long a query may take.
        n_fetches: how many unknown tracks are fetched at the same time.
        workers: how many processes answer.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    token: str = field(default="", repr=False)
    user: str = "spotrec"
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    fetch: bool = True
    crawl: bool = False
    playlists: bool = False
    taste: bool = True
    rate: float = 50.0
    max_upload_mb: int = 50
    timeout_s: float = 30.0
    n_fetches: int = 2
    workers: int = 1

    @property
    def keeps_what_is_heard(self) -> bool:
        """Whether clients may change stations and say what was heard: programs of this machine, or with a token."""
        return self.is_local or bool(self.token)

    @property
    def is_local(self) -> bool:
        """Whether only programs on this machine can reach the service."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Return whether a host is an address of this machine only."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
