"""HEAD: answered as GET is, without the body, as HTTP demands of every server."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Head:
    """An ASGI application that asks another one for what HEAD names, and ends it when the answer begins."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        has_begun = asyncio.Event()

        async def send_beginning(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body"})
                has_begun.set()

        asked = {**scope, "method": "GET"}
        answering = asyncio.ensure_future(self._app(asked, receive, send_beginning))
        beginning = asyncio.ensure_future(has_begun.wait())
        try:
            await asyncio.wait((answering, beginning), return_when=asyncio.FIRST_COMPLETED)
            if "route" in asked:
                scope["route"] = asked["route"]  # it is counted by it
            if not has_begun.is_set():
                answering.result()  # why there is no answer
        finally:
            beginning.cancel()
            answering.cancel()  # a stream might not end by itself
            await asyncio.wait((answering, beginning))
