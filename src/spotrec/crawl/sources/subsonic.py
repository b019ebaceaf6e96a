"""A music server's library, or a playlist, an album or an artist in it, over (Open)Subsonic.

How a whole library is listed differs. OpenSubsonic asks servers to answer an empty search with everything: an empty
text does it at supysonic, LMS and Navidrome, two quotation marks at Gonic and older Navidromes. Airsonic and older
Ampaches find nothing then, and their albums are read one by one.
"""

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.crawl.json_values import names, text, whole, within
from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.files import AudioFiles
from spotrec.crawl.sources.mounted_folder import MountedFolder
from spotrec.errors import NotFound, ServiceUnavailable, SignInNeeded
from spotrec.links import AUDIO_SUFFIXES, SubsonicKind, SubsonicReference
from spotrec.names.genres import genres, tempo, word
from spotrec.store import ServerItem, is_own_id
from spotrec.store.server_items import ServerItems
from spotrec.subsonic.api import SubsonicApi
from spotrec.subsonic.rows import id_of, rows_of
from spotrec.track import Collection, CollectionKind, Track

MOST_SONGS = 1_000_000
_PAGE = 500
_PIECE = 50
_MOST_PAGES = MOST_SONGS // _PAGE * 4
_LONGEST_S = 1_000_000
_LARGEST_FILE = 10**12
_LONGEST_PATH = 4_096
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_EVERYTHING = ("", '""')
_NOTHING = re.compile(
    r"\[unknown(?: (?:artist|album))?\]|unknown (?:artist|album)|\[non-album tracks?\]", re.IGNORECASE
)
"""What servers write for a name that a file does not tell."""
_KINDS = {
    SubsonicKind.LIBRARY: CollectionKind.LIBRARY,
    SubsonicKind.ALBUM: CollectionKind.ALBUM,
    SubsonicKind.ARTIST: CollectionKind.ARTIST,
    SubsonicKind.PLAYLIST: CollectionKind.PLAYLIST,
}


@dataclass(frozen=True, slots=True)
class _Song:
    """A song as the server describes it."""

    track: Track
    item: ServerItem


class SubsonicSource:
    """The songs of a server. A song whose file is in the mounted folder is this file, any other is streamed.

    Args:
        folder: where the server's files are mounted here; None if they are not.
        items: the items that were listed before. A song that was known stays the same track, even if its file cannot be
            read now, or if the server has given it a new id.
    """

    def __init__(
        self,
        api: SubsonicApi,
        reference: SubsonicReference,
        files: AudioFiles,
        folder: MountedFolder | None,
        items: ServerItems,
    ) -> None:
        self._api = api
        self._reference = reference
        self._files = files
        self._folder = folder if folder and folder.is_here else None
        self._is_folder_missing = folder is not None and self._folder is None
        self._items = items
        self._seen: set[str] = set()
        self._listed_ids: set[str] = set()
        self._n_streamed = 0

    def listings(self) -> Iterator[Listing]:
        if self._reference.server:
            self._api.check(self._reference.server)
        self._api.sign_in()  # before anything is stored
        title, rows = self._open()
        reference = replace(self._reference, server=self._api.address)
        collection = Collection(reference.uri, _KINDS[reference.kind], title, self._api.address)
        yield Listing([], collection=collection)
        for page, is_cut, notice in rows:
            for start in range(0, len(page), _PIECE):
                yield self._listing(page[start : start + _PIECE], collection)
            if is_cut:
                yield Listing([], collection=collection, is_cut=True, notice=notice)
        if notice := self._about_folder():
            yield Listing([], collection=collection, notice=notice)

    # -- rows from the server --------------------------------------------------------------------------------------

    def _open(self) -> tuple[str, "_Pages"]:
        """Return the title of what is listed, and its rows."""
        match self._reference.kind:
            case SubsonicKind.LIBRARY:
                return self._api.name, self._library()
            case SubsonicKind.PLAYLIST:
                head = self._entity("getPlaylist", "playlist")
                return self._title(head), iter([(rows_of(head, "entry"), False, "")])
            case SubsonicKind.ALBUM:
                head = self._entity("getAlbum", "album")
                return self._title(head), iter([(rows_of(head, "song"), False, "")])
            case SubsonicKind.ARTIST:
                head = self._entity("getArtist", "artist")
                return self._title(head), self._albums(rows_of(head, "album"))

    def _entity(self, method: str, name: str) -> Mapping[str, Any]:
        found = self._api.ask(method, id=self._reference.id).get(name)
        if not isinstance(found, dict):
            raise ServiceUnavailable(f"the answer of {self._api.name} contains no {name}", "try again later")
        return found

    def _title(self, head: Mapping[str, Any]) -> str:
        return text(head.get("name")) or self._reference.id

    def _library(self) -> "_Pages":
        """Yield all songs, each once, from searches for everything, else from all albums."""
        for query in _EVERYTHING:
            is_whole = yield from self._found_by(query)
            if is_whole:
                break
        else:
            yield from self._all_albums()
        if self._is_scanning():  # it may not have found again what it had
            yield [], True, f"{self._api.name} is scanning its folders now: crawl it again when it is done"

    def _is_scanning(self) -> bool:
        try:
            answer = self._api.ask("getScanStatus", may_refuse=True)
        except (NotFound, SignInNeeded):  # some servers lack it, or tell it only to their owner
            return False
        return within(answer.get("scanStatus"), "scanning") is True

    def _found_by(self, query: str) -> "Generator[_Page, None, bool]":
        """Yield the songs that a search finds. Return whether it listed some, and came to an end of its own."""
        n_rows = 0
        for n_pages in range(_MOST_PAGES):
            answer = self._api.ask(
                "search3",
                query=query,
                artistCount=0,
                albumCount=0,
                songCount=_PAGE,
                songOffset=n_rows,
                may_refuse=not n_pages,  # an empty search is an error for some servers
            )
            rows = rows_of(answer.get("searchResult3"), "song")
            if not rows:
                return n_rows > 0
            n_rows += len(rows)
            fresh = self._fresh(rows)
            yield fresh, False, ""
            if len(fresh) < len(rows):  # it does not turn pages, or in no order
                return False
            if n_rows >= MOST_SONGS:
                break
        yield [], True, self._has_no_end(n_rows)
        return True

    def _all_albums(self) -> "_Pages":
        seen: set[str | None] = set()
        offset = 0
        for _ in range(_MOST_PAGES):
            answer = self._api.ask("getAlbumList2", type="alphabeticalByName", size=_PAGE, offset=offset)
            rows = rows_of(answer.get("albumList2"), "album")
            if not rows:
                return
            offset += len(rows)
            fresh = {id_of(row): row for row in rows if id_of(row) not in seen}
            yield from self._albums(list(fresh.values()))
            if not fresh or len(self._seen) >= MOST_SONGS:
                break
            seen |= fresh.keys()
        yield [], True, self._has_no_end(len(self._seen))

    def _albums(self, albums: Sequence[Any]) -> "_Pages":
        """Yield the songs of albums. An album that is not there any more makes the list incomplete."""
        for album in albums:
            id_ = id_of(album)
            try:
                found = self._api.ask("getAlbum", id=id_) if id_ else {}
            except NotFound:
                found = {}
            head = found.get("album")
            name = text(within(album, "name")) or "?"
            if not isinstance(head, dict):
                yield [], True, f"{self._api.name} lists the album “{name}”, but does not show it"
                continue
            yield self._fresh(rows_of(head, "song")), False, ""

    def _fresh(self, rows: Sequence[Any]) -> list[Any]:
        """Return the rows that were not listed in this run; a row without an id stays, to be reported."""
        fresh = []
        for row in rows:
            id_ = id_of(row)
            if id_ is None or id_ not in self._seen:
                fresh.append(row)
                self._seen.add(id_ or "")
        return fresh

    def _has_no_end(self, n_rows: int) -> str:
        return f"the library of {self._api.name} does not end: spotrec stopped after {n_rows:,} songs"

    # -- rows → tracks ---------------------------------------------------------------------------------------------

    def _listing(self, rows: Sequence[Any], collection: Collection) -> Listing:
        read = [_song(row, self._api.key) for row in rows]
        songs = [one for one in read if isinstance(one, _Song)]
        known = self._known(songs)
        files = self._files_of(songs)
        tracks = [self._listed(song, known.get(song.item.item_id), files.get(song.item.item_id)) for song in songs]
        return Listing(tracks, [one for one in read if isinstance(one, SkippedEntry)], collection)

    def _known(self, songs: Sequence[_Song]) -> dict[str, Track]:
        """Return the tracks that songs were before, by the ids that they have now."""
        known = self._items.tracks_of(self._api.key, [song.item.item_id for song in songs])
        self._listed_ids |= {song.item.item_id for song in songs}
        for song in songs:
            if song.item.item_id not in known:
                others = self._items.with_same_file(song.item).items()
                before = next((track for id_, track in others if id_ not in self._listed_ids), None)
                if before:
                    known[song.item.item_id] = before
        return known

    def _files_of(self, songs: Sequence[_Song]) -> dict[str, ListedTrack]:
        """Return the files of songs in the mounted folder, as far as they can be read."""
        if self._folder is None:
            return {}
        paths = {
            song.item.item_id: path
            for song in songs
            if song.item.path and (path := self._folder.find(song.item.path, song.item.n_bytes))
        }
        outcomes = zip(paths, self._files.read_all(list(paths.values())), strict=True)
        return {item_id: outcome for item_id, outcome in outcomes if isinstance(outcome, ListedTrack)}

    def _listed(self, song: _Song, known: Track | None, file: ListedTrack | None) -> ListedTrack:
        if file:
            isrc = file.track.isrc or song.track.isrc
            return replace(
                file, track=replace(file.track, isrc=isrc), item=song.item, before=known.id if known else None
            )
        if known and not is_own_id(known.id):
            is_file = known.id.startswith("file:")
            return ListedTrack(known if is_file else song.track, item=song.item)
        self._n_streamed += 1
        return ListedTrack(replace(song.track, id=known.id if known else song.track.id), item=song.item)

    def _about_folder(self) -> str:
        if self._is_folder_missing:
            return "the folder in `subsonic_folder` is empty or not there: new songs are streamed"
        if self._folder is None or not self._n_streamed:
            return ""
        n = "1 song is" if self._n_streamed == 1 else f"{self._n_streamed:,} songs are"
        return (
            f"{n} not in the folder in `subsonic_folder` under the path that {self._api.name} says, and streamed; "
            "Navidrome tells paths if “Report Real Path” is on for the player “spotrec”"
        )


_Page = tuple[Sequence[Any], bool, str]
"""Rows; whether the list is incomplete; what the user is told then."""
_Pages = Iterator[_Page]


def _song(row: Any, server: str) -> _Song | SkippedEntry:
    title, id_ = text(within(row, "title")), id_of(row)
    if not isinstance(row, dict) or id_ is None:
        return SkippedEntry(title or "?", "it has no id that spotrec can use")
    if row.get("isDir") is True or row.get("isVideo") is True or text(row.get("type")) not in ("", "music"):
        return SkippedEntry(title or id_, "not a song")
    item = ServerItem(
        server,
        id_,
        path=_path(row.get("path")),
        n_bytes=whole(row.get("size"), 1, _LARGEST_FILE),
        cover_id=_within_id(row.get("coverArt")),
        musicbrainz_id=_uuid(row.get("musicBrainzId")),
    )
    seconds, year = whole(row.get("duration"), 1, _LONGEST_S), whole(row.get("year"), 1, 10_000)
    if Path(title).suffix.lower() in AUDIO_SUFFIXES:  # a file without tags
        title = Path(title).stem
    listed = names(row.get("artists")) or (_name(row.get("artist")),)
    return _Song(
        Track(
            id=item.own_id,
            title=title or id_,
            artists=tuple(dict.fromkeys(name for one in listed if (name := _name(one)))),
            album=_name(row.get("album")) or None,
            isrc=_isrc(row.get("isrc")),
            duration_ms=seconds * 1000 if seconds else None,
            release_date=f"{year:04d}" if year else None,
            explicit={"explicit": True, "clean": False}.get(text(row.get("explicitStatus"))),
            genre=genres(names(row.get("genres")) or [text(row.get("genre"))]),
            mood=next((mood for one in _texts(row.get("moods")) if (mood := word(one))), None),
            bpm=tempo(row.get("bpm")),
        ),
        item,
    )


def _name(value: Any) -> str:
    name = text(value)
    return "" if _NOTHING.fullmatch(name) else name


def _texts(values: Any, most: int = 100) -> list[str]:
    listed = values[:most] if isinstance(values, list) else [values]
    return [one for value in listed if (one := text(value))]


def _isrc(values: Any) -> str | None:
    return next((isrc for one in _texts(values) if (isrc := parse_isrc(one))), None)


def _path(value: Any) -> str | None:
    is_path = isinstance(value, str) and 0 < len(value) <= _LONGEST_PATH and value.isprintable()
    return value if is_path else None


def _within_id(value: Any) -> str | None:
    is_id = isinstance(value, str) and 0 < len(value) <= 256 and value.isascii() and value.isprintable()
    return value if is_id else None


def _uuid(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and _UUID.fullmatch(value) else None
