"""Methods that browse and search: artists, albums, songs, genres, playlists."""

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from spotrec.names.titles import normalised
from spotrec.operations.seeds import with_id
from spotrec.serve.library import Album, Artist, Contents, artist_id
from spotrec.serve.opensubsonic import shapes
from spotrec.serve.opensubsonic.failures import GENERIC, Failure, not_found
from spotrec.serve.opensubsonic.opinions import Opinions
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.service import Service
from spotrec.store import KnownCollection
from spotrec.track import CollectionKind, Track, TrackId

MOST_LISTED = 10_000
_MOST_ALBUMS = 500
_SPARE = 50
"""How many more random songs, or albums, are drawn, because some may be banned."""
_RANDOM = "random"
_LONGEST_SEARCH = 200
_EVERYTHING = ('""', "''", "*")
_FOLDER = {"id": 1, "name": "Music"}
_END_OF_TIME = "9999"
_PLAYLISTS = (CollectionKind.PLAYLIST, CollectionKind.LIKED, CollectionKind.SEARCH)


class Browsing:
    """Answers from the service's library."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._opinions = Opinions(service.recommender)

    @property
    def methods(self) -> dict[str, Callable[[Parameters], Shape]]:
        """The methods by name."""
        return {
            "getMusicFolders": lambda _: {"musicFolders": {"musicFolder": [_FOLDER]}},
            "getIndexes": self._indexes,
            "getMusicDirectory": self._directory,
            "getArtists": self._artists,
            "getArtist": self._artist,
            "getAlbum": self._album,
            "getSong": lambda given: {"song": self.songs([track_of(self._service, given.need("id"))])[0]},
            "getGenres": self._genres,
            "getAlbumList": lambda given: {"albumList": {"album": self._albums(given, shapes.album_folder)}},
            "getAlbumList2": lambda given: {"albumList2": {"album": self._albums(given, shapes.album)}},
            "getRandomSongs": self._random_songs,
            "getSongsByGenre": self._songs_by_genre,
            "search2": lambda given: {"searchResult2": self._found(given, shapes.album_folder)},
            "search3": lambda given: {"searchResult3": self._found(given, shapes.album)},
            "getPlaylists": self._playlists,
            "getPlaylist": self._playlist,
            "getScanStatus": lambda _: {"scanStatus": {"scanning": False, "count": len(self._contents.seconds)}},
        }

    def songs(self, tracks: Sequence[Track]) -> list[Shape]:
        """Return tracks as Children."""
        ids = [track.id for track in tracks]
        items = self._service.recommender.server_items(ids)
        sizes = self._sizes([track for track in tracks if track.path])
        said = self._opinions.of_tracks(ids)
        return [shapes.song(one, items.get(one.id, ()), sizes.get(one.id, 0)) | said.get(one.id, {}) for one in tracks]

    def artists(self, found: Iterable[Artist]) -> list[Shape]:
        """Return artists as ArtistID3s."""
        said = self._opinions.of()
        return [shapes.artist(one) | said(one) for one in found]

    def albums(self, found: Iterable[Album], shape: Callable[[Album], Shape] = shapes.album) -> list[Shape]:
        """Return albums in a shape."""
        said = self._opinions.of()
        return [shape(one) | said(one) for one in found]

    def starred_albums(self) -> list[Album]:
        """Return the albums with a star, the latest star first."""
        said = self._opinions.of()
        stars = [(star, one) for one in self._contents.albums.values() if (star := said(one).get("starred"))]
        return [one for _, one in sorted(stars, key=lambda found: found[0], reverse=True)]

    def _sizes(self, tracks: Sequence[Track]) -> dict[TrackId, int]:
        """Return the sizes of tracks' own files."""
        if not tracks:
            return {}
        places = self._service.recommender.session.store().files.places([track.id for track in tracks])
        return {
            track.id: state.n_bytes
            for track in tracks
            for state in places.get(track.id, ())
            if state.path == track.path
        }

    @property
    def _contents(self) -> Contents:
        return self._service.library.contents()

    def _songs_of(self, ids: Sequence[TrackId]) -> list[Shape]:
        tracks = self._service.recommender.session.store().tracks.get_many(ids)
        return self.songs([tracks[id_] for id_ in ids if id_ in tracks])

    def _artists(self, _: Parameters) -> Shape:
        groups: defaultdict[str, list[Shape]] = defaultdict(list)
        said = self._opinions.of()
        for one in self._contents.artists.values():
            groups[_initial(one.name)].append(shapes.artist(one) | said(one))
        index = [{"name": name, "artist": group} for name, group in sorted(groups.items())]
        return {"artists": {"ignoredArticles": "", "index": index}}

    def _indexes(self, given: Parameters) -> Shape:
        return {"indexes": {"lastModified": 0} | self._artists(given)["artists"]}

    def _artist(self, given: Parameters) -> Shape:
        found = self._contents.artists.get(given.need("id"))
        if found is None:
            raise not_found("artist")
        return {"artist": self.artists([found])[0] | {"album": self.albums(_by_year(found.albums))}}

    def _album(self, given: Parameters) -> Shape:
        found = self._contents.albums.get(given.need("id"))
        if found is None:
            raise not_found("album")
        return {"album": self.albums([found])[0] | {"song": self._songs_of(found.track_ids)}}

    def _directory(self, given: Parameters) -> Shape:
        id_, contents = given.need("id"), self._contents
        if album := contents.albums.get(id_):
            above, name = artist_id(album.artist), album.name or shapes.NO_ALBUM
            return {"directory": {"id": id_, "parent": above, "name": name, "child": self._songs_of(album.track_ids)}}
        artist = contents.artists.get(id_)
        if artist is None:
            raise not_found("folder")
        named = [one for one in _by_year(artist.albums) if one.name]
        albums = [one | {"parent": id_} for one in self.albums(named, shapes.album_folder)]
        on_none = set(artist.track_ids).difference(*(one.track_ids for one in named))
        loose = self._songs_of([one for one in artist.track_ids if one in on_none])
        return {"directory": {"id": id_, "name": artist.name or shapes.NO_ARTIST, "child": [*albums, *loose]}}

    def _genres(self, _: Parameters) -> Shape:
        contents = self._contents
        n_albums: defaultdict[str | None, int] = defaultdict(int)
        for album in contents.albums.values():
            n_albums[album.genre] += 1
        found = [
            {"value": name, "songCount": len(ids), "albumCount": n_albums[name]}
            for name, ids in contents.genres.items()
        ]
        return {"genres": {"genre": found}}

    def _albums(self, given: Parameters, shape: Callable[[Album], Shape]) -> list[Shape]:
        kind, offset = given.need("type"), given.whole("offset", 0, 0, 10**9)
        chosen: Iterable[Album]
        if kind in ("starred", "highest"):
            chosen = self.starred_albums()
        elif kind == "recent":
            chosen = self._heard_lately()
        else:
            chosen = _ordered(kind, list(self._contents.albums.values()), given)
        if kind == _RANDOM:
            chosen = self._not_banned(chosen)
        return self.albums(islice(chosen, offset, offset + given.whole("size", 10, 0, _MOST_ALBUMS)), shape)

    def _heard_lately(self) -> list[Album]:
        """Return the albums with tracks that were heard, the latest first."""
        heard = self._service.recommender.session.store().heard.between("", _END_OF_TIME)
        album_of = self._contents.album_of
        found = {album_of[id_].id: album_of[id_] for id_ in reversed(heard) if id_ in album_of}
        return list(found.values())

    def _not_banned(self, albums: Iterable[Album]) -> Iterator[Album]:
        """Yield the albums with a song that is not banned, as they are needed."""
        candidates, left = self._service.recommender.session.store().candidates, iter(albums)
        while some := list(islice(left, _SPARE)):
            allowed = candidates.not_banned(id_ for one in some for id_ in one.track_ids)
            yield from (one for one in some if not allowed.isdisjoint(one.track_ids))

    def _random_songs(self, given: Parameters) -> Shape:
        contents = self._contents
        genre = given.text("genre")
        ids = contents.genres.get(genre, []) if genre else contents.track_ids
        n = given.whole("size", 10, 0, _MOST_ALBUMS)
        drawn = random.sample(ids, min(2 * n + _SPARE, len(ids)))
        allowed = self._service.recommender.session.store().candidates.not_banned(drawn)
        return {"randomSongs": {"song": self._songs_of([id_ for id_ in drawn if id_ in allowed][:n])}}

    def _songs_by_genre(self, given: Parameters) -> Shape:
        offset, n = given.whole("offset", 0, 0, 10**9), given.whole("count", 10, 0, _MOST_ALBUMS)
        ids = self._contents.genres.get(given.need("genre"), [])
        return {"songsByGenre": {"song": self._songs_of(ids[offset : offset + n])}}

    def _found(self, given: Parameters, shape: Callable[[Album], Shape]) -> Shape:
        """Return what has all words of a search, each as the beginning of a word; an empty search finds everything."""
        if "query" not in given:
            given.need("query")
        query = given.text("query")[:_LONGEST_SEARCH].strip()
        words = [] if query in _EVERYTHING else normalised(query).split()
        contents = self._contents
        spans = {
            what: (given.whole(f"{what}Offset", 0, 0, 10**9), given.whole(f"{what}Count", 20, 0, MOST_LISTED))
            for what in ("artist", "album", "song")
        }
        is_everything = not words and (not query or query in _EVERYTHING)
        artists = (one for one in contents.artists.values() if is_everything or _has(words, one.text))
        albums = (one for one in contents.albums.values() if is_everything or _has(words, one.text))
        start, n = spans["song"]
        if is_everything:
            ids = contents.track_ids[start : start + n]
        else:
            ids = self._service.completion.find(query, start + n)[start:] if words and n else []
        return {
            "artist": self.artists(_part(artists, *spans["artist"])),
            "album": self.albums(_part(albums, *spans["album"]), shape),
            "song": self._songs_of(ids),
        }

    def _playlists(self, _: Parameters) -> Shape:
        found = [self._playlist_of(one) for one in self._service.recommender.collections() if _is_playlist(one)]
        return {"playlists": {"playlist": found}}

    def _playlist(self, given: Parameters) -> Shape:
        id_ = given.need("id")
        for one in self._service.recommender.collections():
            if _is_playlist(one) and shapes.playlist_id(one) == id_:
                return {"playlist": self._playlist_of(one) | {"entry": self._songs_of(self._listed(one))}}
        raise not_found("playlist")

    def _playlist_of(self, one: KnownCollection) -> Shape:
        seconds = self._contents.seconds
        return shapes.playlist(one, self._service.options.user, sum(seconds.get(id_, 0) for id_ in self._listed(one)))

    def _listed(self, one: KnownCollection) -> list[TrackId]:
        return self._service.recommender.session.store().collections.listed(one.id)


def track_of(service: Service, id_: str) -> Track:
    """Return the stored track with an id, another id of the recording, or an id that a music server has for it.

    Raises:
        Failure: there is none.
    """
    found = with_id(service.recommender.session.store(), id_)
    if found is None:
        raise not_found("song")
    return found


def _ordered(kind: str, albums: list[Album], given: Parameters) -> list[Album]:
    match kind:
        case "random":
            return random.sample(albums, len(albums))
        case "newest":
            return sorted(albums, key=lambda one: one.added_at, reverse=True)
        case "alphabeticalByName":
            return albums
        case "alphabeticalByArtist":
            return sorted(albums, key=lambda one: normalised(one.artist))
        case "byYear":
            first, last = given.whole("fromYear", 0, 0, 9999), given.whole("toYear", 9999, 0, 9999)
            low, high = sorted((first, last))
            found = [one for one in albums if one.year and low <= one.year <= high]
            return sorted(found, key=lambda one: one.year or 0, reverse=first > last)
        case "byGenre":
            genre = given.need("genre")
            return [one for one in albums if one.genre == genre]
        case "frequent":
            return []  # the server counts no plays
    raise Failure(GENERIC, "there is no such type of list")


def _by_year(albums: dict[str, Album]) -> list[Album]:
    return sorted(albums.values(), key=lambda one: (not one.name, one.year or 0, normalised(one.name)))


def _part(found: Iterable[Any], start: int, n: int) -> Iterable[Any]:
    return islice(found, start, start + n)


def _has(words: list[str], text: str) -> bool:
    return bool(words) and all(f" {word}" in text for word in words)


def _initial(name: str) -> str:
    first = (normalised(name) or name)[:1].upper()
    return first if first.isalpha() else "#"


def _is_playlist(one: KnownCollection) -> bool:
    return one.collection.kind in _PLAYLISTS
