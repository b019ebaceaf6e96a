"""`/v1/playlists`: a playlist on Spotify or on the music server, made of tracks that a client lists."""

from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from spotrec.operations.as_json.playlists import PLAYLIST, PLAYLIST_TARGETS, playlist, playlist_target
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.problems import Problem
from spotrec.serve.service import Service
from spotrec.system.files import locked

_MOST_TRACKS = 1000
_LONGEST_ID = 200

_Target = Literal["spotify", "subsonic"]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["playlists"])

    @api.get("/playlists", responses=answers(PLAYLIST_TARGETS))
    async def targets(request: Request) -> Response:
        """Where clients may make playlists: the accounts that the server has, if it was started to allow this."""
        return answer(request, await service.files.run(lambda: as_bytes(_targets(service))))

    @api.post("/playlists", responses=answers(PLAYLIST, 403))
    async def make(
        name: Annotated[str, Body(max_length=200, description="The name of the playlist.", examples=["Like that"])],
        tracks: Annotated[
            list[Annotated[str, Body(max_length=_LONGEST_ID)]],
            Body(
                min_length=1,
                max_length=_MOST_TRACKS,
                description="Track ids, in order.",
                examples=[["spotify:track:4vLYewWIvqHfKtJDk8c8tq"]],
            ),
        ],
        to: Annotated[_Target, Body(description="Where: `subsonic` is the music server.")] = "spotify",
        public: Annotated[bool, Body(description="Make it visible to everyone.")] = False,
        dry_run: Annotated[bool, Body(description="Only answer what the playlist would contain.")] = True,
    ) -> Response:
        """Make a playlist with one of the server's accounts; without `dry_run: false`, only say what it would contain.

        Sent again, it makes no second playlist: the one on Spotify is continued, the one on the music server is
        written again if it differs.
        """
        if not service.options.playlists:
            raise Problem(
                403,
                "no-playlists",
                "Clients may not make playlists here",
                "this server makes no playlists for clients",
                "whoever runs it can start it with `--allow-playlists`",
            )
        content = await service.accounts.run(partial(_made, service, to, name, tracks, public=public, dry_run=dry_run))
        return Response(content, headers={"Cache-Control": "no-store"}, media_type="application/json")

    return api


def _targets(service: Service) -> list[dict[str, Any]]:
    known = service.recommender.playlist_targets() if service.options.playlists else []
    return [playlist_target(one) for one in known]


def _made(service: Service, to: _Target, name: str, tracks: list[str], *, public: bool, dry_run: bool) -> bytes:
    if to not in {one["to"] for one in _targets(service)}:
        raise Problem(
            404,
            "no-account",
            "The server has no such account",
            "no account on Spotify" if to == "spotify" else "no account on a music server",
            "GET /v1/playlists lists where playlists can be made",
        )
    recommender = service.recommender
    make = recommender.create_playlist if to == "spotify" else recommender.create_server_playlist
    with locked(service.folder / "playlists.lock"):  # two requests at once would make two playlists
        made = make(name, tracks, public=public, dry_run=dry_run)
    return as_bytes(for_the_web(playlist(made)))
