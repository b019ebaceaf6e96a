"""The user's music server as a provider: it streams the whole file of its own songs."""

from collections.abc import Callable, Sequence

from spotrec.crawl.previews.outcomes import absent, found
from spotrec.errors import Forbidden, NotFound, SignInNeeded, UsageError
from spotrec.net.http import HttpClient
from spotrec.settings import Settings
from spotrec.store import item_id_in
from spotrec.subsonic.api import SubsonicApi
from spotrec.track import Preview, PreviewOutcome, Track, TrackId

NAME = "subsonic"

ItemIds = Callable[[TrackId, str], Sequence[str]]
"""Returns the ids that a track has on the server with this key, the last listed first."""


def open_previews(settings: Settings, http: HttpClient, item_ids: ItemIds) -> "SubsonicPreviews | None":
    """Return the provider; None if the settings name no music server."""
    return SubsonicPreviews(settings, http, item_ids) if settings.subsonic_url else None


class SubsonicPreviews:
    """Streams a song from the server that the settings name, unchanged. Finding it needs no request."""

    name = NAME

    def __init__(self, settings: Settings, http: HttpClient, item_ids: ItemIds) -> None:
        self._api = SubsonicApi(settings, http)
        self._item_ids = item_ids
        self._max_bytes = settings.max_audio_mb * 1_000_000

    def plan(self, track: Track) -> str | None:
        return "its stream" if self._item_id(track) else None

    def find(self, track: Track) -> PreviewOutcome:
        item_id = self._item_id(track)
        if item_id is None:
            return absent(NAME, "it is not on your music server")
        return found(Preview(NAME, item_id, item_id))

    def fetch(self, preview: Preview) -> bytes:
        """Download at most `max_audio_mb` MB; see `PreviewProvider`."""
        if not preview.reference:
            raise NotFound("the music server has no such item")
        try:
            return self._api.audio(preview.reference, self._max_bytes)
        except (UsageError, SignInNeeded) as exc:  # the settings, or the server, do not allow it
            raise Forbidden(exc.message, exc.hint) from exc

    def _item_id(self, track: Track) -> str | None:
        try:
            key = self._api.key
        except UsageError:  # the setting is no address
            return None
        return next(iter(self._item_ids(track.id, key)), None) or item_id_in(track.id, key)
