"""Methods about the server and its user, and about what this server does not have."""

from typing import Any

from spotrec.serve.opensubsonic.failures import not_found
from spotrec.serve.opensubsonic.parameters import Parameters
from spotrec.serve.opensubsonic.shapes import Shape
from spotrec.serve.options import ServeOptions

EXTENSIONS = ("sonicSimilarity", "formPost", "apiKeyAuthentication")

_NOTHING: dict[str, Shape] = {
    "getNowPlaying": {"nowPlaying": {}},
    "getTopSongs": {"topSongs": {}},
    "getAlbumInfo": {"albumInfo": {}},
    "getAlbumInfo2": {"albumInfo": {}},
    "getLyrics": {"lyrics": {}},
    "getLyricsBySongId": {"lyricsList": {}},
    "getBookmarks": {"bookmarks": {}},
    "getShares": {"shares": {}},
    "getPodcasts": {"podcasts": {}},
    "getNewestPodcasts": {"newestPodcasts": {}},
    "getInternetRadioStations": {"internetRadioStations": {}},
    "getPlayQueue": {},
}
"""Lists that are empty here: the server keeps no plays, bookmarks or lyrics."""

_ROLES = {
    "adminRole": False,
    "settingsRole": False,
    "downloadRole": True,
    "uploadRole": False,
    "playlistRole": False,
    "coverArtRole": False,
    "commentRole": False,
    "podcastRole": False,
    "streamRole": True,
    "jukeboxRole": False,
    "shareRole": False,
    "videoConversionRole": False,
}


def extensions(_: Parameters) -> Shape:
    """Return what this server has of OpenSubsonic. It is answered without a sign-in."""
    return {"openSubsonicExtensions": [{"name": name, "versions": [1]} for name in EXTENSIONS]}


def methods(options: ServeOptions) -> dict[str, Any]:
    """Return the methods by name."""
    user = {
        "username": options.user,
        "scrobblingEnabled": options.keeps_what_is_heard,
        **_ROLES,
        "folder": [1],
    }
    known = {
        "ping": {},
        "getLicense": {"license": {"valid": True}},
        "tokenInfo": {"tokenInfo": {"username": options.user}},
        "getUser": {"user": user},
        "getUsers": {"users": {"user": [user]}},
    }
    answered = {name: (lambda _, answer=answer: answer) for name, answer in (known | _NOTHING).items()}
    return answered | {"getAvatar": _no_avatar}


def _no_avatar(_: Parameters) -> Shape:
    raise not_found("avatar")
