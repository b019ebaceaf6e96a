"""Answers that were given before: the same question to the same store and index is answered from memory."""

from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spotrec.errors import SpotrecError
from spotrec.index.generations import POINTER
from spotrec.serve.freshness import Moment, files_of, moment_of
from spotrec.track import Ears

if TYPE_CHECKING:
    from spotrec.extract.models import AudioModel
    from spotrec.recommender import Recommender

PATHS = frozenset({"/v1/recommendations", "/v1/journey"})
"""The paths whose answers are remembered."""

_MOST_BYTES = 32_000_000
_MOST_BYTES_EACH = 1_000_000

_Headers = list[tuple[bytes, bytes]]
_Key = tuple[str, bytes]


class AnswerCache:
    """An ASGI application that remembers the answers of another one, until the store or the index changes."""

    def __init__(self, app: ASGIApp, recommender: "Recommender") -> None:
        self._app = app
        self._recommender = recommender
        self._answers: OrderedDict[_Key, tuple[_Headers, bytes]] = OrderedDict()
        self._moment: Moment = ()
        self._watched: tuple[tuple[AudioModel, ...], tuple[Path, ...]] | None = None
        self._n_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] not in PATHS or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        moment = self._now()
        if moment != self._moment:
            self._answers.clear()
            self._moment, self._n_bytes = moment, 0
        key = (scope["path"], scope["query_string"])
        if answer := self._answers.get(key):
            self._answers.move_to_end(key)
            await _send_again(answer, scope, send)
            return
        heard = _Heard(send)
        await self._app(scope, receive, heard.send)
        if heard.status == 200 and len(heard.body) <= _MOST_BYTES_EACH and moment == self._moment:
            self._put(key, heard)

    def _put(self, key: _Key, heard: "_Heard") -> None:
        self._answers[key] = (heard.headers, bytes(heard.body))
        self._n_bytes += len(heard.body) + len(key[1])
        while self._n_bytes > _MOST_BYTES:
            (_, query), (_, body) = self._answers.popitem(last=False)
            self._n_bytes -= len(body) + len(query)

    def _now(self) -> Moment:
        try:
            models = self._recommender.models
        except SpotrecError:  # the request says what is wrong
            return ()
        if self._watched is None or self._watched[0] is not models:
            settings = self._recommender.settings
            ears = Ears.of(*(model.id for model in models))
            pointer = Path(settings.index_path, str(ears), POINTER)
            self._watched = models, (*files_of(settings.store_path), pointer)
        return moment_of(*self._watched[1])


class _Heard:
    """What another application sends: passed on, and noted."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0
        self.headers: _Headers = []
        self.body = bytearray()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        elif len(self.body) <= _MOST_BYTES_EACH:
            self.body += message.get("body", b"")
        await self._send(message)


async def _send_again(answer: tuple[_Headers, bytes], scope: Scope, send: Send) -> None:
    headers, body = answer
    tag = next((value for name, value in headers if name == b"etag"), b"")
    has_it = tag and any(name == b"if-none-match" and tag in value for name, value in scope["headers"])
    if has_it:
        headers, body = [one for one in headers if one[0] not in (b"content-length", b"content-type")], b""
    await send({"type": "http.response.start", "status": 304 if has_it else 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
