"""A changed list in a file: its own, or another one. What spotrec does not know is written as it was."""

import csv
import io
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from spotrec.errors import NotFound, SpotrecError, UsageError, quoted
from spotrec.export import m3u
from spotrec.export.addresses import file_of
from spotrec.export.relative_paths import relative_path, start_of
from spotrec.links import CSV_SUFFIXES, M3U_SUFFIXES, is_one_line
from spotrec.names.titles import one_line
from spotrec.operations.lists.changed_playlist import ChangedPlaylist
from spotrec.operations.lists.entries import Entry
from spotrec.operations.lists.m3u_list import M3uList
from spotrec.operations.lists.table_list import TableList
from spotrec.operations.session import Session
from spotrec.system import files
from spotrec.system.csv_cells import is_of_spotrec, safe_cell
from spotrec.system.csv_rows import rows
from spotrec.system.text import decode_text

_COLUMNS = ("track_id", "title", "artists", "album", "isrc", "duration_ms", "url", "path")
_START_BYTES = 65_536


@dataclass(slots=True)
class WrittenList:
    """A list that was written.

    Attributes:
        left_out: names of entries that the file could not hold, because they have neither a file nor a link.
        elsewhere: names of entries with an absolute path, because their file is on another drive.
        is_changed: whether the file is different now.
    """

    file: Path
    n_entries: int = 0
    left_out: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    is_changed: bool = True


def check_target(playlist: str | Path | None, file: Path | None, *, in_place: bool) -> None:
    """Refuse a file that must not be written, before any work is done.

    Raises:
        NotFound: the list is a playlist file that is not there.
        UsageError: the list is no file that can be written again, or the file is something else.
    """
    if in_place:
        path = Path(os.path.expanduser(str(playlist or "")))  # noqa: PTH111 - it never raises
        if path.suffix.lower() in M3U_SUFFIXES and not os.path.lexists(path):
            raise NotFound(f"there is no file {quoted(str(playlist))}", "check the path, or give `file` FILE.m3u8")
        if path.suffix.lower() not in M3U_SUFFIXES | CSV_SUFFIXES | {".txt"} or not path.is_file():
            raise UsageError(
                f"{quoted(str(playlist or 'this list'))} cannot be written in place",
                "only playlists (.m3u8, .m3u), tables (.csv) and texts (.txt) can: give `file` FILE.m3u8",
            )
    if file is None:
        return
    suffix = file.suffix.lower()
    if suffix in CSV_SUFFIXES:
        files.check_folder(file)
        files.check_replaceable(file, "table of tracks", _is_table)
    elif suffix in M3U_SUFFIXES:
        files.check_folder(file)
        if not (playlist and os.path.exists(str(playlist)) and file.exists() and file.samefile(str(playlist))):  # noqa: PTH110 - a name that is no path has no file
            m3u.check_replaceable(file)
    else:
        raise UsageError(f"{quoted(str(file))} is not a playlist", "the name must end in .m3u8, .m3u or .csv")


def write_playlist(
    session: Session, changed: ChangedPlaylist, file: Path | str | None, *, relative_to: Path | str | None
) -> WrittenList:
    """See `Recommender.write_playlist`."""
    with session.view():
        text = changed.contents.text
        base = None if relative_to is None else start_of(relative_to)
        if file is None and text is None:
            raise UsageError(
                f"{quoted(changed.title)} is no file that can be written in place", "give a `file` that ends in .m3u8"
            )
        path = files.real_path(files.from_home(file) if file is not None else Path(changed.contents.source))
        is_own = text is not None and path == files.real_path(text.text.path)
        check_target(text.text.path if is_own and text else None, path if file is not None else None, in_place=is_own)
        with ExitStack() as stack:
            if is_own:
                stack.enter_context(_alone(session, path))
            written = WrittenList(path)
            content = _content(changed, path, base, written, text)
            mode = None
            if is_own and text is not None:
                now = _read(path)
                if now != text.text.content:
                    raise SpotrecError(
                        f"{path} was changed by another program since it was read", "run the same command again"
                    )
                if content == now:
                    written.is_changed = False
                    return written
                mode = stat.S_IMODE(path.stat().st_mode)
            files.write_output(path, lambda part: part.write_bytes(content), mode=mode)
            return written


def _content(
    changed: ChangedPlaylist,
    path: Path,
    relative_to: Path | None,
    written: WrittenList,
    text: M3uList | TableList | None,
) -> bytes:
    """Return the bytes of the file, and note in `written` what is to be told of it."""
    entries = changed.entries
    is_m3u = path.suffix.lower() in M3U_SUFFIXES
    if relative_to is not None and not is_m3u:
        raise UsageError("`relative_to` is for playlists", "give a file that ends in .m3u8")
    if isinstance(text, M3uList) and (is_m3u or path == files.real_path(text.text.path)):
        written.n_entries = len(entries)
        _note_elsewhere(entries, relative_to, written)
        return text.content(entries, path, relative_to)
    if isinstance(text, TableList) and not is_m3u:
        written.n_entries = len(entries)
        return text.content(entries, path, relative_to)
    return _as_m3u(entries, relative_to, written) if is_m3u else _as_csv(entries, written)


def _as_m3u(entries: tuple[Entry, ...], relative_to: Path | None, written: WrittenList) -> bytes:
    lines = [m3u.HEADER]
    for entry in entries:
        track = entry.track
        address = m3u.address_of(track, relative_to) if track else None
        if address is None and entry.place and is_one_line(entry.place):
            address = entry.place
        if address is None:
            written.left_out.append(entry.name)
            lines.append(f"# {one_line(entry.name)}")
            continue
        written.n_entries += 1
        lines += [m3u.extinf(track) if track else f"#EXTINF:-1,{one_line(entry.name)}", address]
    _note_elsewhere(entries, relative_to, written)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


def _note_elsewhere(entries: tuple[Entry, ...], relative_to: Path | None, written: WrittenList) -> None:
    for entry in entries if relative_to else ():
        file = (entry.track and file_of(entry.track)) or entry.file
        if relative_to and file and relative_path(file, relative_to) is None:
            written.elsewhere.append(entry.name)


def _as_csv(entries: tuple[Entry, ...], written: WrittenList) -> bytes:
    table = io.StringIO()
    lines = csv.writer(table, lineterminator="\n")
    lines.writerow(_COLUMNS)
    for entry in entries:
        track, is_web = entry.track, entry.place.startswith(("http://", "https://"))
        if track:
            cells = [track.id, track.title, "; ".join(track.artists), track.album or "", track.isrc or ""]
            cells += [str(track.duration_ms or ""), track.url or "", track.path or ""]
        else:
            is_id = entry.place.startswith(("spotify:", "deezer:"))
            place = entry.place if is_web or is_id or not entry.file else entry.file
            title, artists = _split(entry.name)
            cells = [place if is_id else "", title, artists, "", "", ""]
            cells += [place if is_web else "", "" if is_web or is_id else place]
        lines.writerow([safe_cell(cell) for cell in cells])
        written.n_entries += 1
    return table.getvalue().encode("utf-8", "surrogateescape")


def _split(name: str) -> tuple[str, str]:
    for dash in (" – ", " - "):
        artist, found, title = name.partition(dash)
        if found:
            return title, artist
    return name, ""


def _read(path: Path) -> bytes:
    try:
        with files.open_regular(path) as file:
            return file.read()
    except OSError as exc:
        raise files.error_of_system(exc) from exc


def _alone(session: Session, path: Path) -> "ExitStack":
    """Return a context in which no other process of this user writes the same list."""
    locks = session.settings.data_path / "locks"
    files.make_folder(locks)
    stack = ExitStack()
    stack.enter_context(files.locked(locks / sha256(os.fsencode(path)).hexdigest()[:16]))
    return stack


def _is_table(path: Path) -> bool:
    """Whether a file is empty, or a table of tracks."""
    with files.open_regular(path) as file:
        start = file.read(_START_BYTES)
    if not start:
        return True
    text = decode_text(start)
    if text is None:
        return False
    from spotrec.crawl.sources.csv_file import is_table

    header = next(rows(text, ","), None)
    return bool(header and is_of_spotrec(header.cells)) or is_table(text)
