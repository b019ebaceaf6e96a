"""The catalogue as players browse it: artists, their albums, the tracks on them, and genres. Held in memory."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from spotrec.names.titles import normalised
from spotrec.serve.freshness import Followed
from spotrec.store import Entry
from spotrec.system.digests import sha256
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_ID_DIGITS = 20


@dataclass(slots=True)
class Album:
    """The tracks with one name of an album by one artist: the first of each track. `text`: its name to search in.

    Without a name, it has the artist's tracks that are on no album: players reach songs through albums only.
    """

    id: str
    name: str
    artist: str = ""
    year: int | None = None
    genre: str | None = None
    added_at: str = ""
    seconds: int = 0
    track_ids: list[TrackId] = field(default_factory=list)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = " " + normalised(self.name)


@dataclass(slots=True)
class Artist:
    """An artist, the albums with tracks by them, and these tracks. `text`: the name to search in.

    Without a name, it has the tracks without an artist.
    """

    id: str
    name: str
    albums: dict[str, Album] = field(default_factory=dict)
    track_ids: list[TrackId] = field(default_factory=list)
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = " " + normalised(self.name)


@dataclass(frozen=True)
class Contents:
    """A catalogue at one moment.

    Attributes:
        artists, albums: by id, in order of name; those without a name come last.
        seconds: the length of each track, 0 if it is not known, in the order in which they were first crawled.
        genres: the tracks of each genre.
    """

    artists: dict[str, Artist]
    albums: dict[str, Album]
    seconds: dict[TrackId, int]
    genres: dict[str, list[TrackId]]

    @cached_property
    def track_ids(self) -> list[TrackId]:
        return list(self.seconds)

    @cached_property
    def album_of(self) -> dict[TrackId, Album]:
        """The album that each track is on."""
        return {id_: album for album in self.albums.values() for id_ in album.track_ids}

    def artist_called(self, name: str) -> Artist | None:
        """Return the artist with this name; case, accents and punctuation do not matter."""
        return self.artists.get(artist_id(name))


class Library:
    """The contents of a recommender's store. It follows the store within seconds."""

    def __init__(self, recommender: "Recommender") -> None:
        self._recommender = recommender
        self._contents = Followed(recommender.settings.store_path, self._read)

    def contents(self) -> Contents:
        """Return the artists and albums."""
        return self._contents.get()

    def _read(self) -> Contents:
        return contents_of(self._recommender.session.store().listing.entries())


_Named = TypeVar("_Named", Artist, Album)


def contents_of(entries: Iterable[Entry]) -> Contents:
    """Return the artists, albums and genres of tracks."""
    artists: dict[str, Artist] = {}
    albums: dict[str, Album] = {}
    seconds: dict[TrackId, int] = {}
    genres: defaultdict[str, list[TrackId]] = defaultdict(list)
    for entry in entries:
        seconds[entry.id] = round((entry.duration_ms or 0) / 1000)
        if entry.genre:
            genres[entry.genre].append(entry.id)
        album = _album_with(albums, entry, seconds[entry.id])
        for name in dict.fromkeys(entry.artists or ("",)):
            id_ = artist_id(name)
            artist = artists.get(id_) or artists.setdefault(id_, Artist(id_, name))
            artist.track_ids.append(entry.id)
            artist.albums[album.id] = album
    return Contents(_by_name(artists), _by_name(albums), seconds, dict(sorted(genres.items())))


def _album_with(albums: dict[str, Album], entry: Entry, seconds: int) -> Album:
    id_ = album_id(entry.album, entry.artists)
    album = albums.get(id_) or albums.setdefault(id_, Album(id_, entry.album or "", next(iter(entry.artists), "")))
    album.track_ids.append(entry.id)
    album.seconds += seconds
    album.year = album.year or year_of(entry.release_date)
    album.genre = album.genre or entry.genre
    album.added_at = max(album.added_at, entry.added_at)
    return album


def _by_name(found: dict[str, _Named]) -> dict[str, _Named]:
    return dict(sorted(found.items(), key=lambda item: (not item[1].name, item[1].text, item[1].name, item[0])))


def artist_id(name: str) -> str:
    """Return an artist's id: a digest of the name, in which case, accents and punctuation do not count."""
    return "ar-" + _digest(normalised(name) or name)


def album_id(name: str | None, artists: Sequence[str]) -> str:
    """Return an album's id: a digest of its name and its artist, the first of a track's."""
    name, artist = name or "", next(iter(artists), "")
    return "al-" + _digest(f"{normalised(name) or name}\n{normalised(artist) or artist}")


def year_of(release_date: str | None) -> int | None:
    """Return the year of a date that begins with it."""
    year = (release_date or "")[:4]
    return int(year) if len(year) == 4 and year.isascii() and year.isdigit() else None


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace"))[:_ID_DIGITS]
