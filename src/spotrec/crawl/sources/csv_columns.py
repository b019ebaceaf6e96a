"""The meaning of a table's columns: from the header, or from the cells if the header is in another language."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spotrec.audio.tags import parse_isrc
from spotrec.system.csv_cells import is_of_spotrec

DELIMITERS = (",", ";", "\t", "|")
_SAMPLE = 20
_LOWEST_HEADER = 10
_NARROWEST_EXPORT = 4
_LISTEN = 4
_LISTENED_AT = re.compile(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4},? [0-9]{1,2}:[0-9]{2}")

# what export tools and people call them, best first; letters and digits only, in lower case
_NAMES: dict[str, tuple[str, ...]] = {
    "link": (
        *("trackuri", "spotifyuri", "spotifytrackuri", "uri", "trackurl", "spotifyurl", "spotifytrackurl", "songurl"),
        *("spotifylink", "deezerurl", "deezerlink", "tracklink", "songlink", "url", "link", "spotifyid"),
        *("spotifytrackid", "trackid", "id"),
    ),
    "title": (
        *("trackname", "tracktitle", "songname", "songtitle", "contentname", "title", "track", "song", "name"),
        *("titel", "titelname", "songtitel", "liedtitel", "lied", "spurname", "stück"),
        *("titre", "nomdutitre", "titredumorceau", "nomdumorceau", "morceau", "chanson"),
        *("título", "titulo", "títulodelacanción", "nombredelacanción", "canción", "cancion", "nombredelapista"),
        *("títulodamúsica", "nomedamúsica", "nomedafaixa", "música", "musica", "faixa", "pista"),
        *("titolo", "titolodelbrano", "nomedelbrano", "nomebrano", "brano", "canzone", "nometraccia", "traccia"),
        *("låttitel", "låtnamn", "låt", "spårnamn", "tittel", "sangtittel", "sang", "kappale", "tracknaam", "nummer"),
        *("tytuł", "tytułutworu", "nazwautworu", "utwór", "şarkıadı", "şarkı", "parçaadı", "parça"),
        *("название", "названиетрека", "названиепесни", "трек", "песня", "композиция"),
        *(
            "曲名",
            "楽曲名",
            "タイトル",
            "トラック名",
            "曲",
            "歌名",
            "歌曲名",
            "歌曲名称",
            "歌曲",
            "标题",
            "標題",
            "曲目",
        ),
        *("제목", "곡명", "노래제목", "트랙이름", "노래", "곡"),
        "trackdescription",  # Apple's play history: “Artist - Title”
    ),
    "artists": (
        *("artistnames", "artistname", "trackartists", "trackartist", "artists", "artist", "performers", "performer"),
        *("künstlernamen", "künstlername", "künstler", "interpreten", "interpret"),
        *("nomdelartiste", "nomsdesartistes", "artistes", "artiste", "interprètes", "interprète"),
        *("nombredelartista", "nombresdelosartistas", "nomedoartista", "nomeartista", "nomedellartista"),
        *("artistas", "artista", "artisti", "intérpretes", "intérprete", "interprete"),
        *("artistnamn", "artistnavn", "kunstner", "esittäjä", "artiestnaam", "artiesten", "artiest"),
        *("wykonawcy", "wykonawca", "artyści", "artysta", "sanatçıadı", "sanatçılar", "sanatçı"),
        *("исполнители", "исполнитель", "имяисполнителя", "артист"),
        *(
            "アーティスト名",
            "アーティスト",
            "歌手",
            "歌手名",
            "艺人",
            "藝人",
            "艺术家",
            "表演者",
            "아티스트이름",
            "아티스트",
            "가수",
        ),
        *("albumartist", "albumartists", "albumartistnames"),
    ),
    "album": (
        *("albumname", "albumtitle", "album", "albumtitel", "albumnamn", "albumnaam", "nomdelalbum", "titredelalbum"),
        *("álbum", "nombredelálbum", "títulodelálbum", "nomedoálbum", "nomealbum", "nomedellalbum", "titolodellalbum"),
        *(
            "albüm",
            "albümadı",
            "альбом",
            "названиеальбома",
            "アルバム名",
            "アルバム",
            "专辑名",
            "专辑",
            "專輯",
            "앨범명",
            "앨범",
        ),
    ),
    "isrc": ("isrc", "isrccode", "isrcs", "isrcnumber"),
    "duration_ms": (
        *("trackdurationms", "durationms", "lengthms", "dauerms", "trackdauerms", "duréems", "duraciónms"),
        *("duraçãoms", "duratams"),
    ),
    "duration": (
        *("duration", "trackduration", "durations", "length", "tracklength", "time", "totaltime"),
        *("dauer", "länge", "laufzeit", "spieldauer", "durée", "duración", "duração", "durata", "längd", "speelduur"),
        *(
            "czastrwania",
            "czas",
            "süre",
            "длительность",
            "продолжительность",
            "時間",
            "再生時間",
            "时长",
            "時長",
            "재생시간",
        ),
    ),
    "release_date": (
        *("releasedate", "albumreleasedate", "releaseyear", "year", "erscheinungsdatum", "veröffentlichungsdatum"),
        *("jahr", "datedesortie", "année", "fechadelanzamiento", "año", "datadelançamento", "ano", "datadiuscita"),
        *("anno", "jaar", "rok", "год", "リリース日", "发行日期"),
    ),
    "preview_url": ("trackpreviewurl", "previewurl"),
    "genre": (
        "genres",
        "genre",
        "trackgenre",
        "artistgenres",
        "género",
        "gênero",
        "genere",
        "gatunek",
        "жанр",
        "ジャンル",
    ),
    "mood": ("mood", "moods"),
    "bpm": ("bpm", "tempo"),
    "bpm_source": ("bpmsource",),
    "key": ("key", "musicalkey", "initialkey", "camelot", "tonart", "tonalité", "tonalidad"),
    "key_source": ("musicalkeysource",),
    "mode": ("mode",),
    # Mp3tag writes the folder in `Path`, and the file's name in `Filename`
    "path": ("path", "filepath", "fullpath", "location", "dateipfad", "pfad", "file", "datei"),
    "file_name": ("filename", "dateiname"),
    "type": ("type",),
}
_FIELDS = {name: field for field, names in reversed(_NAMES.items()) for name in names}
"""The field of each name of a column."""
_ONE_OF_SEVERAL_ARTISTS = re.compile(r"(?:track)?artist(?:name)?[1-9][0-9]?")
# columns that join several names with a comma; in all others a comma is part of a name: "Earth, Wind & Fire"
_PLURALS = frozenset(
    {
        "artistnames",
        "albumartists",
        "albumartistnames",
        "trackartists",
        "artists",
        "performers",
        "künstlernamen",
        "interpreten",
        "nomsdesartistes",
    }
    | {"artistes", "interprètes", "nombresdelosartistas", "artistas", "artisti", "intérpretes", "artiesten"}
    | {"wykonawcy", "artyści", "sanatçılar", "исполнители"}
)


@dataclass(frozen=True, slots=True)
class Columns:
    """The position of each field in a row, None if unknown.

    `n_header_rows` counts the rows before the first track: 0 for a table without a header, 2 with a line above it.
    `other_artists` are columns with one more artist each. `joins_artists`: a comma separates artists.
    `is_own`: spotrec wrote the table, with its cells made safe. `bpm_source` and `key_source` say what was only heard.
    `path` is a file's path or its folder, `file_name` its path or only its name.
    `type` says whether a row is a track, in the exports of TuneMyMusic.
    `plays` counts the plays of a row's track: the table is a play history, where a track has several rows.
    """

    link: int | None = None
    title: int | None = None
    artists: int | None = None
    album: int | None = None
    isrc: int | None = None
    duration_ms: int | None = None
    duration: int | None = None
    release_date: int | None = None
    preview_url: int | None = None
    genre: int | None = None
    mood: int | None = None
    bpm: int | None = None
    bpm_source: int | None = None
    key: int | None = None
    key_source: int | None = None
    mode: int | None = None
    path: int | None = None
    file_name: int | None = None
    type: int | None = None
    n_header_rows: int = 1
    other_artists: tuple[int, ...] = ()
    joins_artists: bool = False
    plays: int | None = None
    is_own: bool = False

    @property
    def name_tracks(self) -> bool:
        """Whether rows read this way can be tracks."""
        return any(column is not None for column in (self.link, self.title, self.isrc, self.path, self.file_name))


def columns_of(rows: Sequence[Sequence[str]]) -> Columns:
    """Find the meaning of the columns from a table's first rows. A table of one column needs a known header.

    Lines above the header, such as a title, are not part of the table.
    """
    rows = rows[: _SAMPLE + 1]
    named = [_by_name(row, i + 1) for i, row in enumerate(rows[:_LOWEST_HEADER])]
    best = max(range(len(named)), key=lambda i: (_n_fields(named[i]) if len(rows[i]) > 1 else 0, -i), default=0)
    if named and _n_fields(named[best]) > 1 and named[best].name_tracks:
        return _by_content(named[best], rows[best + 1 :])
    if any(_is_spotify_track(text) for row in rows[:1] for text in row):
        return _by_content(Columns(n_header_rows=0, joins_artists=True), rows)
    if rows and all(len(row) == _LISTEN and _LISTENED_AT.fullmatch(row[-1].strip()) for row in rows):
        return Columns(artists=0, album=1, title=2, n_header_rows=0)  # listens of Last.fm
    return _by_content(named[0] if named else Columns(), rows[1:])


def field_of(name: str) -> tuple[str, str]:
    """Return the field that a column of this name has, "" if it has none that is known, and the bare name."""
    bare = _bare(name)
    return next((field for field, names in _NAMES.items() if bare in names), ""), bare


def is_header(row: Sequence[str], first: Sequence[str]) -> bool:
    """Whether a row below the first header is another one, not a track: there is a song “Song” by “Artist”.

    It names title and artist, or links, and little that is unknown. Two columns only count if they are called as in the
    first header, or in two words, as “Track Name”.
    """
    bare = [name.casefold().replace(" ", "").replace("_", "") for name in row]
    if sum(name in _FIELDS for name in bare) < 2:
        return False
    names = [name.strip() for name in row if name.strip()]
    known = [name for name in names if _bare(name) in _FIELDS]
    fields = {_FIELDS[_bare(name)] for name in known}
    if len(fields) > 2:
        return 2 * len(known) >= len(names) and bool({"title", "link"} & fields)
    is_plain = {_bare(name) for name in names} <= {_bare(name) for name in first} or all(" " in name for name in names)
    return fields == {"title", "artists"} and is_plain


def cell(row: Sequence[str], column: int | None) -> str:
    """Return a cell's text; empty if the row is too short, or the column is None."""
    return row[column].strip() if column is not None and column < len(row) else ""


def _by_name(header: Sequence[str], n_header_rows: int) -> Columns:
    bare = [_bare(name) for name in header]

    def called(field: str) -> int | None:
        return next((bare.index(name) for name in _NAMES[field] if name in bare), None)

    columns: dict[str, Any] = {field: called(field) for field in _NAMES}
    numbered = tuple(i for i, name in enumerate(bare) if _ONE_OF_SEVERAL_ARTISTS.fullmatch(name))
    if columns["artists"] is None and numbered:
        columns["artists"], numbered = numbered[0], numbered[1:]
    artists = columns["artists"]
    joins = artists is not None and bare[artists] in _PLURALS and "trackid" not in bare  # spotrec writes semicolons
    plays = bare.index("playcount") if {"trackdescription", "playcount"} <= set(bare) else None
    return Columns(
        **columns,
        n_header_rows=n_header_rows,
        other_artists=numbered,
        joins_artists=joins,
        plays=plays,
        is_own=is_of_spotrec(header),
    )


def _bare(name: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFC", name.casefold()))


def _n_fields(columns: Columns) -> int:
    return sum(getattr(columns, field) is not None for field in _NAMES)


def _by_content(columns: Columns, body: Sequence[Sequence[str]]) -> Columns:
    """Fill in columns from the cells. Exportify translates its headers, but keeps the order, the track's URI first."""
    width = max(map(len, body), default=0)
    link = columns.link
    if link is None and width > 1:
        link = _first(body, _is_spotify_track)
    if columns.isrc is None and link is not None:
        columns = replace(columns, isrc=_first(body, lambda text: parse_isrc(text) is not None))
    if columns.title is not None or link != 0 or width < _NARROWEST_EXPORT:
        return replace(columns, link=link)
    if (artist_links := _first(body, lambda text: text.startswith("spotify:artist:"))) is not None:
        artists, album = artist_links + 1, artist_links + 3  # … artist uris, artist names, album uri, album name
    else:
        artists, album = 3, 2  # uri, name, album name, artist names
    return replace(columns, link=link, title=1, artists=artists, album=album, joins_artists=True)


def _first(body: Sequence[Sequence[str]], fits: Callable[[str], bool]) -> int | None:
    return next((i for row in body for i, text in enumerate(row) if fits(text.strip())), None)


def _is_spotify_track(text: str) -> bool:
    return text.strip().startswith(("spotify:track:", "https://open.spotify.com/track/"))
