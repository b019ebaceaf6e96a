"""Errors as problem details (RFC 9457): nothing in them names this machine's files, or holds a secret."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from spotrec.errors import (
    BadLink,
    DiskFull,
    IndexFault,
    NoStore,
    NotFetched,
    NotFound,
    RateLimited,
    ServiceUnavailable,
    SeveralMatch,
    SignInNeeded,
    SpotrecError,
    StoreError,
    TrackError,
    UsageError,
    WeightsError,
)

MEDIA_TYPE = "application/problem+json"
_ASK_THE_OWNER = "ask whoever runs this server; `spotrec doctor` on it says more"
_RETRY_AFTER_S = 5
_AGAIN, _SEND_AGAIN = "run the same command again", "send the same request again"


@dataclass(eq=False)
class Problem(Exception):
    """What went wrong with a request.

    Attributes:
        name: the end of its `type`, `urn:spotrec:problem:NAME`.
        title: the same text for every problem of this type.
        detail: what was wrong with this request.
        hint: what the client can do next.
        more: other members.
        retry_after_s: when to try again.
    """

    status: int
    name: str
    title: str
    detail: str = ""
    hint: str = ""
    more: Mapping[str, Any] = field(default_factory=dict)
    retry_after_s: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def members(self) -> dict[str, Any]:
        """Return its members, as RFC 9457 names them, and others."""
        members: dict[str, Any] = {
            "type": f"urn:spotrec:problem:{self.name}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "hint": self.hint,
        }
        return members | dict(self.more)

    def response(self) -> Response:
        """Return it as an answer."""
        content = json.dumps(self.members(), ensure_ascii=False).encode("utf-8", "replace")
        return self.response_with(content, MEDIA_TYPE)

    def response_with(self, content: bytes, media_type: str) -> Response:
        """Return it as an answer that says it in another way."""
        headers = dict(self.headers) | {"Cache-Control": "no-store"}
        if self.retry_after_s is not None:
            headers["Retry-After"] = str(max(1, round(self.retry_after_s)))
        return Response(content, self.status, headers, media_type)

    def text(self) -> str:
        """Return it in one line."""
        return f"{self.title}: {self.detail}" if self.detail else self.title


@dataclass(frozen=True, slots=True)
class _Kind:
    """How errors of one class are told.

    Attributes:
        detail: instead of the error's message, which may name files of the server.
        hint: instead of the error's hint, if that is about the command line.
    """

    status: int
    name: str
    title: str
    detail: str = ""
    hint: str = ""
    retry_after_s: float | None = None


_SEARCH = "search for it with /v1/tracks?q=WORDS, or give its link on Spotify or Deezer"
_KINDS: tuple[tuple[type[SpotrecError], _Kind], ...] = (
    (
        SeveralMatch,
        _Kind(409, "several-match", "The name could mean several things", hint="give the id of one of the candidates"),
    ),
    (BadLink, _Kind(400, "bad-link", "The link is not valid", hint="give a link, URI or id on Spotify or Deezer")),
    (UsageError, _Kind(400, "bad-request", "The request is not valid", hint="/openapi.json lists the parameters")),
    (
        NoStore,
        _Kind(
            503,
            "no-store",
            "There is no store",
            "the server has no music yet",
            "ask whoever runs this server to run `spotrec crawl SOURCE` there",
            retry_after_s=_RETRY_AFTER_S,
        ),
    ),
    (
        NotFetched,
        _Kind(
            404,
            "not-fetched",
            "The track is not here",
            hint="this server fetches no tracks for clients: whoever runs it can crawl the track",
        ),
    ),
    (NotFound, _Kind(404, "not-found", "There is no such thing", hint=_SEARCH)),
    (
        RateLimited,
        _Kind(503, "service-asks-to-wait", "A music service asks to wait", hint="send the request again later"),
    ),
    (
        SignInNeeded,
        _Kind(
            502,
            "service-refuses",
            "A music service refuses the server's credentials",
            "a music service needs a sign-in, or does not allow this",
            "ask whoever runs this server to run `spotrec login` there",
        ),
    ),
    (
        ServiceUnavailable,
        _Kind(502, "service-fails", "A music service does not answer", hint="send the request again later"),
    ),
    (
        TrackError,
        _Kind(422, "unusable-audio", "The audio cannot be used", hint="send another recording of it"),
    ),
    (
        IndexFault,
        _Kind(
            503,
            "no-index",
            "There is no index to search",
            "the server has no index that it can search",
            "ask whoever runs this server to run `spotrec index` there",
            retry_after_s=_RETRY_AFTER_S,
        ),
    ),
    (
        StoreError,
        _Kind(
            503,
            "no-store",
            "The store cannot be read",
            "the server cannot read its store",
            _ASK_THE_OWNER,
            retry_after_s=_RETRY_AFTER_S,
        ),
    ),
    (
        WeightsError,
        _Kind(
            503,
            "no-network",
            "No network can hear",
            "the server has no weights for its networks",
            "ask whoever runs this server to run `spotrec models install NAME` there",
        ),
    ),
    (DiskFull, _Kind(507, "disk-full", "The disk is full", "the server's disk is full", _ASK_THE_OWNER)),
    (SpotrecError, _Kind(500, "failure", "The server failed", "the server could not do it", _ASK_THE_OWNER)),
)

_OF_A_SHELL = re.compile(r"`spotrec\b|`--|--[a-z]|fetch=False|\bcrawl\b|\bfile\b")
_ADDRESS_OR_PATH = re.compile(
    r"(?P<address>\bhttps?://[^\s“”]*)|(?<![\w/.])(?P<path>(?:file:/)?(?:~|[A-Za-z]:)?[/\\][^“”\n:;()]*)", re.IGNORECASE
)


def problem_of(error: SpotrecError) -> Problem:
    """Return the problem that an error is for a client."""
    kind = next(kind for class_, kind in _KINDS if isinstance(error, class_))
    detail = kind.detail or without_paths(error.message)
    hint = without_paths(error.hint).replace(_AGAIN, _SEND_AGAIN)
    if kind.detail or not hint or _OF_A_SHELL.search(hint):
        hint = kind.hint
    more: dict[str, Any] = {}
    retry_after_s = kind.retry_after_s
    if isinstance(error, SeveralMatch):
        more["name"] = without_paths(error.name)
        more["candidates"] = [{"id": id_, "name": name} for id_, name in error.candidates]
        hint = kind.hint
    if isinstance(error, TrackError):
        detail = f"the audio cannot be used: {error.reason}"  # the message may name a file of the server
    if isinstance(error, RateLimited):
        retry_after_s = error.retry_after_s or _RETRY_AFTER_S
    return Problem(kind.status, kind.name, kind.title, detail, hint, more, retry_after_s)


def without_paths(text: str) -> str:
    """Return a text with “…” in place of each path of a file."""
    return _ADDRESS_OR_PATH.sub(lambda found: found["address"] or "…", text)


def busy() -> Problem:
    """Return the problem of a request that cannot even wait."""
    return Problem(
        503,
        "busy",
        "The server is busy",
        "too many requests wait already",
        "send the request again",
        retry_after_s=1,
    )


def too_slow() -> Problem:
    """Return the problem of a request that took too long."""
    return Problem(
        503,
        "too-slow",
        "The server took too long",
        "the request was not answered in time",
        "ask for less",
        retry_after_s=_RETRY_AFTER_S,
    )


def ending() -> Problem:
    """Return the problem of a request that the server can no longer answer."""
    return Problem(
        503,
        "ending",
        "The server ends",
        "the server ended before the answer was there",
        "send the request again later",
        retry_after_s=_RETRY_AFTER_S,
    )


def failure() -> Problem:
    """Return the problem of an error that nobody expected."""
    return Problem(500, "failure", "The server failed", "the server could not do it", _ASK_THE_OWNER)
