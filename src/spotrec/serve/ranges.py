"""Parts of content (HTTP ranges), so that a player can jump in a track."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from spotrec.serve.problems import Problem

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})", re.IGNORECASE | re.ASCII)
_PIECE_BYTES = 1 << 16


def content_response(request: Request, content: bytes, content_type: str, tag: str) -> Response:
    """Return content in memory, or the part of it that the request wants."""
    headers = _headers(tag)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    span = _span(request, len(content), tag)
    if span is None:
        return Response(content, 200, headers, content_type)
    headers["Content-Range"] = _place(span, len(content))
    return Response(content[span.start : span.stop], 206, headers, content_type)


async def file_response(request: Request, path: Path, content_type: str) -> Response:
    """Return a file, or the part of it that the request wants, piece by piece.

    Raises:
        Problem: the file is gone.
    """
    try:
        found = await anyio.Path(path).stat()
    except OSError as exc:
        raise Problem(404, "not-found", "There is no such thing", "the file of this track is gone") from exc
    size, tag = found.st_size, f'"{found.st_mtime_ns:x}-{found.st_size:x}"'
    headers = _headers(tag)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    part = _span(request, size, tag)
    span = range(size) if part is None else part
    if part is not None:
        headers["Content-Range"] = _place(part, size)
    headers["Content-Length"] = str(len(span))
    return StreamingResponse(_pieces(path, span), 200 if part is None else 206, headers, content_type)


async def _pieces(path: Path, span: range) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(span.start)
        left = len(span)
        while left and (piece := await file.read(min(_PIECE_BYTES, left))):
            left -= len(piece)
            yield piece


def _headers(tag: str) -> dict[str, str]:
    return {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": "private, max-age=300"}


def _place(span: range, size: int) -> str:
    return f"bytes {span.start}-{span.stop - 1}/{size}"


def _span(request: Request, size: int, tag: str) -> range | None:
    """Return the bytes that a request wants, also if they are all; None if it names none.

    Several parts at once are answered with everything, as HTTP allows.

    Raises:
        Problem: it wants what is behind the end.
    """
    wanted = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not wanted or not (wanted[1] or wanted[2]) or request.headers.get("if-range", tag) != tag:
        return None
    first, last = wanted[1], wanted[2]
    if first:
        span = range(int(first), min(int(last) + 1 if last else size, size))
    else:
        span = range(max(0, size - int(last)), size)
    if not span:
        raise Problem(
            416, "no-such-range", "The range is not in the content", headers={"Content-Range": f"bytes */{size}"}
        )
    return span
