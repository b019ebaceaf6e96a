"""Any pasted text → a typed reference. Nothing is opened and no request is made here, but for looking at paths.

`parse` accepts what people paste: share links with tracking parameters, embed and localised pages, legacy
`/user/…/playlist/…` links, `spotify:` URIs, bare ids, paths. A host that merely looks like Spotify's is refused.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from spotrec.errors import BadLink, NotFound, quoted


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
        """Whether the id can be one at all."""
        return _ID.fullmatch(self.id) is not None

    @property
    def uri(self) -> str:
        return f"spotify:{self.kind}:{self.id}"

    @property
    def url(self) -> str:
        return f"https://open.spotify.com/{self.kind}/{self.id}"


@dataclass(frozen=True, slots=True)
class FileReference:
    """An audio file (by its name; whether it is audio shows when it is read)."""

    path: Path


@dataclass(frozen=True, slots=True)
class FolderReference:
    """A folder of audio files, searched with all below it."""

    path: Path


@dataclass(frozen=True, slots=True)
class M3UReference:
    """An M3U or M3U8 playlist file."""

    path: Path


Reference = SpotifyReference | FileReference | FolderReference | M3UReference

AUDIO_SUFFIXES = frozenset(
    [
        ".aac",
        ".aif",
        ".aifc",
        ".aiff",
        ".alac",
        ".ape",
        ".caf",
        ".flac",
        ".m4a",
        ".m4b",
        ".mka",
        ".mp2",
        ".mp3",
        ".mp4",
        ".mpga",
        ".oga",
        ".ogg",
        ".opus",
        ".wav",
        ".wave",
        ".webm",
        ".wma",
        ".wv",
    ]
)
M3U_SUFFIXES = frozenset({".m3u", ".m3u8"})
MAX_LINK_CHARS = 2048

_SPOTIFY_HOSTS = frozenset({"open.spotify.com", "play.spotify.com"})
_ID = re.compile(r"[0-9A-Za-z]{22}")
_LOCALE = re.compile(r"intl-[a-z]{2,3}(?:-[a-z]{2})?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_HOST_WITHOUT_SCHEME = re.compile(r"(?:[\w\-]+\.)+[A-Za-z]{2,}(?:[/?#]|$)")
_KNOWN = "a Spotify track, album or playlist (link, URI or id), an audio file, a folder, or an M3U"


def parse(text: str) -> Reference:
    """What `text` refers to. A path that exists wins over everything but a link.

    Raises:
        BadLink: it is no link, id or path that we know.
        NotFound: it is a path, and nothing is there.
    """
    text = text.strip()
    if not text or len(text) > MAX_LINK_CHARS or not text.isprintable():
        raise BadLink(quoted(text) + " is not a link or a path", f"give {_KNOWN}")
    if spotify := parse_spotify(text):
        return spotify
    if text[:7].lower() == "file://":
        return _path(_file_url(text))
    if _SCHEME.match(text):
        raise BadLink(f"{quoted(text)} is not a site spotrec knows", f"give {_KNOWN}")
    try:
        return _path(Path(text).expanduser())
    except RuntimeError as exc:  # the home of a user that does not exist
        raise NotFound(f"there is no file or folder {quoted(text)}", f"give {_KNOWN}") from exc


def parse_spotify(text: str, *, bare_ids_are: SpotifyKind = SpotifyKind.TRACK) -> SpotifyReference | None:
    """The Spotify entity that `text` names, or None where it does not speak of Spotify at all.

    Raises:
        BadLink: it speaks of Spotify, but names nothing there.
    """
    text = text.strip()
    if text[:8].lower() == "spotify:":
        kind, _, rest = re.split(r"[?#]", text)[0][8:].partition(":")
        return _entity(text, [kind.lower(), *rest.split(":")])
    if _ID.fullmatch(text) and not Path(text).exists():
        return SpotifyReference(bare_ids_are, text)
    with_scheme = text if _SCHEME.match(text) else f"https://{text}"
    try:
        url = urlsplit(with_scheme)
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:
        return None
    if host not in _SPOTIFY_HOSTS or url.scheme not in ("http", "https") or port not in (None, 80, 443):
        return None
    if url.username is not None:
        raise BadLink(
            f"{quoted(text)} carries a user name, as no Spotify link does",
            "copy the link again from Spotify",
        )
    return _entity(text, [part for part in url.path.split("/") if part])


def looks_like_a_link_or_path(text: str) -> bool:
    """Whether `text` is meant as a link, id or path rather than as words to search for."""
    text = text.strip()
    return bool(
        text[:8].lower() == "spotify:"
        or _SCHEME.match(text)
        or _ID.fullmatch(text)
        or _HOST_WITHOUT_SCHEME.match(text)
        or text.startswith(("/", "./", "../", "~/"))
        or Path(text).suffix.lower() in AUDIO_SUFFIXES | M3U_SUFFIXES
    )


def _entity(text: str, parts: list[str]) -> SpotifyReference:
    if parts and parts[0] == "embed":
        parts = parts[1:]
    if parts and _LOCALE.fullmatch(parts[0]):
        parts = parts[1:]
    if len(parts) == 4 and parts[0] == "user" and parts[2] == "playlist":
        parts = parts[2:]
    if len(parts) != 2 or parts[0] not in set(SpotifyKind) or not _ID.fullmatch(parts[1]):
        raise BadLink(
            f"{quoted(text)} names nothing on Spotify",
            "a link looks like https://open.spotify.com/track/ followed by 22 letters and digits",
        )
    return SpotifyReference(SpotifyKind(parts[0]), parts[1])


def _path(path: Path) -> Reference:
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as exc:
        raise BadLink(f"{quoted(str(path))} cannot be a path", f"give {_KNOWN}") from exc
    if is_folder:
        return FolderReference(path)
    if is_file:
        return M3UReference(path) if path.suffix.lower() in M3U_SUFFIXES else FileReference(path)
    if _HOST_WITHOUT_SCHEME.match(str(path)) and path.suffix.lower() not in AUDIO_SUFFIXES | M3U_SUFFIXES:
        raise BadLink(f"{quoted(str(path))} is not a site spotrec knows", f"give {_KNOWN}")
    raise NotFound(f"there is no file or folder {quoted(str(path))}", f"give {_KNOWN}")


def _file_url(text: str) -> Path:
    from urllib.request import url2pathname

    try:
        url = urlsplit(text)
    except ValueError as exc:
        raise BadLink(f"{quoted(text)} is not a link or a path", f"give {_KNOWN}") from exc
    if url.netloc not in ("", "localhost"):
        raise BadLink(f"{quoted(text)} is a file on another machine", "give a path on this one")
    return Path(url2pathname(url.path))
