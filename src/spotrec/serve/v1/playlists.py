"""`/v1/playlists/extend` and `/v1/playlists/reorder`: lists of track ids that clients send."""

from enum import StrEnum
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from spotrec.operations.as_json import playlists
from spotrec.operations.as_json.playlists import EXTENDED_PLAYLIST, REORDERED_PLAYLIST
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.names import stored_names
from spotrec.serve.parameters import LIMITS, LONGEST, NARROWING, SEEDS, Given, add_route
from spotrec.serve.service import Service

MOST_TO_EXTEND, MOST_TO_ORDER = 1_000, 300
_LONGEST_ID = 200
_EXAMPLE = ["spotify:track:4vLYewWIvqHfKtJDk8c8tq", "file:0123456789abcdef0123456789abcdef"]

_Id = Annotated[str, Body(max_length=_LONGEST_ID)]
_End = Annotated[
    str | None,
    Body(
        max_length=LONGEST,
        description="A track of the list by its number, its id or words; “” for the one that is there already.",
        examples=["1"],
    ),
]


class Curve(StrEnum):
    """How the energy goes."""

    RISE = "rise"
    FALL = "fall"
    WAVE = "wave"


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(prefix="/playlists", tags=["recommendations"])

    async def extend(
        request: Request,
        tracks: Annotated[
            list[_Id],
            Body(
                embed=True,
                min_length=1,
                max_length=MOST_TO_EXTEND,
                description="The ids of the list's tracks, in order; together they are the seed.",
                examples=[_EXAMPLE],
            ),
        ],
        given: Given,
    ) -> Response:
        """The list with tracks at its end that sound like it, and that it does not have. Nothing is stored."""
        names = tuple(given.get("unlike", ()))
        content, index = await service.fetched(names, partial(_extended, service, tracks, given))
        return answer(request, content, index=index)

    async def reorder(
        request: Request,
        tracks: Annotated[
            list[_Id],
            Body(
                embed=True,
                min_length=1,
                max_length=MOST_TO_ORDER,
                description="The ids of the list's tracks, in order.",
                examples=[_EXAMPLE],
            ),
        ],
        curve: Annotated[
            Curve | None, Body(description="How the energy goes; without it, only the sound counts.", examples=["wave"])
        ] = None,
        first: _End = None,
        last: _End = None,
    ) -> Response:
        """The list in an order in which neighbours sound alike, and a bound that no order goes below."""
        content, index = await service.queries.run(partial(_reordered, service, tracks, curve, first, last))
        return answer(request, content, index=index)

    of_a_list = (*(one for one in SEEDS if one.name != "track"), *LIMITS, *NARROWING)
    add_route(api, "POST", "/extend", extend, of_a_list, responses=answers(EXTENDED_PLAYLIST, 413))
    api.post("/reorder", responses=answers(REORDERED_PLAYLIST, 413))(reorder)
    return api


def _extended(service: Service, tracks: list[str], given: Given, fetch: bool) -> tuple[bytes, str]:
    options = stored_names(service.recommender.session.store(), service.uploads, given)
    found = service.recommender.extend_playlist(tracks, fetch=fetch, paths=False, **options)
    return as_bytes(for_the_web(playlists.extended_playlist(found))), found.found.index


def _reordered(
    service: Service, tracks: list[str], curve: Curve | None, first: str | None, last: str | None
) -> tuple[bytes, str]:
    found = service.recommender.reorder_playlist(tracks, curve=curve, first=first, last=last, paths=False)
    return as_bytes(for_the_web(playlists.reordered_playlist(found))), found.index
