"""The artists of the music server in the settings: plugins name them by the server's ids."""

import threading
import time
from typing import TYPE_CHECKING

from spotrec.errors import SpotrecError
from spotrec.serve.library import artist_id

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_LASTS_S = 600.0
_LASTS_AFTER_FAILURE_S = 30.0


class ServerArtists:
    """Names and ids of the server's artists. They are read again now and then; nothing without a server.

    Args:
        is_allowed: whether the server may be asked.
    """

    def __init__(self, recommender: "Recommender", *, is_allowed: bool) -> None:
        self._recommender = recommender
        self._is_allowed = is_allowed and bool(recommender.settings.subsonic_url)
        self._lock = threading.Lock()
        self._until = 0.0
        self._names: dict[str, str] = {}
        self._ids: dict[str, str] = {}

    def name_of(self, id_: str) -> str | None:
        """Return the name of the artist with an id of the server, or None."""
        self._read()
        return self._names.get(id_)

    def id_of(self, name: str) -> str | None:
        """Return the server's id of an artist, or None; case, accents and punctuation of the name do not matter."""
        self._read()
        return self._ids.get(artist_id(name))

    def _read(self) -> None:
        if not self._is_allowed:
            return
        with self._lock:
            if time.monotonic() < self._until:
                return
            lasts_s = _LASTS_S
            try:
                self._names = self._recommender.server_artists()
            except SpotrecError:  # names still do
                lasts_s = _LASTS_AFTER_FAILURE_S
            self._ids = {artist_id(name): id_ for id_, name in self._names.items()}
            self._until = time.monotonic() + lasts_s
