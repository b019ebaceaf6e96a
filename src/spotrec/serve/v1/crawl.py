"""`/v1/crawl` and `/v1/jobs`: links that clients queue, and how far they are."""

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Body, Path
from starlette.responses import Response, StreamingResponse

from spotrec.errors import BadLink, quoted
from spotrec.links import DeezerReference, ShortLinkReference, SpotifyReference, parse_link
from spotrec.operations.as_json.service import JOB
from spotrec.serve.answers import as_bytes
from spotrec.serve.documentation import answers
from spotrec.serve.parameters import LONGEST
from spotrec.serve.problems import Problem, busy
from spotrec.serve.service import Service

if TYPE_CHECKING:
    from spotrec.serve.jobs import Job

_EVERY_S = 0.25
_SILENCE_S = 15.0
_MOST_LISTENERS = 100

_JobId = Annotated[str, Path(max_length=32, description="The id of a job.", examples=["0123456789abcdef"])]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["crawl"])
    listeners: set[object] = set()

    @api.post("/crawl", status_code=202, responses=answers(JOB, 403, status=202))
    async def crawl(
        link: Annotated[
            str,
            Body(
                embed=True,
                max_length=LONGEST,
                description="A track, album or playlist on Spotify or Deezer.",
                examples=["https://open.spotify.com/album/2up3OPMp9Tb4dAKM2erWXQ"],
            ),
        ],
    ) -> Response:
        """Queue a link: its tracks are stored, heard and indexed. `GET /v1/jobs/{id}` says how far it is."""
        if not service.options.crawl:
            raise Problem(
                403,
                "no-crawl",
                "Clients may not crawl here",
                "this server takes no links to crawl",
                "whoever runs it can start it with `--allow-crawl`",
            )
        if not isinstance(parse_link(link), SpotifyReference | DeezerReference | ShortLinkReference):
            raise BadLink(f"{quoted(link)} is not a link to something on Spotify or Deezer")
        job = await service.files.run(partial(service.jobs.add, link.strip()))
        location = {"Location": f"jobs/{job.id}"}  # from this path: a proxy may have put another one before it
        return Response(as_bytes(_as_json(job)), 202, location, media_type="application/json")

    @api.get("/jobs/{job_id}", responses=answers(JOB))
    async def job(job_id: _JobId) -> Response:
        """How far a queued link is."""
        found = _existing(service, job_id)
        return Response(as_bytes(_as_json(found)), headers={"Cache-Control": "no-store"}, media_type="application/json")

    @api.get(
        "/jobs/{job_id}/events",
        responses={200: {"description": "Each change of the job.", "content": {"text/event-stream": {}}}},
        response_class=StreamingResponse,
    )
    async def events(job_id: _JobId) -> Response:
        """The job whenever it changes, as server-sent events, until it is over."""
        _existing(service, job_id)
        if len(listeners) >= _MOST_LISTENERS:
            raise busy()
        stream = _changes(service, job_id, listeners)
        return StreamingResponse(stream, headers={"Cache-Control": "no-store"}, media_type="text/event-stream")

    return api


def _existing(service: Service, job_id: str) -> "Job":
    found = service.jobs.get(job_id)
    if found is None:
        raise Problem(404, "no-job", "There is no such job", "there is no job with this id", "queue the link again")
    return found


async def _changes(service: Service, job_id: str, listeners: set[object]) -> AsyncIterator[bytes]:
    me, before, silent_s = object(), "", 0.0
    listeners.add(me)
    try:
        while (job := service.jobs.get(job_id)) and not service.is_ending():
            now = json.dumps(_as_json(job))
            if now != before:
                before, silent_s = now, 0.0
                yield f"data: {now}\n\n".encode()
            elif silent_s >= _SILENCE_S:
                silent_s = 0.0
                yield b": still here\n\n"
            if job.is_over:
                return
            await asyncio.sleep(_EVERY_S)
            silent_s += _EVERY_S
    finally:
        listeners.discard(me)


def _as_json(job: "Job") -> dict[str, Any]:
    return {
        "id": job.id,
        "link": job.link,
        "state": job.state,
        "step": job.step,
        "done": job.done,
        "total": job.total,
        "unit": job.unit,
        "result": job.result,
        "problem": job.problem,
    }
