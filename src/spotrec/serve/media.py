"""What a stored track sounds like, and its picture: from the server's own file, else from elsewhere, and not stored."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from spotrec.errors import SpotrecError
from spotrec.serve.ranges import content_response, file_response
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.operations.results import TrackAudio
    from spotrec.recommender import Recommender
    from spotrec.serve.on_demand import OnDemand
    from spotrec.serve.work import Work

_Value = TypeVar("_Value")

_IMAGES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """An image file; no content if there is no picture."""

    content: bytes = b""
    content_type: str = ""

    def response(self, request: Request) -> Response:
        """Return it as an answer; 304 if the client has it already."""
        headers = {"ETag": _tag(self.content), "Cache-Control": "private, max-age=86400"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.content_type)


class Media:
    """The audio and the pictures of a recommender's tracks.

    Args:
        files: threads for what waits for files.
        from_servers: whether pictures may come from the music server in the settings.
    """

    def __init__(self, recommender: "Recommender", on_demand: "OnDemand", files: "Work", *, from_servers: bool) -> None:
        self._recommender = recommender
        self._on_demand = on_demand
        self._files = files
        self._from_servers = from_servers
        self._previews: _Recent[TrackAudio] = _Recent(16, 300.0)
        self._pictures: _Recent[Picture] = _Recent(2000, 3600.0)

    async def audio(self, request: Request, track_id: str) -> Response:
        """Return a track's audio, or the part of it that the request wants: the server's own file, else a preview.

        Raises:
            Problem: there is no such range, or the file is gone.
        """
        found = await self._on_demand.run(("audio", track_id), partial(self._audio_of, track_id))
        if found.path:
            return await file_response(request, found.path, found.content_type)
        return content_response(request, found.content, found.content_type, _tag(found.content))

    async def picture(self, track_id: str, size: int) -> Picture:
        """Return the picture of a track, with sides of about `size` pixels: in its own file, else on a music server."""
        name = f"{size} {track_id}"
        picture = self._pictures.get(name)
        if picture is None:
            picture = await self._files.run(partial(self._picture_of, track_id, size))
            self._pictures.put(name, picture)
        return picture

    def _audio_of(self, track_id: str, fetch: bool) -> "TrackAudio":
        found = self._previews.get(track_id)
        if found is None:
            found = self._recommender.audio(track_id, fetch=fetch)
            if found.path is None:
                self._previews.put(track_id, found)
        return found

    def _picture_of(self, track_id: str, size: int) -> Picture:
        if own := self._recommender.cover(track_id, size):
            return Picture(own, "image/jpeg")
        return self._from_server(track_id, size) if self._from_servers else Picture()

    def _from_server(self, track_id: str, size: int) -> Picture:
        for items in self._recommender.server_items([TrackId(track_id)]).values():
            for item in items:
                try:
                    content = self._recommender.server_cover(item, size)
                except SpotrecError:  # another copy may have one, else the track has no picture
                    continue
                if kind := next((kind for start, kind in _IMAGES if content.startswith(start)), None):
                    return Picture(content, kind)
        return Picture()


class _Recent(Generic[_Value]):
    """The last values by name, for a while: a player asks for a preview in several parts."""

    def __init__(self, most: int, last_s: float) -> None:
        self._most = most
        self._last_s = last_s
        self._lock = Lock()
        self._values: OrderedDict[str, tuple[float, _Value]] = OrderedDict()

    def get(self, name: str) -> _Value | None:
        with self._lock:
            at, value = self._values.get(name, (0.0, None))
            return value if monotonic() - at < self._last_s else None

    def put(self, name: str, value: _Value) -> None:
        with self._lock:
            self._values[name] = (monotonic(), value)
            self._values.move_to_end(name)
            while len(self._values) > self._most:
                self._values.popitem(last=False)


def _tag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'
