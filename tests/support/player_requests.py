"""How players call an OpenSubsonic server, and what they need in its answers: read in their sources, in November 2026.

Each player is a table: what it sends with every request, the requests it makes when it signs in, reads the library and
plays, and the fields without which it stops, or drops what has them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

SALTED, HEX, PLAIN = "salted", "hex", "plain"
"""How a player sends the password: `t` and `s`, `p=enc:…`, or `p`."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request.

    Attributes:
        sends: parameters; `{artist}`, `{album}`, `{song}`, `{loose}` and `{playlist}` stand for ids.
        shows: a list in the answer that the player would show empty: the names on the way to it.
        code: of the error that the player is told, and goes on.
    """

    method: str
    sends: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    shows: str = ""
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Player:
    """A player.

    Attributes:
        form: `json`, `xml`, `jsonp`, or `` for none, which means XML.
        needs: the fields of each object, by the object's name, each with its kind: text, whole, flag, time or millis
            (a time with milliseconds and a zone).
        posts: whether it sends forms.
    """

    name: str
    version: str
    client: str
    form: str
    calls: tuple[Call, ...]
    needs: Mapping[str, str]
    signs: str = SALTED
    view: bool = True
    posts: bool = False


_ALBUMS, _FOUND, _FOUND2 = "albumList2.album", "searchResult3.song", "searchResult2.song"
_PAGE = {"size": "500", "offset": "0"}

AMPERFY = Player(
    "Amperfy", "1.13.0", "Amperfy", "",
    (
        Call("ping"),
        Call("getOpenSubsonicExtensions", shows="openSubsonicExtensions"),
        Call("getGenres", shows="genres.genre"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getAlbumList2", {"type": "alphabeticalByName", **_PAGE}, _ALBUMS),
        Call("getAlbumList2", {"type": "newest", **_PAGE}, _ALBUMS),
        Call("getAlbumList2", {"type": "recent", **_PAGE}),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getPlaylist", {"id": "{playlist}"}, "playlist.entry"),
        Call("getPodcasts", {"includeEpisodes": "false"}),
        Call("getNewestPodcasts", {"count": "20"}),
        Call("getInternetRadioStations"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getIndexes", {"musicFolderId": "1"}, "indexes.index.artist"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getLyricsBySongId", {"id": "{song}"}),
        Call("star", {"id": "{song}"}),
        Call("getStarred2", shows="starred2.song"),
        Call("setRating", {"id": "{song}", "rating": "5"}),
        Call("scrobble", {"id": "{song}", "submission": "false"}),
        Call("scrobble", {"id": "{song}", "date": "1764500000", "submission": "true"}),
        Call("search3", {"query": "own", "artistCount": "0", "albumCount": "0", "songCount": "40"}, _FOUND),
    ),
    {
        "song": "id:text isDir:flag title:text duration:whole size:whole albumId:text album:text",
        "entry": "id:text title:text duration:whole size:whole", "album": "id:text name:text created:millis",
        "artist": "id:text name:text", "playlist": "id:text name:text", "musicFolder": "id:text name:text",
    },
)  # fmt: skip

DSUB = Player(
    "DSub", "1.2.0", "DSub", "",
    (
        Call("ping"),
        Call("getLicense"),
        Call("getUser", {"username": "spotrec"}),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getIndexes", {"musicFolderId": "1", "ifModifiedSince": "0"}, "indexes.index.artist"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getMusicDirectory", {"id": "{album}"}, "directory.child"),
        Call("getAlbumList", {"type": "random", "size": "20", "offset": "0"}, "albumList.album"),
        Call("getAlbumList2", {"type": "starred", "size": "20", "offset": "0"}),
        Call("getAlbumList2", {"type": "highest", "size": "20", "offset": "0"}),
        Call("getAlbumList2", {"type": "frequent", "size": "20", "offset": "0"}),
        Call("search2", {"query": "own", "artistCount": "20", "albumCount": "20", "songCount": "25"}, _FOUND2),
        Call("getPlaylists", {"username": "spotrec"}, "playlists.playlist"),
        Call("getPlaylist", {"id": "{playlist}", "name": "Mixtape"}, "playlist.entry"),
        Call("getBookmarks"),
        Call("getShares"),
        Call("getPodcasts", {"includeEpisodes": "false"}),
        Call("getPlayQueue"),
        Call("savePlayQueue", {"id": ("{song}", "{loose}"), "current": "{song}", "position": "1000"}, code=0),
        Call("getAvatar", {"username": "spotrec"}, code=70),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
        Call("star", {"id": ("{song}",), "albumId": ("{album}",)}),
        Call("getStarred2", shows="starred2.album"),
        Call("getSimilarSongs2", {"id": "{artist}", "count": "20"}, "similarSongs2.song"),
        Call("getArtistInfo2", {"id": "{artist}", "includeNotPresent": "true"}),
    ),
    {
        "child": "id:text title:text isDir:flag",
        "song": "id:text title:text isDir:flag path:text suffix:text size:whole",
        "user": "username:text streamRole:flag", "indexes": "lastModified:whole ignoredArticles:text",
        "artist": "id:text name:text", "playlist": "id:text name:text songCount:whole",
    },
    signs=HEX, posts=True,
)  # fmt: skip

ULTRASONIC = Player(
    "Ultrasonic", "1.7.0", "Ultrasonic", "json",
    (
        Call("ping"),
        Call("getLicense"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getIndexes", {"musicFolderId": "1"}, "indexes.index.artist"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getArtist", {"id": "{artist}"}, "artist.album"),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getMusicDirectory", {"id": "{album}"}, "directory.child"),
        Call("getAlbumList2", {"type": "newest", "size": "20", "offset": "0"}, _ALBUMS),
        Call("getRandomSongs", {"size": "50"}, "randomSongs.song"),
        Call("getVideos", code=0),
        Call("getChatMessages", code=0),
        Call("jukeboxControl", {"action": "get"}, code=0),
        Call("getStarred2"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
    ),
    {
        "song": "id:text parent:text isDir:flag title:text size:whole duration:whole path:text",
        "album": "id:text name:text songCount:whole duration:whole created:time artist:text",
        "child": "id:text isDir:flag title:text",
    },
    view=False,
)  # fmt: skip

STRAWBERRY = Player(
    "Strawberry", "1.11.0", "Strawberry", "json",
    (
        Call("ping"),
        Call("getAlbumList2", {"type": "alphabeticalByName", "size": "500"}, _ALBUMS),
        Call("getAlbumList2", {"type": "alphabeticalByName", "size": "500", "offset": "500"}),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getAlbum", {"id": "{no album}"}, "album.song"),
        Call("scrobble", {"id": "{song}", "submission": "true", "time": "1764500000000"}),
    ),
    {
        "song": "id:text title:text size:whole suffix:text duration:whole type:text",
        "album": "id:text artist:text name:text created:time",
    },
    view=False,
)  # fmt: skip

SUPERSONIC = Player(
    "Supersonic", "1.8.0", "supersonic", "xml",
    (
        Call("ping"),
        Call("getOpenSubsonicExtensions", shows="openSubsonicExtensions"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getAlbumList2", {"type": "newest", "size": "20", "offset": "0"}, _ALBUMS),
        Call("getAlbumList2", {"type": "starred", "size": "20", "offset": "0"}),
        Call("getArtists", shows="artists.index.artist"),
        Call("getArtist", {"id": "{artist}"}, "artist.album"),
        Call("getArtistInfo2", {"id": "{artist}"}),
        Call("getTopSongs", {"artist": "Owner", "count": "20"}),
        Call("getSimilarSongs2", {"id": "{artist}", "count": "20"}, "similarSongs2.song"),
        Call("getGenres", shows="genres.genre"),
        Call("search3", {"query": "", "songCount": "20", "songOffset": "0"}, "searchResult3.song"),
        Call("getStarred2"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("scrobble", {"id": "{song}", "submission": "false"}),
    ),
    {
        "song": "id:text isDir:flag title:text size:whole duration:whole isVideo:flag",
        "album": "id:text name:text songCount:whole duration:whole created:time",
        "artist": "id:text name:text albumCount:whole", "genre": "songCount:whole albumCount:whole",
        "playlist": "id:text name:text songCount:whole duration:whole created:time changed:time public:flag",
    },
    view=False,
)  # fmt: skip

TERMSONIC = Player(
    "termsonic", "1.8.0", "termsonic", "xml",
    (
        Call("ping"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getMusicDirectory", {"id": "{album}"}, "directory.child"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getPlaylist", {"id": "{playlist}"}, "playlist.entry"),
    ),
    {"child": "id:text isDir:flag title:text", "directory": "id:text name:text", "artist": "id:text name:text"},
    view=False,
)  # fmt: skip

SUBMARINER = Player(
    "Submariner", "1.16.1", "submariner", "",
    (
        Call("ping"),
        Call("getLicense"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getArtist", {"id": "{artist}"}, "artist.album"),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getNowPlaying"),
        Call("getScanStatus"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getPodcasts"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
        Call("startScan", code=0),
    ),
    {
        "album": "id:text name:text artistId:text coverArt:text", "song": "id:text title:text",
        "child": "id:text isDir:flag",
    },
)  # fmt: skip

SUBLIME = Player(
    "Sublime Music", "1.8.0", "Sublime Music", "json",
    (
        Call("ping"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getPlaylist", {"id": "{playlist}"}, "playlist.entry"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getAlbumList2", {"type": "recent", **_PAGE}),
        Call("getAlbumList2", {"type": "byYear", "fromYear": "1990", "toYear": "2010", **_PAGE}, _ALBUMS),
        Call("getGenres", shows="genres.genre"),
        Call("getPlayQueue"),
        Call("savePlayQueue", {"id": ("{song}",), "current": "{song}", "position": "0"}, code=0),
        Call("scrobble", {"id": "{song}"}),
    ),
    {
        "album": "id:text name:text created:time duration:whole", "genre": "value:text", "entry": "id:text title:text",
        "playlist": "id:text name:text created:time changed:time duration:whole",
    },
)  # fmt: skip

SUBIDY = Player(
    "mopidy-subidy", "1.14.0", "Mopidy", "json",
    (
        Call("ping"),
        Call("getIndexes", shows="indexes.index.artist"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getArtist", {"id": "{artist}"}, "artist.album"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getAlbumList2", {"type": "alphabeticalByName", **_PAGE}, _ALBUMS),
        Call("search2", {"query": "own", "artistCount": "100", "albumCount": "100", "songCount": "100"}, _FOUND2),
        Call("createPlaylist", {"name": "New"}, code=0),
    ),
    {"child": "id:text isDir:flag title:text", "artist": "id:text name:text", "album": "id:text name:text"},
    signs=HEX, posts=True,
)  # fmt: skip

FEISHIN = Player(
    "Feishin", "1.13.0", "Feishin", "json",
    (
        Call("getUser", {"username": "spotrec"}),
        Call("ping"),
        Call("getOpenSubsonicExtensions", shows="openSubsonicExtensions"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getAlbumList2", {"type": "random", "size": "20", "offset": "0"}, _ALBUMS),
        Call("getAlbumList2", {"type": "byYear", "fromYear": "0", "toYear": "2026", **_PAGE}, _ALBUMS),
        Call("search3", {"query": "", "songCount": "500", "songOffset": "0", "albumCount": "0", "artistCount": "0"},
             "searchResult3.song"),
        Call("getArtistInfo2", {"id": "{artist}"}),
        Call("getStarred"),
        Call("getScanStatus"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
    ),
    {
        "user": "username:text adminRole:flag playlistRole:flag scrobblingEnabled:flag shareRole:flag uploadRole:flag",
        "song": "id:text title:text contentType:text size:whole isDir:flag isVideo:flag path:text suffix:text "
        "type:text parent:text",
        "album": "id:text name:text artist:text created:time duration:whole songCount:whole coverArt:text",
        "scanStatus": "scanning:flag count:whole", "musicFolder": "name:text",
    },
)  # fmt: skip

SONIXD = Player(
    "Sonixd", "1.15.0", "sonixd", "json",
    (
        Call("ping"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getAlbumList2", {"type": "alphabeticalByName", **_PAGE}, _ALBUMS),
        Call("getAlbumList2", {"type": "recent", "size": "20", "offset": "0"}),
        Call("getArtists", shows="artists.index.artist"),
        Call("getStarred2"),
        Call("star", {"albumId": "{album}"}),
        Call("unstar", {"albumId": "{album}"}),
        Call("getSimilarSongs2", {"id": "{song}", "count": "50"}, "similarSongs2.song"),
        Call("getGenres", shows="genres.genre"),
        Call("getScanStatus"),
        Call("startScan", code=0),
    ),
    {"song": "id:text title:text", "album": "id:text name:text", "playlist": "id:text name:text songCount:whole"},
    view=False,
)  # fmt: skip

REFIX = Player(
    "Airsonic-refix", "1.15.0", "https://music.example", "json",
    (
        Call("getGenres", shows="genres.genre"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getAlbumList2", {"type": "recent", "offset": "0", "size": "18"}),
        Call("getAlbumList2", {"type": "frequent", "offset": "0", "size": "18"}),
        Call("getArtistInfo2", {"id": "{artist}"}),
        Call("getTopSongs", {"artist": "Owner"}),
        Call("getRandomSongs", {"size": "200"}, "randomSongs.song"),
        Call("search3", {"query": "own"}, "searchResult3.song"),
        Call("getInternetRadioStations"),
        Call("getPodcasts"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
        Call("updatePlaylist", {"playlistId": "{playlist}", "songIdToAdd": ("{song}",)}, code=0),
    ),
    {
        "song": "id:text title:text duration:whole", "album": "id:text name:text artist:text",
        "artist": "id:text name:text albumCount:whole", "genre": "value:text songCount:whole albumCount:whole",
    },
    view=False,
)  # fmt: skip

JAMSTASH = Player(
    "Jamstash", "1.6.0", "Jamstash", "jsonp",
    (
        Call("ping"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getIndexes", {"musicFolderId": "1"}, "indexes.index.artist"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getMusicDirectory", {"id": "{album}"}, "directory.child"),
        Call("getAlbumList", {"type": "newest", "size": "15", "offset": "0"}, "albumList.album"),
        Call("getRandomSongs", {"size": "50"}, "randomSongs.song"),
        Call("getStarred"),
        Call("search2", {"query": "own"}, "searchResult2.song"),
        Call("getPodcasts", {"includeEpisodes": "false"}),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
        Call("jukeboxControl", {"action": "set", "id": "{song}"}, code=0),
    ),
    {"child": "id:text isDir:flag", "album": "id:text isDir:flag title:text"},
    signs=HEX,
)  # fmt: skip

STMPS = Player(
    "stmps", "1.8.0", "stmps", "json",
    (
        Call("ping"),
        Call("getIndexes", shows="indexes.index.artist"),
        Call("getArtist", {"id": "{artist}"}, "artist.album"),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getMusicDirectory", {"id": "{artist}"}, "directory.child"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getRandomSongs", {"size": "50"}, "randomSongs.song"),
        Call("getSimilarSongs", {"id": "{song}", "count": "50"}, "similarSongs.song"),
        Call("getStarred"),
        Call("getPlayQueue"),
        Call("savePlayQueue", {"id": ("{song}",), "current": "{song}", "position": "3"}, code=0),
        Call("scrobble", {"id": "{song}", "submission": "false"}),
        Call("startScan", code=0),
    ),
    {"song": "id:text title:text isDir:flag duration:whole path:text", "artist": "id:text name:text"},
    view=False,
)  # fmt: skip

TEMPO = Player(
    "Tempo", "1.15.0", "Tempo", "json",
    (
        Call("ping"),
        Call("getOpenSubsonicExtensions", shows="openSubsonicExtensions"),
        Call("getRandomSongs", {"size": "100"}, "randomSongs.song"),
        Call("getAlbumList2", {"type": "newest", "size": "20", "offset": "0"}, _ALBUMS),
        Call("getAlbumList2", {"type": "starred", "size": "20", "offset": "0"}),
        Call("getStarred2"),
        Call("getGenres", shows="genres.genre"),
        Call("getSimilarSongs2", {"id": "{artist}", "count": "50"}, "similarSongs2.song"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getBookmarks"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
        Call("createShare", {"id": "{song}"}, code=0),
    ),
    {
        "song": "id:text isDir:flag title:text size:whole duration:whole isVideo:flag",
        "album": "id:text name:text created:time songCount:whole", "playlist": "id:text name:text created:time",
    },
    view=False,
)  # fmt: skip

SUBSTREAMER = Player(
    "Substreamer", "1.15.0", "substreamer8", "json",
    (
        Call("ping"),
        Call("getAlbumList2", {"type": "recent", "size": "20"}),
        Call("getAlbumList2", {"type": "frequent", "size": "20"}),
        Call("search3", {"query": "", "albumCount": "500", "albumOffset": "0", "songCount": "0", "artistCount": "0"},
             "searchResult3.album"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getAlbumInfo2", {"id": "{album}"}),
        Call("getLyricsBySongId", {"id": "{song}"}),
        Call("getScanStatus"),
        Call("scrobble", {"id": "{song}", "submission": "true", "time": "1764500000000"}),
    ),
    {"album": "id:text name:text", "artist": "id:text name:text"},
)  # fmt: skip

SYMFONIUM = Player(
    "Symfonium", "1.13.0", "Symfonium", "json",
    (
        Call("ping"),
        Call("getMusicFolders", shows="musicFolders.musicFolder"),
        Call("getGenres", shows="genres.genre"),
        Call("getArtists", {"musicFolderId": "1"}, "artists.index.artist"),
        Call("search3", {"query": "", "songCount": "500", "songOffset": "0", "albumCount": "0", "artistCount": "0",
                         "musicFolderId": "1"}, "searchResult3.song"),
        Call("search3", {"query": '""', "albumCount": "500", "albumOffset": "0", "songCount": "0", "artistCount": "0"}),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getBookmarks"),
        Call("getInternetRadioStations"),
        Call("getStarred2"),
        Call("scrobble", {"id": "{song}", "submission": "true", "time": "1764500000000"}),
    ),
    {
        "genre": "value:text songCount:whole albumCount:whole", "song": "id:text title:text isDir:flag duration:whole",
        "album": "id:text name:text songCount:whole duration:whole created:time", "artist": "id:text name:text",
        "playlist": "id:text name:text songCount:whole duration:whole created:time changed:time",
    },
)  # fmt: skip

NAVIC = Player(
    "Navic", "1.16.1", "Navic", "json",
    (
        Call("ping"),
        Call("getAlbumList2", {"type": "alphabeticalByName", **_PAGE}, _ALBUMS),
        Call("getAlbum", {"id": "{album}"}, "album.song"),
        Call("getArtists", shows="artists.index.artist"),
        Call("getPlaylists", shows="playlists.playlist"),
        Call("getPlaylist", {"id": "{playlist}"}, "playlist.entry"),
        Call("search3", {"query": "", "artistCount": "0", "albumCount": "0", "songCount": "500"}, _FOUND),
        Call("getStarred2"),
        Call("getGenres", shows="genres.genre"),
        Call("getSonicSimilarTracks", {"id": "{song}", "count": "10"}, "sonicMatch.entry"),
        Call("scrobble", {"id": "{song}", "submission": "true"}),
    ),
    {
        "song": "id:text title:text artist:text artistId:text duration:whole size:whole suffix:text contentType:text",
        "entry": "id:text title:text artist:text artistId:text duration:whole size:whole suffix:text contentType:text",
        "album": "id:text name:text artist:text artistId:text coverArt:text songCount:whole duration:whole "
        "created:time",
        "artist": "id:text name:text", "genre": "value:text",
        "playlist": "id:text name:text owner:text public:flag readonly:flag created:time changed:time duration:whole",
    },
)  # fmt: skip
"""It decodes with subsonic-kotlin, where one song without a field is no library."""

PLAYERS = (
    AMPERFY, DSUB, ULTRASONIC, STRAWBERRY, SUPERSONIC, TERMSONIC, SUBMARINER, SUBLIME, SUBIDY, FEISHIN, SONIXD, REFIX,
    JAMSTASH, STMPS, TEMPO, SUBSTREAMER, SYMFONIUM, NAVIC,
)  # fmt: skip
