"""Stand-ins for what lies outside this machine: real HTTP on loopback, the real JSON shapes, faults on demand."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Answer:
    """What a server sends."""

    body: bytes | str | dict[str, Any] | list[Any] = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_length: int | None = None
    """What it claims to send, where that is a lie."""
    pause_s: float = 0.0
    """How long it waits before each byte."""
    is_endless: bool = False
    """Sends the body again and again until the client hangs up."""

    @property
    def payload(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


Handler = Callable[[str, dict[str, str], dict[str, str]], Answer | None]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no fault of ours."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class LoopbackServer:
    """Serves what `handle(path, query, headers)` answers; `requests` logs every path asked for.

    `query` holds the fields of a form that is sent, too, under `json` the text of JSON that is sent, and under `method`
    that something is replaced: PUT.

    `faults` wins: a prefix of the path → the answers to give, one after the other, the last one for ever; None stands
    for what is answered without a fault.
    """

    def __init__(self, handle: Handler | None = None) -> None:
        self.requests: list[str] = []
        self.arrivals: list[tuple[float, str]] = []
        """When each path was asked for, in seconds of the monotonic clock."""
        self.faults: dict[str, list[Answer | None]] = {}
        self.before: Callable[[str], object] = lambda _: None
        """Called with the path before anything is answered: it may take its time."""
        self._handle = handle
        self._is_closed = False
        owner = self

        class RequestHandler(BaseHTTPRequestHandler):
            disable_nagle_algorithm = True  # else an answer waits 40 ms between its headers and its body
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner._serve(self)

            do_POST = do_PUT = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                """Tests are quiet."""

        self._server = _Server(("127.0.0.1", 0), RequestHandler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def asked(self, prefix: str) -> int:
        return sum(path.startswith(prefix) for path in self.requests)

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        return self._handle(path, query, headers) if self._handle else None

    def close(self) -> None:
        self._is_closed = True
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        self.requests.append(parts.path)
        self.arrivals.append((time.monotonic(), parts.path))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if request.command == "PUT":
            query["method"] = "PUT"
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if request.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            query |= {name: values[0] for name, values in parse_qs(body.decode()).items()}
        elif body and request.headers.get("Content-Type", "").startswith("application/json"):
            query["json"] = body.decode()
        answer = self._fault(parts.path) or self.handle(parts.path, query, dict(request.headers)) or Answer("", 404)
        self.before(parts.path)
        payload = answer.payload
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        claimed = len(payload) if answer.content_length is None else answer.content_length
        if not answer.is_endless:
            request.send_header("Content-Length", str(claimed))
        if claimed != len(payload) or answer.is_endless:
            request.close_connection = True
        request.end_headers()
        try:
            self._send(answer, request)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _send(self, answer: Answer, request: BaseHTTPRequestHandler) -> None:
        if not answer.pause_s and not answer.is_endless:
            request.wfile.write(answer.payload)
            return
        size = 1 if answer.pause_s else 65_536
        while not self._is_closed:
            for start in range(0, len(answer.payload), size):
                time.sleep(answer.pause_s)
                request.wfile.write(answer.payload[start : start + size])
            if not answer.is_endless:
                return

    def _fault(self, path: str) -> Answer | None:
        for prefix, answers in self.faults.items():
            if path.startswith(prefix) and answers:
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return None


@contextmanager
def serving(server: LoopbackServer) -> Iterator[LoopbackServer]:
    try:
        yield server
    finally:
        server.close()


def spotify_id(n: int) -> str:
    return f"{n:022d}"


class FakeSpotify(LoopbackServer):
    """Spotify's accounts service and Web API, in both generations of the playlist answers."""

    def __init__(self) -> None:
        super().__init__()
        self.tracks: dict[str, dict[str, Any]] = {}
        self.playlists: dict[str, dict[str, Any]] = {}
        self.albums: dict[str, dict[str, Any]] = {}
        self.artists: dict[str, dict[str, Any]] = {}
        self.liked: list[Any] = []
        """Track ids, or whole rows as they are, shown to the token `users-own` only."""
        self.hits: list[Any] = []
        """What every search finds: track ids, or whatever it is."""
        self.searched: list[str] = []
        self.generation = 2026

    def add_track(self, n: int, *, preview_url: str | None = None, isrc: str | None = None, **fields: Any) -> str:
        id_ = spotify_id(n)
        self.tracks[id_] = {
            "type": "track",
            "id": id_,
            "uri": f"spotify:track:{id_}",
            "name": f"Song {n}",
            "artists": [{"type": "artist", "id": spotify_id(9000 + n), "name": f"Artist {n}"}],
            "album": {"type": "album", "name": f"Album {n}", "release_date": "2001-02-03"},
            "duration_ms": 30_000,
            "explicit": False,
            "is_local": False,
            "preview_url": preview_url,
            "external_ids": {"isrc": isrc} if isrc else {},
            **fields,
        }
        return id_

    def add_playlist(self, n: int, entries: list[Any], name: str = "Mixtape") -> str:
        """`entries`: track ids, or whole rows as they are."""
        id_ = spotify_id(n)
        self.playlists[id_] = {"name": name, "entries": entries}
        return id_

    def add_album(self, n: int, track_ids: list[str], name: str = "LP") -> str:
        id_ = spotify_id(n)
        self.albums[id_] = {"name": name, "tracks": track_ids}
        return id_

    def add_artist(self, n: int, releases: dict[str, list[Any]], name: str = "Band") -> str:
        """`releases`: for each group (`album`, `single`, …) ids of albums, or whole rows as they are."""
        id_ = spotify_id(n)
        self.artists[id_] = {"name": name, "releases": releases}
        return id_

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path == "/api/token":
            return Answer({"access_token": "a-token", "token_type": "Bearer", "expires_in": 3600})
        if not headers.get("Authorization", "").startswith("Bearer "):
            return Answer({"error": {"status": 401, "message": "No token provided"}}, 401)
        match path.strip("/").split("/"):
            case ["v1", "tracks", id_] if id_ in self.tracks:
                return Answer(self.tracks[id_])
            case ["v1", "playlists", id_] if id_ in self.playlists:
                playlist = self.playlists[id_]
                return Answer({name: playlist[name] for name in ("name", "owner", "public") if name in playlist})
            case ["v1", "playlists", id_, "items"] if id_ in self.playlists:
                rows = [self._row(entry) for entry in self.playlists[id_]["entries"]]
                return Answer(self._page(rows, query, path, 50))
            case ["v1", "albums", id_] if id_ in self.albums:
                album = self.albums[id_]
                return Answer({"type": "album", "name": album["name"], "release_date": "1999"})
            case ["v1", "albums", id_, "tracks"] if id_ in self.albums:
                simple = [
                    {k: v for k, v in self.tracks[t].items() if k not in ("album", "external_ids", "preview_url")}
                    for t in self.albums[id_]["tracks"]
                ]
                return Answer(self._page(simple, query, path, 50))
        found = self._beyond_playlists(path, query, headers)
        return found or Answer({"error": {"status": 404, "message": "Resource not found"}}, 404)

    def _beyond_playlists(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        match path.strip("/").split("/"):
            case ["v1", "artists", id_] if id_ in self.artists:
                return Answer({"type": "artist", "id": id_, "name": self.artists[id_]["name"]})
            case ["v1", "artists", _, "albums"] | ["v1", "search"] if int(query["limit"]) > 10:
                return Answer({"error": {"status": 400, "message": "Invalid limit"}}, 400)
            case ["v1", "artists", id_, "albums"] if id_ in self.artists:
                releases = self.artists[id_]["releases"]
                rows = [row for group in query["include_groups"].split(",") for row in releases.get(group, ())]
                return Answer(self._page([self._album_row(row) for row in rows], query, path, 10))
            case ["v1", "me", "tracks"]:
                if headers["Authorization"] != "Bearer users-own":
                    return Answer({"error": {"status": 401, "message": "Valid user authentication required"}}, 401)
                return Answer(self._page([self._row(entry) for entry in self.liked], query, path, 50))
            case ["v1", "search"]:
                self.searched.append(query["q"])
                hits = [self.tracks[hit] if isinstance(hit, str) else hit for hit in self.hits]
                return Answer({"tracks": self._page(hits, query, path, 10)})
        return None

    def _album_row(self, row: Any) -> Any:
        if not isinstance(row, str):
            return row
        return {"type": "album", "id": row, "name": self.albums[row]["name"], "release_date": "1999"}

    def _row(self, entry: Any) -> Any:
        if not isinstance(entry, str):
            return entry
        if self.generation >= 2026:
            return {
                "added_at": "2026-01-01T00:00:00Z",
                "is_local": False,
                "item": {**self.tracks[entry], "track": True},
            }
        return {"added_at": "2020-01-01T00:00:00Z", "is_local": False, "track": self.tracks[entry]}

    def _page(self, rows: list[Any], query: dict[str, str], path: str, limit: int) -> dict[str, Any]:
        offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", limit)), limit)
        more = offset + limit < len(rows)
        next_url = f"https://api.spotify.com{path}?offset={offset + limit}&limit={limit}" if more else None
        return {
            "items": rows[offset : offset + limit],
            "total": len(rows),
            "limit": limit,
            "offset": offset,
            "next": next_url,
        }


class FakeDeezer(LoopbackServer):
    """Deezer's lookup by ISRC, its playlists, albums and tracks, and the host of its previews."""

    def __init__(self) -> None:
        super().__init__()
        self.previews: dict[str, bytes] = {}
        self.durations_s: dict[str, int] = {}
        self.tracks: dict[int, dict[str, Any]] = {}
        self.lists: dict[str, dict[str, Any]] = {}
        self.hits: list[dict[str, Any]] = []
        """What every search finds."""

    def add_track(self, number: int, isrc: str | None = None, **fields: Any) -> int:
        self.tracks[number] = {
            "id": number,
            "readable": True,
            "title": f"Song {number}",
            "isrc": isrc,
            "duration": 30,
            "release_date": "2001-02-03",
            "preview": "",
            "artist": {"id": 1, "name": f"Artist {number}"},
            "album": {"id": 2, "title": "Album"},
            "type": "track",
            **fields,
        }
        return number

    def add_list(self, path: str, rows: list[Any], title: str = "Mixtape") -> str:
        """A playlist or an album at `path`. `rows`: numbers of tracks (listed without ISRC), or whole rows."""
        simple = [{k: v for k, v in self.tracks[r].items() if k != "isrc"} if isinstance(r, int) else r for r in rows]
        self.lists[path] = {"title": title, "rows": simple}
        return path

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        match path.strip("/").split("/"):
            case ["track", number] if number.isdigit() and int(number) in self.tracks:
                return Answer(self.tracks[int(number)])
            case ["playlist" | "album", number] if path in self.lists:
                return Answer({"id": int(number), "title": self.lists[path]["title"], "release_date": "1999-01-02"})
            case ["playlist" | "album" as kind, number, "tracks"] if f"/{kind}/{number}" in self.lists:
                return Answer(self._page(self.lists[f"/{kind}/{number}"]["rows"], query, path))
            case ["playlist" | "album", *_] | ["track", _] if "isrc:" not in path:
                return Answer({"error": {"type": "DataException", "message": "no data", "code": 800}})
        if path == "/search/track":
            return Answer({"data": self.hits, "total": len(self.hits)})
        if path.startswith("/track/isrc:"):
            isrc = path.removeprefix("/track/isrc:")
            if isrc not in self.previews:
                return Answer({"error": {"type": "DataException", "message": "no data", "code": 800}})
            preview = f"{self.url}/preview/{isrc}.mp3?hdnea=exp=1" if self.previews[isrc] else ""
            return Answer(
                {
                    "id": int(isrc[-5:]),
                    "readable": True,
                    "title": "Song",
                    "isrc": isrc,
                    "duration": self.durations_s.get(isrc, 30),
                    "preview": preview,
                    "artist": {"id": 1, "name": "Artist"},
                    "album": {"id": 2, "title": "Album"},
                    "type": "track",
                }
            )
        if path.startswith("/preview/"):
            return Answer(self.previews[path.removeprefix("/preview/").removesuffix(".mp3")])
        return None

    def _page(self, rows: list[Any], query: dict[str, str], path: str) -> dict[str, Any]:
        index, limit = int(query.get("index", 0)), int(query.get("limit", 25))
        page = {"data": rows[index : index + limit], "total": len(rows)}
        return page | (
            {"next": f"https://api.deezer.com{path}?limit={limit}&index={index + limit}"}
            if index + limit < len(rows)
            else {}
        )


class FakeItunes(LoopbackServer):
    """Apple's search, which answers every question with all it has, and the host of its previews."""

    def __init__(self) -> None:
        super().__init__()
        self.hits: list[dict[str, Any]] = []
        self.previews: dict[str, bytes] = {}

    def add(self, title: str, artist: str, duration_ms: int, preview: bytes = b"") -> None:
        number = 1000 + len(self.hits)
        self.previews[f"/preview/{number}.m4a"] = preview
        self.hits.append(
            {
                "wrapperType": "track",
                "kind": "song",
                "trackId": number,
                "trackName": title,
                "artistName": artist,
                "collectionName": "Album",
                "trackTimeMillis": duration_ms,
                "releaseDate": "2001-02-03T12:00:00Z",
                "previewUrl": f"{self.url}/preview/{number}.m4a",
            }
        )

    def handle(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Answer | None:
        if path == "/search":
            return Answer({"resultCount": len(self.hits), "results": self.hits})
        return Answer(self.previews[path]) if path in self.previews else None
