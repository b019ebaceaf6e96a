"""Playlist files: extended M3U in UTF-8, which players read, and `spotrec crawl` too."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.errors import UsageError, quoted
from spotrec.export.addresses import file_of, web_page_of
from spotrec.export.relative_paths import relative_line
from spotrec.links import M3U_SUFFIXES, is_one_line
from spotrec.names.titles import one_line
from spotrec.system import files
from spotrec.track import Track

HEADER = "#EXTM3U"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class WrittenPlaylist:
    """A playlist file that was written.

    `left_out`: tracks that are not in it because they have no file and no web page. `elsewhere`: tracks whose path is
    absolute, because their file is on another drive than the folder from which the others are named.
    """

    file: Path
    n_tracks: int = 0
    left_out: list[Track] = field(default_factory=list)
    elsewhere: list[Track] = field(default_factory=list)


def write(path: Path, tracks: Iterable[Track], relative_to: Path | None = None) -> WrittenPlaylist:
    """Write tracks to a playlist file, each as its file or, without a file, its web page.

    A file whose name holds a line end, or blanks at its end, is written as a `file://` URL.

    The file is written completely or not at all. An existing playlist is replaced.

    Args:
        relative_to: the folder from which files are named; by default their paths are absolute.

    Raises:
        UsageError: the name is not a playlist's, or another kind of file has this name.
        DiskFull, SpotrecError: it cannot be written; an existing file is unchanged.
    """
    check_replaceable(path)
    path = files.real_path(path)  # keeps a symbolic link to a playlist
    written = WrittenPlaylist(path)
    lines = [HEADER]
    for track in tracks:
        address = address_of(track, relative_to)
        if address is None:
            written.left_out.append(track)
            continue
        if relative_to and address == address_of(track) and file_of(track):
            written.elsewhere.append(track)
        written.n_tracks += 1
        lines += [extinf(track), address]
    text = "".join(f"{line}\n" for line in lines)
    files.write_output(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))
    return written


def address_of(track: Track, relative_to: Path | None = None) -> str | None:
    """Return the line that names a track: its file, else its web page; None if it has neither.

    Args:
        relative_to: the folder from which its file is named, unless it is on another drive.
    """
    file = file_of(track)
    if file and relative_to and (seen := relative_line(file, relative_to)):
        return seen
    return (file and _line(file)) or web_page_of(track)


def check_replaceable(path: Path) -> None:
    """Refuse a name that does not end like a playlist's, or that another kind of file has.

    Raises:
        UsageError: as `write`.
        SpotrecError: the existing file cannot be read.
    """
    if path.suffix.lower() not in M3U_SUFFIXES:
        raise UsageError(f"{quoted(str(path))} is not a playlist", "a playlist must end in .m3u8 or .m3u")
    files.check_replaceable(path, "extended M3U", _is_m3u)


def _is_m3u(path: Path) -> bool:
    """Whether a file starts like an extended M3U, or is empty."""
    with files.open_regular(path) as file:
        start = file.read(len(_BYTE_ORDER_MARK) + len(HEADER) + 1)
    return not start or start.removeprefix(_BYTE_ORDER_MARK).splitlines()[:1] == [HEADER.encode()]


def _line(path: str) -> str | None:
    """Return a path as players read it: as it is, or as a `file://` URL if a line of text would lose some of it."""
    if path == path.strip() and is_one_line(path):
        return path
    try:
        return Path(path).as_uri()
    except UnicodeEncodeError:  # half of a surrogate pair, which no name has
        return None


def extinf(track: Track) -> str:
    """Return `#EXTINF:215,Artist - Title`; -1 if the length is not known."""
    seconds = -1 if track.duration_ms is None else round(track.duration_ms / 1000)
    by = f"{', '.join(track.artists)} - " if track.artists else ""
    return f"#EXTINF:{seconds},{one_line(by + track.title)}"
