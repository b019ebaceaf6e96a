"""Stored tracks and collections, found by a link, a URI, an id, a path or a title."""

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote

from spotrec.errors import BadLink, NotFound, SeveralMatch, UsageError, quoted
from spotrec.links import (
    CSV_SUFFIXES,
    PLAYLIST_FILE_SUFFIXES,
    SPOTIFY_ID,
    CsvReference,
    FolderReference,
    LinkListReference,
    M3UReference,
    PlaylistFileReference,
    Reference,
    SearchReference,
    ShortLinkReference,
    SpotifyKind,
    looks_like_a_link_or_path,
    parse,
    parse_link,
)
from spotrec.names.titles import normalised
from spotrec.query.filters import named
from spotrec.query.lookup import artist_in, find_matches
from spotrec.store import FeatureStore, KnownCollection
from spotrec.system.files import from_home
from spotrec.track import Track, TrackId

_SIMILAR = 3
FOLDER, M3U, LIST, PLAYLIST, SEARCH = "folder:", "m3u:", "list:", "playlist:", "spotify:search:"
"""The prefixes of the ids of collections that are not on a website."""

_Named = TypeVar("_Named", bound=Track | KnownCollection)


@dataclass(frozen=True, slots=True)
class CrawledFolder:
    """The tracks of a folder inside a crawled one."""

    title: str
    track_ids: frozenset[TrackId]


def collection_named(store: FeatureStore, name: str, *, paths: bool = True) -> KnownCollection:
    """Find the one stored collection with this link, URI, id, path or title.

    Args:
        paths: whether the name may be a path.

    Raises:
        NotFound: there is no such collection.
        UsageError: the name is empty, or several have this title; the hint lists them.
    """
    bare = named(without_prefix(name), "a collection")
    found = _collections_at(store, name, paths=paths) or _collections_titled(store, name)
    if not found and bare != name:
        return collection_named(store, bare, paths=paths)
    if not found:
        raise NotFound(f"there is no stored collection {quoted(name)}", "`spotrec tracks --collections` lists them")
    return _only(name, found)


def collection_or_folder(store: FeatureStore, name: str, *, paths: bool = True) -> KnownCollection | CrawledFolder:
    """Find the one stored collection with this name, or with `paths` the tracks of a folder inside a crawled one.

    Raises: the same as `collection_named`.
    """
    try:
        return collection_named(store, name, paths=paths)
    except NotFound:
        if paths and (below := tracks_named(store, without_prefix(name), whole=False)):
            return CrawledFolder(Path(name.strip()).name or name, frozenset(below))
        raise


def track_or_collection_named(store: FeatureStore, name: str) -> Track | KnownCollection:
    """Find the one stored track or collection with this link, URI, id, path or title; a track also by words.

    Raises:
        NotFound: there is no such track or collection.
        UsageError: the name could mean several things; the hint lists them.
    """
    if not name.strip():
        raise UsageError("the name is empty", "give a track or a collection")
    if without_prefix(name) != name:
        return collection_named(store, name)
    at: list[Track | KnownCollection] = [*_tracks_at(store, name), *_collections_at(store, name)]
    if at:
        return _only(name, at)
    titled = _collections_titled(store, name)
    if titled:
        tracks = [track for track in store.tracks.find_by_words(name) if normalised(track.title) == normalised(name)]
        called: list[Track | KnownCollection] = [*titled, *tracks]
        return _only(name, called)
    try:
        if looks_like_a_link_or_path(name):
            raise NotFound(name)
        matches = find_matches(store, name, typos=False)  # what is removed must be meant
        if artist := artist_in(store, matches):
            whole = [(f"artist:{artist}", f"all stored tracks by {artist}")]
            raise SeveralMatch(
                f"{quoted(name)} is an artist, and matches several tracks",
                name,
                [*whole, *((track.id, track.name) for track in matches.tracks)],
            )
        return matches.only()
    except NotFound as exc:
        raise NotFound(
            f"there is no stored track or collection {quoted(name)}",
            "`spotrec tracks WORDS` and `spotrec tracks --collections` list them",
        ) from exc


def is_prefixed(name: str, *more: str) -> bool:
    """Return whether a name is `artist:NAME` or `album:NAME`, or begins with one more prefix."""
    return name.strip().lower().startswith(("artist:", "album:", *more))


def album_called(store: FeatureStore, words: str) -> str | None:
    """Return the one stored album whose whole name the words are, as people type it."""
    from spotrec.names.spellings import letters

    found = [name for name in store.selection.albums_named(words) if letters(name) == letters(words)]
    return found[0] if found else None


def tracks_named(store: FeatureStore, name: str, *, whole: bool) -> list[TrackId]:
    """Return all stored tracks of `artist:NAME`, `album:NAME` or a folder with crawled files, else an empty list.

    Args:
        whole: whether the artist or the album must have this whole name.

    Raises:
        NotFound: no stored track has this artist or album.
    """
    kind, _, value = name.strip().partition(":")
    match kind.lower():
        case "artist":
            found = store.selection.by_artist(named(value, "artist:"), whole=whole)
        case "album":
            found = store.selection.on_album(named(value, "album:"), whole=whole)
        case _:
            if not name.strip():
                return []
            return [id_ for path in _paths(name) for id_ in store.files.below(path)]
    if not found:
        raise NotFound(
            f"no stored track has the {kind.lower()} {quoted(value.strip())}", similar_names(store, kind.lower(), value)
        )
    return found


def similar_names(store: FeatureStore, kind: str, name: str) -> str:
    """Return a hint that names the artists or albums whose names are most like this one."""
    from difflib import get_close_matches

    from spotrec.names.spellings import letters

    if kind == "artist":
        holding, every = store.selection.artists(name), store.selection.every_artist()
    else:
        holding, every = store.selection.albums_named(name), store.selection.every_album()
    spelled = {letters(one): one for one in reversed(every)}
    close = [spelled[one] for one in get_close_matches(letters(name), spelled, n=_SIMILAR)]
    found = list(dict.fromkeys([*holding, *close]))[:_SIMILAR]
    if not found:
        return "`spotrec tracks` lists the stored tracks"
    return "do you mean " + " or ".join(shlex.quote(f"{kind}:{one}") for one in found) + "?"


def tracks_of_anything(store: FeatureStore, name: str, *, paths: bool = True) -> set[TrackId]:
    """Return the stored tracks of a collection, with `paths` a folder, `artist:NAME` or `album:NAME`.

    Raises:
        NotFound: there is nothing with this name.
        SeveralMatch: several collections have this title.
    """
    if is_prefixed(name):
        return set(tracks_named(store, name, whole=False))
    return tracks_in(store, collection_or_folder(store, name, paths=paths))


def crawled_folders_in(store: FeatureStore, name: str) -> list[str]:
    """Return the crawled folders inside of the folder that has this path."""
    folders = [Path(known.id.removeprefix(FOLDER)) for known in store.collections.get() if known.id.startswith(FOLDER)]
    return [str(folder) for path in set(_paths(name)) for folder in folders if Path(path) in folder.parents]


def tracks_in(store: FeatureStore, one: KnownCollection | CrawledFolder) -> set[TrackId]:
    """Return the tracks of a collection or a folder."""
    return set(one.track_ids) if isinstance(one, CrawledFolder) else store.collections.members([one.id])


def folders_named(store: FeatureStore, name: str) -> list[Path]:
    """Return the folders that the name of a stored folder, or of one inside it, may mean; none for other collections.

    Raises: the same as `collection_named`.
    """
    found = collection_or_folder(store, name)
    if isinstance(found, CrawledFolder):
        return [Path(path) for path in dict.fromkeys(_paths(without_prefix(name)))]
    return [Path(found.id.removeprefix(FOLDER))] if found.id.startswith(FOLDER) else []


def without_prefix(name: str) -> str:
    """Return a collection's name without `collection:` before it."""
    kind, colon, rest = name.partition(":")
    return rest if colon and kind.strip().lower() == "collection" else name


def source_of(collection_id: str) -> Reference:
    """Return the source of a collection, by its id.

    Raises:
        BadLink, NotFound: this version of spotrec has no such source.
    """
    kind = next((kind for kind in (FOLDER, M3U, LIST, PLAYLIST, SEARCH) if collection_id.startswith(kind)), "")
    rest = collection_id.removeprefix(kind)
    path = Path(rest)
    match kind:
        case "folder:":
            return FolderReference(path)
        case "m3u:":
            return M3UReference(path)
        case "list:":
            return _list_at(path)
        case "playlist:":
            key, _, file = rest.partition(":")
            return PlaylistFileReference(Path(file), unquote(key))
        case "spotify:search:":
            return SearchReference(unquote(rest))
    return parse_link(collection_id) or parse(collection_id)


def _list_at(path: Path) -> Reference:
    suffix = path.suffix.lower()
    if suffix in PLAYLIST_FILE_SUFFIXES:
        return PlaylistFileReference(path, "")
    return CsvReference(path) if suffix in CSV_SUFFIXES else LinkListReference(path)


def _tracks_at(store: FeatureStore, name: str) -> list[Track]:
    """Return the stored track with this id, link or path. Its file may be missing."""
    found = [store.tracks.get(uri) for uri in _uris(name)]
    found += [store.files.track_in(path) for path in _paths(name)]
    return list({track.id: track for track in found if track}.values())


def _collections_at(store: FeatureStore, name: str, *, paths: bool = True) -> list[KnownCollection]:
    """Return the stored collection with this id, link or path. Its folder or file may be missing.

    A file may have several lists, and no list of its own.
    """
    places = set(_paths(name)) if paths else set()
    ids = {*_uris(name), *(f"{kind}{path}" for path in places for kind in (FOLDER, M3U, LIST))}
    if found := store.collections.get(ids):
        return found
    lists = [known for known in store.collections.get() if known.id.startswith(PLAYLIST)]
    return [known for known in lists if known.id.split(":", 2)[2] in places]


def _collections_titled(store: FeatureStore, title: str) -> list[KnownCollection]:
    return store.collections.get(store.collections.titled(title))


def _uris(name: str) -> Iterator[str]:
    """Yield the ids that a track or a collection with this name would have."""
    text = name.strip()
    yield text
    if SPOTIFY_ID.fullmatch(text):
        yield from (f"spotify:{kind}:{text}" for kind in SpotifyKind)
        return
    try:
        link = parse_link(text)
    except BadLink:
        return
    if link is not None and not isinstance(link, ShortLinkReference):
        yield link.uri


def _paths(name: str) -> Iterator[str]:
    """Yield the paths that a name may be: as it is, without the blanks around it, from home."""
    for text in dict.fromkeys((name, name.strip())):
        for path_in in (Path, from_home):
            try:
                yield str(path_in(text).resolve())
            except (OSError, ValueError, RuntimeError):  # some texts are not valid paths
                continue


def _only(name: str, found: Sequence[_Named]) -> _Named:
    if len(found) == 1:
        return found[0]
    raise SeveralMatch(
        f"{quoted(name)} could be any of {len(found)}", name, [(str(one.id), _title(one)) for one in found]
    )


def _title(one: Track | KnownCollection) -> str:
    return one.name if isinstance(one, Track) else one.collection.title
