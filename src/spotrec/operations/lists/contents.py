"""A list from anywhere: a file, a link, a stored collection or ids, with the stored track that each entry means."""

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

from spotrec.errors import (
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SignInNeeded,
    SpotrecError,
    UsageError,
    quoted,
)
from spotrec.links import (
    CsvReference,
    DeezerKind,
    DeezerReference,
    FolderReference,
    LikedSongsReference,
    LinkListReference,
    M3UReference,
    PathReference,
    PlaylistFileReference,
    ShortLinkReference,
    SpotifyKind,
    SpotifyReference,
    SubsonicReference,
    WebReference,
    looks_like_a_link_or_path,
    parse,
    parse_link,
)
from spotrec.names.titles import one_line
from spotrec.operations.library import CrawledFolder, collection_or_folder, tracks_named, without_prefix
from spotrec.operations.lists.entries import MOST_ENTRIES, Entry, too_many
from spotrec.operations.lists.list_text import read_list_text
from spotrec.operations.lists.m3u_list import M3uList, read_m3u_list
from spotrec.operations.lists.recognition import Described, Recognition
from spotrec.operations.lists.table_list import TableList, read_table_list
from spotrec.operations.seeds import with_id
from spotrec.operations.view import View
from spotrec.store import FeatureStore
from spotrec.system.files import real_path

_E = TypeVar("_E")


@dataclass(frozen=True, slots=True)
class ListFrom:
    """A list whose files may be named from another folder than its own, as `relative_to` of `write_playlist` does."""

    playlist: str | Path
    folder: Path


Playlist = str | Path | ListFrom | Sequence[str]
"""A list by its path, link or title, or the ids of its tracks."""


@dataclass(frozen=True, slots=True)
class Contents:
    """A list as it was read.

    Attributes:
        source: its path, link or id; "" for ids without a name.
        text: its file, if it can be written again.
    """

    title: str
    source: str
    entries: tuple[Entry, ...]
    text: M3uList | TableList | None = None

    @property
    def unknown(self) -> tuple[Entry, ...]:
        """The entries that the store does not have."""
        return tuple(entry for entry in self.entries if entry.track is None)


def read_list(view: View, playlist: Playlist) -> Contents:
    """Read a list. Nothing is stored or fetched but the list itself.

    Raises:
        NotFound: there is no such list, or it names no tracks.
        UsageError: it is no list, has too many entries, or could mean several things.
        SignInNeeded, RateLimited, ServiceUnavailable: the service does not supply it, and it is not stored.
    """
    found = _read(view, playlist)
    if not found.entries:
        raise NotFound(f"{quoted(found.title)} names no tracks", "give a list with at least one track")
    if len(found.entries) > MOST_ENTRIES:
        raise too_many(found.title)
    return found


def nothing_known(contents: Contents) -> NotFound:
    """Return the error that no entry of a list is stored."""
    hint = (
        f"add them first: spotrec crawl {shlex.quote(contents.source or 'LIST')}, then `spotrec extract` and "
        "`spotrec index`"
    )
    files = [entry.file for entry in contents.entries if entry.file]
    if isinstance(contents.text, M3uList) and files and not any(map(os.path.lexists, files)):
        hint = f"if its files are named from another folder, give that in `relative_to`; else {hint}"
    return NotFound(f"no track of {quoted(contents.title)} is in the store", hint)


def _read(view: View, playlist: Playlist) -> Contents:
    store, folder = view.session.store(), None
    if isinstance(playlist, ListFrom):
        folder = playlist.folder
        playlist = playlist.playlist
    if not isinstance(playlist, str | Path):
        return Contents("playlist", "", _numbered(_of_id(store, text) for text in playlist if text.strip()))
    name = str(playlist)
    if not view.allows_paths:
        return _stored(store, name, paths=False)
    if os.path.lexists(name) or os.path.lexists(os.path.expanduser(name)) or name[:7].lower() == "file://":  # noqa: PTH111 - these never raise
        match parse(name):
            case FolderReference():
                return _stored(store, name, paths=True)
            case path if isinstance(path, PathReference):
                with view.progress.meter(f"read {Path(name).name}", unit="entries"):
                    return _in_file(view, path, folder)
        raise UsageError(f"{quoted(name)} is no list", "give a playlist file, a link, or a stored collection's title")
    if without_prefix(name) == name and (link := parse_link(name)):
        return _at_link(view, link, name)
    try:
        return _stored(store, name, paths=True)
    except NotFound:
        if looks_like_a_link_or_path(name):
            parse(name)  # says what is wrong with it
        raise


def _of_id(store: FeatureStore, text: str) -> Entry:
    id_ = text.strip().encode("utf-8", "replace").decode()
    link = None
    if stored := with_id(store, id_):
        return Entry(stored.name, stored, place=id_, by="id")
    try:
        link = parse_link(id_)
    except UsageError:
        return Entry(id_, place=id_)
    uri = getattr(link, "uri", id_)
    stored = store.tracks.get(uri)
    return Entry(stored.name if stored else id_, stored, place=id_, by="link" if stored else "")


def _numbered(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(replace(entry, number=number) for number, entry in enumerate(_first(entries), 1))


def _first(entries: Iterable[_E]) -> Iterator[_E]:
    """Yield as many as show whether there are too many."""
    return islice(entries, MOST_ENTRIES + 1)


def _stored(store: FeatureStore, name: str, *, paths: bool) -> Contents:
    if name.strip().lower().startswith(("artist:", "album:")):
        ids = tracks_named(store, name, whole=False)
        title, source = name.partition(":")[2].strip(), ""
    else:
        found = collection_or_folder(store, name, paths=paths)
        if isinstance(found, CrawledFolder):
            title, source, ids = found.title, name, sorted(found.track_ids)
        else:
            title, source, ids = found.collection.title, found.id, store.collections.listed(found.id)
    ids = list(_first(ids))
    tracks = store.tracks.get_many(ids)
    entries = [
        Entry(track.name, track, place=track.address, file=track.path or "", by="id")
        for track in (tracks[id_] for id_ in ids if id_ in tracks)
    ]
    return Contents(title, source, _numbered(entries))


def _in_file(view: View, reference: PathReference, folder: Path | None) -> Contents:
    path, store, encoding = real_path(reference.path), view.session.store(), view.settings.encoding or ""
    title = one_line(path.stem) or "playlist"
    match reference:
        case M3UReference() | LinkListReference():
            text = read_list_text(path, "a playlist", encoding)
            if sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in text.lines) > MOST_ENTRIES:
                raise too_many(title)  # before anything is looked up
            _tell(view, text.notice)
            recognition = Recognition(store, path.parent, text.read_as)
            if folder is not None:
                other = Recognition(store, folder, text.read_as)
                recognition = max((recognition, other), key=lambda one: _n_found(one, text.lines))
            lines = read_m3u_list(text, recognition)
            return Contents(title, str(path), lines.entries, lines)
        case CsvReference():
            text = read_list_text(path, "a CSV", encoding)
            _tell(view, text.notice)
            table = read_table_list(text, Recognition(store, path.parent, text.read_as), store)
            return Contents(title, str(path), table.entries, table)
        case PlaylistFileReference(playlist=key):
            return _in_players_file(view, path, key, encoding)
    raise UsageError(f"{quoted(str(path))} is one audio file", "give a playlist, or a folder that was crawled")


def _tell(view: View, notice: str) -> None:
    if notice and notice not in view.notes:
        view.note(notice)


def _n_found(recognition: Recognition, lines: Sequence[str]) -> int:
    """Return how many lines lead to something if relative paths start where they do for `recognition`."""
    places = _first(line for line in lines if line.strip() and not line.lstrip().startswith("#"))
    return sum(recognition.finder.path(place) is not None or recognition.at(place).by != "" for place in places)


def _in_players_file(view: View, path: Path, key: str | None, encoding: str) -> Contents:
    from spotrec.crawl.sources.playlist_file import read_list_file

    file = read_list_file(path, encoding)
    _tell(view, file.encoding_notice)
    recognition = Recognition(view.session.store(), path.parent, file.encoding)
    lists = [one for one in file.lists if one.entries and key in (None, one.key)]
    if len(lists) > 1:
        named = [one for one in lists if one.key]
        raise UsageError(
            f"{path} has {len(named):,} playlists",
            f"crawl it, and give one of them by its title: {', '.join(quoted(one.title) for one in named[:5])}",
        )
    described = []
    for one in _first(lists[0].entries) if lists else ():
        entry = next((at for at in map(recognition.at, one.places) if at.track), None)
        entry = entry or (recognition.at(one.places[0]) if one.places else Entry(one.name))
        name = entry.track.name if entry.track else one.name
        described.append(Described(replace(entry, name=name), one.title, one.artists))
    title = one_line(lists[0].title if lists else path.stem) or "playlist"
    return Contents(title, str(path), _numbered(recognition.by_names(described)))


def _at_link(view: View, link: WebReference, name: str) -> Contents:
    """Read a list at a service; if that fails, the list as it was crawled."""
    match link:
        case SpotifyReference(SpotifyKind.TRACK) | DeezerReference(DeezerKind.TRACK):
            raise UsageError(f"{quoted(name)} is one track", "give a playlist or an album")
    store = view.session.store()
    try:
        return _from_service(view, link, name)
    except (SignInNeeded, RateLimited, ServiceUnavailable) as error:
        try:
            known = _stored(store, getattr(link, "uri", name), paths=False)
        except SpotrecError:
            raise error from None
        view.note(f"{error.message}; this is the list as it was crawled")
        return known


def _from_service(
    view: View,
    link: SpotifyReference | DeezerReference | LikedSongsReference | ShortLinkReference | SubsonicReference,
    name: str,
) -> Contents:
    from spotrec.crawl.open_sources import Sources

    store = view.session.store()
    sources = Sources(view.settings, store, view.session.http, view.session.tag_pool)
    resolved = sources.resolve(link)
    recognition, described, title = Recognition(store, Path()), [], ""
    with view.progress.meter(f"read {name}") as meter:
        for listing in sources.open(resolved).listings():
            described += [
                Described(recognition.listed(one), one.track.title, one.track.artists) for one in listing.tracks
            ]
            described += [Described(Entry(skipped.name)) for skipped in listing.skipped]
            if listing.collection:
                title = listing.collection.title
            if listing.notice:
                view.note(listing.notice)
            meter.advance(len(listing.tracks) + len(listing.skipped))
            if len(described) > MOST_ENTRIES:
                break
    source = getattr(resolved, "uri", name)
    return Contents(title or name, source, _numbered(recognition.by_names(described)))
