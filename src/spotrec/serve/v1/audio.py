"""`/v1/tracks/{track_id}/preview` and `…/cover`: what a stored track sounds like, and its picture."""

from collections import OrderedDict
from functools import partial
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Generic, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from spotrec.serve.documentation import TRACK_ID, binary
from spotrec.serve.problems import Problem
from spotrec.serve.ranges import content_response, file_response
from spotrec.serve.service import Service

if TYPE_CHECKING:
    from spotrec.operations.results import TrackAudio

_TrackId = Annotated[str, TRACK_ID]
_Value = TypeVar("_Value")


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


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["audio"])
    previews: _Recent[TrackAudio] = _Recent(16, 300.0)
    covers: _Recent[bytes] = _Recent(2000, 3600.0)

    def audio_of(track_id: str, fetch: bool) -> "TrackAudio":
        found = previews.get(track_id)
        if found is None:
            found = service.recommender.audio(track_id, fetch=fetch)
            if found.path is None:
                previews.put(track_id, found)
        return found

    @api.get("/tracks/{track_id}/preview", responses=binary("audio/*", ranges=True), response_class=Response)
    async def preview(request: Request, track_id: _TrackId) -> Response:
        """The audio of a stored track: the server's own file, else a preview that it fetches and does not store."""
        found = await service.fetched(("audio", track_id), partial(audio_of, track_id))
        if found.path:
            return await file_response(request, found.path, found.content_type)
        return content_response(request, found.content, found.content_type, _tag(found.content))

    @api.get("/tracks/{track_id}/cover", responses=binary("image/jpeg"), response_class=Response)
    async def cover(
        request: Request,
        track_id: _TrackId,
        size: Annotated[int, Query(ge=32, le=600, description="The longest side, in pixels.")] = 300,
    ) -> Response:
        """The picture in the server's own file of a track, as a small JPEG."""
        name = f"{size} {track_id}"
        picture = covers.get(name)
        if picture is None:
            picture = await service.files.run(partial(service.recommender.cover, track_id, size)) or b""
            covers.put(name, picture)
        if not picture:
            raise Problem(404, "no-cover", "The track has no cover", "there is no picture in the file of this track")
        headers = {"ETag": _tag(picture), "Cache-Control": "private, max-age=86400"}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(picture, headers=headers, media_type="image/jpeg")

    return api


def _tag(content: bytes) -> str:
    return f'"{blake2b(content, digest_size=12).hexdigest()}"'
