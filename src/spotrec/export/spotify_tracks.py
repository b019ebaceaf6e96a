"""The Spotify tracks for a list of tracks: found by their Spotify id, else by ISRC, never by name."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from spotrec.errors import BadLink, UsageError, quoted
from spotrec.links import SpotifyKind, SpotifyReference, parse_link, parse_spotify
from spotrec.progress import Progress
from spotrec.spotify.api import SpotifyApi
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId

_OWN_ID = re.compile(
    r"(?:file|name):[0-9a-f]{32}|isrc:[0-9A-Z]{12}|deezer:track:[0-9]{1,20}|subsonic:[0-9a-f]{12}:[!-~]{1,128}",
    re.ASCII,
)
_HITS = 5


@dataclass(frozen=True, slots=True)
class SpotifyTrack:
    """A track for a playlist on Spotify; `by` is how it was found: `id` or `ISRC`."""

    track_id: str
    name: str
    uri: str
    by: str

    @property
    def url(self) -> str:
        return SpotifyReference(SpotifyKind.TRACK, self.uri.rpartition(":")[2]).url


@dataclass(frozen=True, slots=True)
class NotOnSpotify:
    """A track that cannot be in a playlist on Spotify, and why."""

    track_id: str
    name: str
    reason: str


@dataclass(slots=True)
class FoundTracks:
    """The tracks of a list that are on Spotify, each once; `repeated`: how many were named again."""

    tracks: list[SpotifyTrack] = field(default_factory=list)
    left_out: list[NotOnSpotify] = field(default_factory=list)
    repeated: int = 0


class SpotifyTracks:
    """Finds the tracks of a list on Spotify.

    Args:
        store: None if there is no store yet.
    """

    def __init__(self, api: SpotifyApi, store: FeatureStore | None, progress: Progress) -> None:
        self._api = api
        self._store = store
        self._progress = progress

    def find(self, names: Iterable[str]) -> FoundTracks:
        """Find the tracks that `names` refer to, in their order.

        Args:
            names: track ids, or links of tracks on Spotify.

        Raises:
            UsageError: a name is neither.
            SignInNeeded, RateLimited, ServiceUnavailable: a track must be looked up by ISRC, and the request fails.
        """
        known = [self._known(text) for name in names if (text := name.strip())]
        found, seen = FoundTracks(), set()
        with self._progress.meter("find on Spotify", len(known)) as meter:
            for track in known:
                on_spotify = self._on_spotify(track)
                meter.advance(note=track.name)
                if isinstance(on_spotify, NotOnSpotify):
                    found.left_out.append(on_spotify)
                elif on_spotify.uri in seen:
                    found.repeated += 1
                else:
                    seen.add(on_spotify.uri)
                    found.tracks.append(on_spotify)
        return found

    def _known(self, text: str) -> Track:
        """Return the stored track with this id or link; if the store lacks it, a track without a name."""
        text = text.encode("utf-8", "replace").decode()
        if stored := self._stored(text):
            return stored
        if _OWN_ID.fullmatch(text):
            return Track(TrackId(text), text)
        reference = parse_link(text)
        if not isinstance(reference, SpotifyReference):
            raise UsageError(
                f"{quoted(text)} is not a track id",
                "give ids as `spotrec query SEED --ids` prints them, or Spotify links",
            )
        if reference.kind is not SpotifyKind.TRACK:
            raise UsageError(f"{quoted(text)} is not a track", "a playlist contains only tracks")
        return self._stored(reference.uri) or Track(TrackId(reference.uri), reference.uri)

    def _stored(self, id_: str) -> Track | None:
        return self._store.tracks.get(id_) if self._store else None

    def _on_spotify(self, track: Track) -> SpotifyTrack | NotOnSpotify:
        if uri := next(self._uris(track), None):
            return SpotifyTrack(track.id, track.name, uri, "id")
        isrc = track.isrc or (track.id[5:] if track.id.startswith("isrc:") else None)
        if isrc is None:
            is_stored = self._stored(track.id) is not None
            why = "it has neither a Spotify id nor an ISRC" if is_stored else "it is not in the store"
            return NotOnSpotify(track.id, track.name, why)
        if uri := self._with_isrc(isrc):
            return SpotifyTrack(track.id, track.name, uri, "ISRC")
        return NotOnSpotify(track.id, track.name, f"Spotify has no track with its ISRC {isrc}")

    def _uris(self, track: Track) -> Iterator[str]:
        """Yield the Spotify URIs of the recording, its own first."""
        aliases = self._store.tracks.aliases(track.id) if self._store else []
        for id_ in (track.id, *aliases, track.url or ""):
            try:
                reference = parse_spotify(id_) if id_.startswith(("spotify:track:", "https://")) else None
            except BadLink:
                continue
            if reference and reference.kind is SpotifyKind.TRACK and reference.is_sound:
                yield reference.uri

    def _with_isrc(self, isrc: str) -> str | None:
        query = f"isrc:{isrc}"
        answer = self._api.ask(
            lambda client: client.search(query, limit=_HITS, type="track"), f"the search for {query}"
        )
        for hit in _listed(answer):
            said = hit.get("external_ids")
            # Spotify sometimes omits this; another ISRC means that the hit is another recording
            if isinstance(said, dict) and said.get("isrc") not in (None, isrc):
                continue
            reference = SpotifyReference(SpotifyKind.TRACK, hit["id"]) if isinstance(hit.get("id"), str) else None
            if reference and reference.is_sound:
                return reference.uri
        return None


def _listed(answer: dict[str, Any]) -> list[dict[str, Any]]:
    tracks = answer.get("tracks")
    items = tracks.get("items") if isinstance(tracks, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
