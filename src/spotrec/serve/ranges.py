"""Parts of content (HTTP ranges), so that a player can jump in a track."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from spotrec.serve.problems import Problem

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_PIECE_BYTES = 1 << 16


def content_response(request: Request, content: bytes, content_type: str, tag: str) -> Response:
    """Return content in memory, or the part of it that the request wants."""
    span = _span(request, len(content), tag)
    headers = _headers(span, len(content), tag)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content[span.start : span.stop], _status(span, len(content)), headers, content_type)


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
    span = _span(request, size, tag)
    headers = _headers(span, size, tag)
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(len(span))
    if request.method == "HEAD":
        return Response(status_code=_status(span, size), headers=headers, media_type=content_type)
    return StreamingResponse(_pieces(path, span), _status(span, size), headers, content_type)


async def _pieces(path: Path, span: range) -> AsyncIterator[bytes]:
    async with await anyio.open_file(path, "rb") as file:
        await file.seek(span.start)
        left = len(span)
        while left and (piece := await file.read(min(_PIECE_BYTES, left))):
            left -= len(piece)
            yield piece


def _status(span: range, size: int) -> int:
    return 200 if len(span) == size else 206


def _headers(span: range, size: int, tag: str) -> dict[str, str]:
    headers = {"Accept-Ranges": "bytes", "ETag": tag, "Cache-Control": "private, max-age=300"}
    if len(span) != size:
        headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{size}"
    return headers


def _span(request: Request, size: int, tag: str) -> range:
    """Return the bytes that a request wants. Several parts at once are answered with everything, as HTTP allows.

    Raises:
        Problem: it wants what is behind the end.
    """
    wanted = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if not wanted or wanted[0] == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return range(size)
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
