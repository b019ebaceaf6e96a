"""A stand-in for what supysonic lacks: OpenSubsonic's fields, API keys and tokens, and servers that err or lie."""

from hashlib import md5
from typing import Any

from support.servers import Answer, LoopbackServer

USER, PASSWORD, API_KEY = "listener", "planted-password", "planted-api-key"


class FakeSubsonic(LoopbackServer):
    """A server with OpenSubsonic's answers. What differs between real servers is set with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.songs: list[Any] = []
        self.files: dict[str, bytes] = {}
        self.sign_in = {"token"}
        """How users may sign in: `token`, `password`, `key`."""
        self.everything = ""
        """The search that finds everything; None for servers that find nothing then."""
        self.refuses_empty = False
        """Whether an empty search is an error."""
        self.turns_pages = True
        self.lost_albums: set[str] = set()
        self.streams = True
        self.is_scanning = False
        self.asked_with: list[dict[str, str]] = []

    def add_song(self, id_: str, audio: bytes = b"", **fields: Any) -> dict[str, Any]:
        song = {
            "id": id_,
            "isDir": False,
            "title": f"Song {id_}",
            "artist": "Band",
            "album": "LP",
            "albumId": "al-1",
            "size": len(audio),
            "duration": 5,
            "path": f"Band/LP/{id_}.mp3",
            "type": "music",
            **fields,
        }
        self.songs.append(song)
        self.files[id_] = audio
        return song

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        self.asked_with.append(query)
        if code := self._refusal(query):
            return failed(code)
        method = path.removeprefix("/rest/").removesuffix(".view")
        if method in ("stream", "download"):
            if method == "stream" and not self.streams:
                return failed(50)
            audio = self.files.get(query["id"])
            return failed(70) if audio is None else Answer(audio)
        return self._answer(method, query)

    def _answer(self, method: str, query: dict[str, str]) -> Answer | None:
        match method:
            case "ping":
                return ok()
            case "search3":
                if self.refuses_empty and not query.get("query"):
                    return failed(10)
                found = self.songs if query.get("query", "") == self.everything else []
                return ok(searchResult3={"song": self._page(found, query, "songOffset", "songCount")})
            case "getScanStatus":
                return ok(scanStatus={"scanning": self.is_scanning, "count": len(self.songs)})
            case "getAlbumList2":
                albums = sorted({song["albumId"] for song in self.songs})
                rows = [{"id": id_, "name": f"Album {id_}"} for id_ in albums]
                return ok(albumList2={"album": self._page(rows, query, "offset", "size")})
            case "getAlbum" if query["id"] not in self.lost_albums:
                songs = [song for song in self.songs if song["albumId"] == query["id"]]
                return ok(album={"id": query["id"], "name": "LP", "song": songs}) if songs else failed(70)
            case "getArtist":
                return ok(artist={"id": query["id"], "name": "Band", "album": [{"id": "al-1", "name": "LP"}]})
            case "getPlaylist":
                return ok(playlist={"id": query["id"], "name": "Mine", "entry": self.songs[::-1]})
        return failed(70)

    def _page(self, rows: list[Any], query: dict[str, str], offset: str, size: str) -> list[Any]:
        start = int(query[offset]) if self.turns_pages else 0
        return rows[start : start + int(query[size])]

    def _refusal(self, query: dict[str, str]) -> int | None:
        if "apiKey" in query:
            return None if "key" in self.sign_in and query["apiKey"] == API_KEY and "u" not in query else 44
        if "t" in query:
            right = md5((PASSWORD + query["s"]).encode()).hexdigest() == query["t"] and query["u"] == USER
            return 41 if "token" not in self.sign_in else None if right else 40
        right = query.get("p") == f"enc:{PASSWORD.encode().hex()}" and query.get("u") == USER
        return 42 if "password" not in self.sign_in else None if right else 40


def ok(**fields: Any) -> Answer:
    said = {"status": "ok", "version": "1.16.1", "type": "fake", "serverVersion": "1", "openSubsonic": True}
    return Answer({"subsonic-response": {**said, **fields}})


def failed(code: Any, message: Any = "no \x1b[31mway") -> Answer:
    error = {"code": code, "message": message}
    return Answer({"subsonic-response": {"status": "failed", "version": "1.16.1", "error": error}})
