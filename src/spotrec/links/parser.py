"""Any pasted text → a typed reference. No file is opened and no request is sent; only paths are checked.

`parse` accepts what people paste: share links with tracking parameters, embed and localised pages, legacy
`/user/…/playlist/…` links, `spotify:` and `deezer:` URIs, bare ids, paths. A host that merely looks like Spotify's
or Deezer's is refused.
"""

import errno
import re
import stat
import unicodedata
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from spotrec.errors import BadLink, NotFound, quoted
from spotrec.links.references import (
    SPOTIFY_ID,
    CsvReference,
    DeezerKind,
    DeezerReference,
    FileReference,
    FolderReference,
    LikedSongsReference,
    LinkListReference,
    M3UReference,
    PathReference,
    PlaylistFileReference,
    Reference,
    ShortLinkReference,
    SpotifyKind,
    SpotifyReference,
    StdinReference,
    SubsonicKind,
    SubsonicReference,
    WebReference,
)

AUDIO_SUFFIXES = frozenset(
    {".aac", ".aif", ".aifc", ".aiff", ".alac", ".ape", ".caf", ".flac", ".m4a", ".m4b", ".mka", ".mp2", ".mp3"}
    | {".mp4", ".mpga", ".oga", ".ogg", ".opus", ".wav", ".wave", ".webm", ".wma", ".wv"}
    | {".mp+", ".mpc", ".mpp", ".dff", ".dsf", ".shn", ".tak", ".tta"}
    | {".ac3", ".dts", ".dtshd", ".dtswav", ".eac3", ".ec3", ".mlp", ".thd", ".truehd"}
    | {".8svx", ".au", ".avr", ".bwf", ".ircam", ".nist", ".paf", ".pvf", ".rf64", ".sf", ".snd", ".sox", ".voc"}
    | {".3ga", ".amr", ".awb", ".loas", ".m4r", ".ra", ".rm", ".spx", ".aa3", ".at3", ".oma", ".w64"}
)
M3U_SUFFIXES = frozenset({".m3u", ".m3u8"})
CSV_SUFFIXES = frozenset({".csv", ".tsv"})
LINK_LIST_SUFFIXES = frozenset({".txt"})
PLAYLIST_FILE_SUFFIXES = frozenset(
    {".asx", ".crate", ".cue", ".json", ".jsonl", ".jspf", ".ndjson", ".nml", ".plist", ".pls", ".wpl", ".xml"}
    | {".xspf", ".zpl"}
    | {".ods", ".xls", ".xlsx", ".zip"}  # not read: a message names the format
)
MAX_LINK_CHARS = 2048

_FILE_SUFFIXES = AUDIO_SUFFIXES | M3U_SUFFIXES | CSV_SUFFIXES | LINK_LIST_SUFFIXES | PLAYLIST_FILE_SUFFIXES
_STDIN = "-"
_NEVER_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, halves of surrogate pairs, and separators of lines and paragraphs."""
_SPOTIFY_HOSTS = frozenset({"open.spotify.com", "play.spotify.com"})
SHORT_LINK_HOSTS = frozenset({"spotify.link", "spotify.app.link"})
_DEEZER_HOSTS = frozenset({"deezer.com", "www.deezer.com"})
_DEEZER_SHORT_LINK_HOSTS = frozenset({"deezer.page.link", "link.deezer.com"})
_DEEZER_ID = re.compile(r"[0-9]{1,18}")
_DEEZER_LOCALE = re.compile(r"[a-z]{2}(?:-[a-z]{2})?", re.IGNORECASE)
_LOCALE = re.compile(r"intl-[a-z]{2,3}(?:-[a-z]{2})?", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://")
_HOST_WITHOUT_SCHEME = re.compile(r"(?:[\w\-]+\.)+[A-Za-z]{2,}(?:[/?#]|$)")
_SEARCH = "`search` searches Spotify for words"
_SUBSONIC = "subsonic:"
_ON_A_SERVER = re.compile(
    r"(?P<base>.*?)(?:/app)?/?(?P<kind>album|artist|playlist)s?/(?P<id>[A-Za-z0-9][\w.~+=-]{0,127})(?:/show)?/?",
    re.ASCII,
)
_SERVER_EXAMPLE = "a music server is written like subsonic:https://music.example.org"
_KNOWN = (
    "a Spotify or Deezer track, album or playlist (link, URI or id), a file, a folder, a playlist file, a list, or "
    "subsonic: and the address of a music server"
)


def parse(text: str) -> Reference:
    """Return what `text` refers to. A path that exists takes precedence over everything, whatever characters it has.

    Raises:
        BadLink: the text is not a link, id or path that spotrec knows.
        NotFound: the text is a path that does not exist.
    """
    stripped = text.strip()
    if stripped == _STDIN:
        return StdinReference()
    if path := _existing_path(text):
        return parse_path(path)
    if not stripped or not is_one_line(stripped):
        raise BadLink(quoted(stripped) + " is not a link or a path", f"give {_KNOWN}")
    if stripped[:7].lower() == "file://":
        return parse_path(_file_url(stripped))
    if len(stripped) > MAX_LINK_CHARS:
        raise BadLink(quoted(stripped) + " is not a link or a path", f"give {_KNOWN}")
    if web := parse_link(stripped):
        return web
    if _SCHEME.match(stripped):
        raise BadLink(f"{quoted(stripped)} is not a site spotrec knows", f"give {_KNOWN}")
    if " " in stripped and not looks_like_a_link_or_path(stripped) and "/" not in stripped:
        raise NotFound(f"there is no file or folder {quoted(stripped)}", f"give {_KNOWN}; {_SEARCH}")
    try:
        return parse_path(Path(stripped).expanduser())
    except RuntimeError as exc:  # the home of a user that does not exist
        raise NotFound(f"there is no file or folder {quoted(stripped)}", f"give {_KNOWN}") from exc


def parse_link(text: str) -> WebReference | None:
    """Return what `text` refers to on a site that spotrec knows; None if it names no such site. Ignores paths.

    Raises:
        BadLink: the text names such a site, but nothing on it.
    """
    text = text.strip()
    if _is_liked_songs(text):
        return LikedSongsReference()
    if spotify := parse_spotify(text):
        return spotify
    if text[: len(_SUBSONIC)].lower() == _SUBSONIC:
        return _subsonic(text[len(_SUBSONIC) :].strip())
    if text[:7].lower() == "deezer:":
        return _deezer_entity(text, re.split(r"[?#]", text.lower())[0][7:].split(":"))
    url = _web_address(text)
    host = _host(url) if url else ""
    if url is None or host not in _DEEZER_HOSTS | _DEEZER_SHORT_LINK_HOSTS | SHORT_LINK_HOSTS:
        return None
    _refuse_user(text, url)
    if host in _DEEZER_SHORT_LINK_HOSTS:
        raise BadLink(
            f"{quoted(text)} is a short link from Deezer", "open it in a browser and copy the address that it leads to"
        )
    if host in SHORT_LINK_HOSTS:
        return ShortLinkReference(url.geturl())
    return _deezer_entity(text, [part for part in url.path.split("/") if part])


def parse_spotify(text: str, *, bare_ids_are: SpotifyKind = SpotifyKind.TRACK) -> SpotifyReference | None:
    """Return the Spotify item that `text` refers to; None if it does not refer to Spotify.

    Raises:
        BadLink: the text refers to Spotify, but to no item there.
    """
    text = text.strip()
    if SPOTIFY_ID.fullmatch(text) and not Path(text).exists():
        return SpotifyReference(bare_ids_are, text)
    parts = _spotify_parts(text)
    return None if parts is None else _entity(text, parts)


def parse_path(path: Path) -> PathReference:
    """Return what is at `path`, by the suffix of its name.

    Raises:
        BadLink: it cannot be a path, cannot be reached, or is neither a file nor a folder.
        NotFound: nothing is there.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError) as exc:
        if _HOST_WITHOUT_SCHEME.match(str(path)) and path.suffix.lower() not in _FILE_SUFFIXES:
            raise BadLink(
                f"{quoted(str(path))} is not a site spotrec knows, and there is no such file", f"give {_KNOWN}"
            ) from exc
        raise NotFound(f"there is no file or folder {quoted(str(path))}", f"give {_KNOWN}") from exc
    except OSError as exc:
        if exc.errno in (errno.ENAMETOOLONG, errno.EINVAL):
            raise BadLink(f"{quoted(str(path))} cannot be a path", f"give {_KNOWN}") from exc
        if exc.errno == errno.ELOOP:
            raise NotFound(f"{quoted(str(path))} is a link that leads to itself", "delete the link") from exc
        raise BadLink(f"{quoted(str(path))} cannot be read: {exc.strerror}", "check its permissions") from exc
    except ValueError as exc:
        raise BadLink(f"{quoted(str(path))} cannot be a path", f"give {_KNOWN}") from exc
    if stat.S_ISDIR(mode):
        return FolderReference(path)
    if stat.S_ISREG(mode):
        return _file(path)
    raise BadLink(f"{quoted(str(path))} is neither a file nor a folder", f"give {_KNOWN}")


def is_one_line(text: str) -> bool:
    """Whether every program reads `text` as one line of text."""
    return not any(unicodedata.category(c) in _NEVER_IN_A_LINE for c in text)


def looks_like_a_link_or_path(text: str) -> bool:
    """Whether `text` is meant as a link, id or path, not as words to search for."""
    text = text.strip()
    return bool(
        text.lower().startswith(("spotify:", "deezer:", _SUBSONIC))
        or _SCHEME.match(text)
        or SPOTIFY_ID.fullmatch(text)
        or _HOST_WITHOUT_SCHEME.match(text)
        or text.startswith(("/", "./", "../", "~/"))
        or Path(text).suffix.lower() in _FILE_SUFFIXES
    )


def server_address(text: str) -> str:
    """Return the address of a music server in one spelling: `https://Host:443/base/rest/` → `https://host/base`.

    Raises:
        BadLink: it is not a web address, or it contains credentials, which are not repeated in the message.
    """
    try:
        url = urlsplit(text)
        host, port = (url.hostname or "").rstrip("."), url.port
    except ValueError:
        url, host, port = urlsplit(""), "", None
    if url.scheme not in ("http", "https") or not host or not is_one_line(text) or re.search(r"[\s\\%]", host):
        raise BadLink("this is not the address of a music server", _SERVER_EXAMPLE)
    if url.username is not None or url.password is not None or url.query:
        raise BadLink(
            f"the address of the music server on {host} contains a user name, a password or a query",
            "set `subsonic_user` and `subsonic_password`, or `subsonic_api_key`, instead",
        )
    host = f"[{host}]" if ":" in host else host
    shown_port = f":{port}" if port and port != {"http": 80, "https": 443}[url.scheme] else ""
    return f"{url.scheme}://{host}{shown_port}{url.path.rstrip('/').removesuffix('/rest')}"


def _subsonic(text: str) -> SubsonicReference:
    """Read a link to a music server, also as its web page has it: `https://host/app/#/album/ID/show`."""
    if not text:
        return SubsonicReference("")
    address, _, fragment = text.partition("#")
    address = server_address(address)
    parts = urlsplit(address)
    found = _ON_A_SERVER.fullmatch(f"{parts.path}/{fragment.strip('/')}".rstrip("/"))
    if found is None:
        base = parts.path.removesuffix("/app")
        return SubsonicReference(f"{parts.scheme}://{parts.netloc}{base}")
    server = f"{parts.scheme}://{parts.netloc}{found['base'].rstrip('/')}"
    return SubsonicReference(server, SubsonicKind(found["kind"]), found["id"])


def _web_address(text: str) -> SplitResult | None:
    """Read `text`, with or without a scheme, as a web address on port 80 or 443; None if it is not one."""
    try:
        url = urlsplit(text if _SCHEME.match(text) else f"https://{text}")
        port = url.port
    except ValueError:
        return None
    return url if url.scheme in ("http", "https") and port in (None, 80, 443) else None


def _host(url: SplitResult) -> str:
    return (url.hostname or "").rstrip(".")


def _refuse_user(text: str, url: SplitResult) -> None:
    if url.username is not None:
        raise BadLink(f"{quoted(text)} contains a user name, which is not part of such a link", "copy the link again")


def _spotify_parts(text: str) -> list[str] | None:
    """Split a Spotify URI or link at its colons or slashes, from the kind of item on; None if it is neither."""
    if text[:8].lower() == "spotify:":
        kind, _, rest = re.split(r"[?#]", text)[0][8:].partition(":")
        return [kind.lower(), *rest.split(":")] if rest else [kind.lower()]
    url = _web_address(text)
    if url is None or _host(url) not in _SPOTIFY_HOSTS:
        return None
    _refuse_user(text, url)
    parts = [part for part in url.path.split("/") if part]
    if parts and parts[0] == "embed":
        parts = parts[1:]
    return parts[1:] if parts and _LOCALE.fullmatch(parts[0]) else parts


def _is_liked_songs(text: str) -> bool:
    parts = _spotify_parts(text) or []
    if len(parts) > 2 and parts[0] == "user":
        parts = parts[2:]
    return parts in (["collection"], ["collection", "tracks"])


def _entity(text: str, parts: list[str]) -> SpotifyReference:
    if len(parts) == 4 and parts[0] == "user" and parts[2] == "playlist":
        parts = parts[2:]
    if len(parts) != 2 or parts[0] not in set(SpotifyKind) or not SPOTIFY_ID.fullmatch(parts[1]):
        raise BadLink(
            f"{quoted(text)} names nothing on Spotify",
            "a link looks like https://open.spotify.com/track/ followed by 22 letters and digits",
        )
    return SpotifyReference(SpotifyKind(parts[0]), parts[1])


def _deezer_entity(text: str, parts: list[str]) -> DeezerReference:
    if len(parts) == 3 and _DEEZER_LOCALE.fullmatch(parts[0]):
        parts = parts[1:]
    if len(parts) != 2 or parts[0] not in set(DeezerKind) or not _DEEZER_ID.fullmatch(parts[1]):
        raise BadLink(
            f"{quoted(text)} names no track, album or playlist on Deezer",
            "a link looks like https://www.deezer.com/track/ followed by a number",
        )
    return DeezerReference(DeezerKind(parts[0]), str(int(parts[1])))


def _existing_path(text: str) -> Path | None:
    """Return the path that `text` is, with its blanks or without them; None if nothing is there."""
    for name in filter(None, dict.fromkeys((text, text.strip(" \t\r\n"), text.strip()))):
        for path_in in (Path, _in_home):
            try:
                path = path_in(name)
                path.stat()
            except (OSError, ValueError, RuntimeError):  # some texts are not valid paths
                continue
            return path
    return None


def _in_home(name: str) -> Path:
    return Path(name).expanduser()


def _file(path: Path) -> PathReference:
    suffix = path.suffix.rstrip().lower()
    if suffix in M3U_SUFFIXES:
        return M3UReference(path)
    if suffix in CSV_SUFFIXES:
        return CsvReference(path)
    if suffix in PLAYLIST_FILE_SUFFIXES:
        return PlaylistFileReference(path)
    return LinkListReference(path) if suffix in LINK_LIST_SUFFIXES else FileReference(path)


def _file_url(text: str) -> Path:
    from urllib.request import url2pathname

    try:
        url = urlsplit(text)
    except ValueError as exc:
        raise BadLink(f"{quoted(text)} is not a link or a path", f"give {_KNOWN}") from exc
    if url.netloc not in ("", "localhost"):
        raise BadLink(f"{quoted(text)} is a file on another machine", "give a path on this one")
    return Path(url2pathname(url.path))
