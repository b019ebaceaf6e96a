"""`/v1/taste`: what was liked, disliked and banned, and more of it."""

from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from spotrec.operations.as_json import opinions
from spotrec.operations.as_json.opinions import SIGNAL, TASTE
from spotrec.serve.answers import answer, as_bytes
from spotrec.serve.documentation import answers
from spotrec.serve.parameters import LONGEST
from spotrec.serve.problems import Problem
from spotrec.serve.service import Service

_Verb = Literal["like", "dislike", "ban"]
_LARGEST_ID = 2**63 - 1
_MOST_LISTED = 10_000


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["taste"])

    @api.get("/taste", responses=answers(TASTE))
    async def taste(
        request: Request,
        verb: Annotated[_Verb | None, Query(description="Only this.")] = None,
        track: Annotated[str | None, Query(max_length=LONGEST, description="Only of the track with this id.")] = None,
        limit: Annotated[int, Query(ge=1, le=_MOST_LISTED, description="At most so many, the latest first.")] = 1_000,
    ) -> Response:
        """What was liked, disliked and banned, the latest first."""
        verbs = (verb,) if verb else ()
        found = await service.queries.run(partial(service.recommender.taste, *verbs, track_id=track, limit=limit))
        return answer(request, as_bytes(opinions.signals(found)))

    @api.post("/taste", responses=answers(SIGNAL, 403))
    async def say(
        verb: Annotated[_Verb, Body(description="What to say of it.", examples=["like"])],
        track: Annotated[
            str | None,
            Body(max_length=LONGEST, description="A track id.", examples=["spotify:track:4uLU6hMCjMI75M1A2tKUQC"]),
        ] = None,
        artist: Annotated[str | None, Body(max_length=LONGEST, description="Or the name of an artist.")] = None,
        album: Annotated[
            str | None, Body(max_length=LONGEST, description="Or the name of an album: NAME, or ARTIST - NAME.")
        ] = None,
    ) -> Response:
        """Like, dislike or ban one track, artist or album. What is banned is never among results again.

        It takes the place of what was said before, but for bans: a thing may be liked and banned.
        """
        _check(service)
        named = [track, *(f"{kind}:{name}" for kind, name in (("artist", artist), ("album", album)) if name)]
        names = [name for name in named if name]
        if len(names) != 1:
            raise Problem(422, "invalid-value", "A value is not valid", "give one of `track`, `artist` and `album`")
        do = {"like": service.recommender.like, "dislike": service.recommender.dislike, "ban": service.recommender.ban}
        report = await service.files.run(partial(do[verb], *names, source="api", paths=False))
        return Response(as_bytes(opinions.signal(report.signals[0])), media_type="application/json")

    @api.delete("/taste/{signal_id}", responses=answers(SIGNAL, 403))
    async def take_back(
        signal_id: Annotated[int, Path(ge=1, le=_LARGEST_ID, description="The id of a signal.", examples=[7])],
    ) -> Response:
        """Take back one like, dislike or ban; the answer is what it was."""
        _check(service)
        found = await service.files.run(partial(service.recommender.take_back, signal_id))
        return Response(as_bytes(opinions.signal(found)), media_type="application/json")

    return api


def _check(service: Service) -> None:
    if not service.options.taste:
        raise Problem(
            403,
            "no-taste",
            "Clients may not like, dislike or ban here",
            "this server takes no likes, dislikes and bans",
            "whoever runs it can start it without `--no-taste`",
        )
