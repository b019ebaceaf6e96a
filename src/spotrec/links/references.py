"""References: what a link, id or path can refer to. `links.parse` makes them from text; no request is sent."""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

SPOTIFY_ID = re.compile(r"[0-9A-Za-z]{22}")


class SpotifyKind(StrEnum):
    """What a Spotify link can point at."""

    TRACK = "track"
    ALBUM = "album"
    PLAYLIST = "playlist"
    ARTIST = "artist"
    EPISODE = "episode"
    SHOW = "show"


@dataclass(frozen=True, slots=True)
class SpotifyReference:
    """Something on Spotify."""

    kind: SpotifyKind
    id: str

    @property
    def is_sound(self) -> bool:
        """Whether the id has the form of a Spotify id."""
        return SPOTIFY_ID.fullmatch(self.id) is not None

    @property
    def uri(self) -> str:
        return f"spotify:{self.kind}:{self.id}"

    @property
    def url(self) -> str:
        return f"https://open.spotify.com/{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class LikedSongsReference:
    """The liked songs of the user who signed in to Spotify, whichever user the link names."""

    @property
    def uri(self) -> str:
        return "spotify:collection"

    @property
    def url(self) -> str:
        return "https://open.spotify.com/collection/tracks"


@dataclass(frozen=True, slots=True)
class SearchReference:
    """The tracks that Spotify finds for words, at most `limit`. Pasted text never becomes a search."""

    words: str
    limit: int = 200


@dataclass(frozen=True, slots=True)
class ShortLinkReference:
    """A short link from Spotify. Its target is known only after a request."""

    url: str


class DeezerKind(StrEnum):
    """What a Deezer link can point at, as far as it can be crawled."""

    TRACK = "track"
    ALBUM = "album"
    PLAYLIST = "playlist"


@dataclass(frozen=True, slots=True)
class DeezerReference:
    """Something on Deezer. Its id is a number."""

    kind: DeezerKind
    id: str

    @property
    def uri(self) -> str:
        return f"deezer:{self.kind}:{self.id}"

    @property
    def url(self) -> str:
        return f"https://www.deezer.com/{self.kind}/{self.id}"


class SubsonicKind(StrEnum):
    """What a link to a music server can point at."""

    LIBRARY = "library"
    ALBUM = "album"
    ARTIST = "artist"
    PLAYLIST = "playlist"


@dataclass(frozen=True, slots=True)
class SubsonicReference:
    """The library of a music server, or a playlist, an album or an artist in it.

    `server` is its address, without a slash at its end; empty for the server that the settings name.
    """

    server: str
    kind: SubsonicKind = SubsonicKind.LIBRARY
    id: str = ""

    @property
    def uri(self) -> str:
        below = "" if self.kind is SubsonicKind.LIBRARY else f"/{self.kind}/{self.id}"
        return f"subsonic:{self.server}{below}"

    @property
    def url(self) -> str:
        return self.server


@dataclass(frozen=True, slots=True)
class FileReference:
    """An audio file by its name. Its content is checked when it is read."""

    path: Path


@dataclass(frozen=True, slots=True)
class FolderReference:
    """A folder of audio files, with its subfolders."""

    path: Path


@dataclass(frozen=True, slots=True)
class M3UReference:
    """An M3U or M3U8 playlist file."""

    path: Path


@dataclass(frozen=True, slots=True)
class CsvReference:
    """A table of tracks (comma, semicolon or tab between columns), as export tools write it."""

    path: Path


@dataclass(frozen=True, slots=True)
class PlaylistFileReference:
    """Playlists, a library or a history as a player or a service writes them: PLS, cue sheets, XML or JSON.

    `playlist` is the key of one list in the file, empty for the list of the whole file; None for all lists.
    """

    path: Path
    playlist: str | None = None


@dataclass(frozen=True, slots=True)
class LinkListReference:
    """A text file with a link, an id or a path on each line."""

    path: Path


@dataclass(frozen=True, slots=True)
class StdinReference:
    """A link list or a table on standard input."""


WebReference = SpotifyReference | LikedSongsReference | DeezerReference | ShortLinkReference | SubsonicReference
PathReference = (
    FileReference | FolderReference | M3UReference | CsvReference | PlaylistFileReference | LinkListReference
)
Reference = WebReference | SearchReference | PathReference | StdinReference
