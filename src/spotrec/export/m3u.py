"""Playlist files: extended M3U in UTF-8, which players read, and `spotrec crawl` too."""

import errno
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spotrec.errors import DiskFull, SpotrecError, UsageError, quoted
from spotrec.export.addresses import file_of, web_page_of
from spotrec.links import M3U_SUFFIXES
from spotrec.names.titles import one_line
from spotrec.track import Track

_HEADER = "#EXTM3U"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class WrittenPlaylist:
    """A playlist file that was written, and the tracks that no player could find and that are not in it."""

    file: Path
    n_tracks: int = 0
    left_out: list[Track] = field(default_factory=list)


def write(path: Path, tracks: Iterable[Track]) -> WrittenPlaylist:
    """Write tracks to a playlist file, each as its file or, where it has none, its page on the web.

    The file is whole or not there; a playlist that is there already is replaced.

    Raises:
        UsageError: the name is none of a playlist, or another kind of file is there.
        DiskFull, SpotrecError: it cannot be written; what was there before is untouched.
    """
    check_replaceable(path)
    path = path.resolve()  # a link to a playlist stays one
    written = WrittenPlaylist(path)
    lines = [_HEADER]
    for track in tracks:
        address = file_of(track) or web_page_of(track)
        if address is None:
            written.left_out.append(track)
            continue
        written.n_tracks += 1
        lines += [_described(track), address]
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    with _translated(path):
        try:
            with part.open("x", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return written


def check_replaceable(path: Path) -> None:
    """Refuse to write a playlist where it would not be known for one, or where something else is.

    Raises:
        UsageError: as `write`.
        SpotrecError: what is there cannot be read.
    """
    if path.suffix.lower() not in M3U_SUFFIXES:
        raise UsageError(f"{quoted(str(path))} is no name of a playlist", "give one that ends in .m3u8 or .m3u")
    with _translated(path):
        try:
            with path.open("rb") as file:
                start = file.read(len(_BYTE_ORDER_MARK) + len(_HEADER) + 1)
        except FileNotFoundError:
            return
        except IsADirectoryError:
            start = b"a folder"
    line = start.removeprefix(_BYTE_ORDER_MARK).splitlines()
    if start and line[:1] != [_HEADER.encode()]:
        raise UsageError(
            f"{quoted(str(path))} is there already, and is no extended M3U", "give another name, or move it away"
        )


def _described(track: Track) -> str:
    """`#EXTINF:215,Artist - Title`; -1 where the length is not known."""
    seconds = -1 if track.duration_ms is None else round(track.duration_ms / 1000)
    by = f"{', '.join(track.artists)} - " if track.artists else ""
    return f"#EXTINF:{seconds},{one_line(by + track.title)}"


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFull(f"no room to write {path}", "free some space and run the same command again") from exc
        raise SpotrecError(f"{path} cannot be written: {exc.strerror or exc}", "check the folder") from exc
    except ValueError as exc:  # a null character
        raise UsageError(f"{quoted(str(path))} is no path", "give another name") from exc
