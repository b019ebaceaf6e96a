"""`/v1/stations`: saved queries and their lists; `/v1/heard`: what a client has played."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query, Request
from starlette.responses import Response

from spotrec.operations.as_json import ranked_tracks, saved_stations
from spotrec.operations.as_json.ranked_tracks import RECOMMENDATIONS
from spotrec.operations.as_json.saved_stations import HEARD, STATION, STATIONS
from spotrec.operations.options import EVERY
from spotrec.serve.answers import answer, as_bytes, for_the_web
from spotrec.serve.documentation import answers
from spotrec.serve.names import stored_names, web_id
from spotrec.serve.parameters import OF_A_QUERY, Given, add_route
from spotrec.serve.problems import Problem
from spotrec.serve.service import Service
from spotrec.store import Station

_PLACE = "page"
_MOST_HEARD = 200
_OF_A_STATION = tuple(one for one in OF_A_QUERY if one.name != "explain")

_Name = Annotated[str, Path(max_length=200, description="The name of a station.", examples=["Evening"])]
_NewName = Annotated[str, Query(max_length=200, description="The name of the station.", examples=["Evening"])]
_Every = Annotated[str, Query(max_length=10, description="How long a list stays: 12h, 1d, 2w.")]
_Replace = Annotated[bool, Query(description="Replace the station of this name.")]


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["stations"])

    @api.get("/stations", responses=answers(STATIONS))
    async def stations(request: Request) -> Response:
        """The saved stations, by name."""
        return answer(request, await service.queries.run(lambda: as_bytes(_all(service))))

    async def new(
        request: Request,  # noqa: ARG001 - `add_route` needs it
        name: _NewName,
        given: Given,
        every: _Every = EVERY,
        replace: _Replace = False,
    ) -> Response:
        """Save a query as a station. It takes the parameters of `/v1/recommendations`, but `explain`."""
        _check_may_change(service)
        names = (*given.get("like", ()), *given.get("unlike", ()))
        make = partial(_saved, service, name, given, every, replace)
        return Response(await service.fetched(names, make), 201, media_type="application/json")

    responses = answers(STATION, 403, status=201)
    add_route(api, "POST", "/stations", new, _OF_A_STATION, status_code=201, responses=responses)

    @api.get("/stations/{name:path}", responses=answers(RECOMMENDATIONS))
    async def station(request: Request, name: _Name) -> Response:
        """The list of a station as it is now, as `/v1/recommendations` answers. `/v1/heard` says what was played."""
        content, index = await service.fetched((f"station {name}",), partial(_list, service, name))
        return answer(request, content, index=index)

    @api.delete("/stations/{name:path}", responses=answers(STATION, 403))
    async def remove(request: Request, name: _Name) -> Response:
        """Forget a station. The answer is what it was."""
        _check_may_change(service)
        return answer(request, await service.queries.run(partial(_removed, service, name)))

    @api.post("/heard", responses=answers(HEARD, 403))
    async def heard(
        request: Request,
        track_ids: Annotated[
            list[Annotated[str, Body(max_length=200)]],
            Body(
                embed=True,
                max_length=_MOST_HEARD,
                description="Tracks that were played.",
                examples=[["spotify:track:4uLU6hMCjMI75M1A2tKUQC"]],
            ),
        ],
    ) -> Response:
        """Note that stored tracks were played now: stations leave them out for a while."""
        _check_may_change(service)
        note = partial(service.recommender.note_heard, *track_ids, place=_PLACE)
        noted = await service.queries.run(note)
        return answer(request, as_bytes({"noted": noted}))

    return api


def _check_may_change(service: Service) -> None:
    """Let only clients of this machine, or with a token, change what is saved.

    Raises:
        Problem: others may come here.
    """
    if not service.options.keeps_what_is_heard:
        raise Problem(
            403,
            "no-stations",
            "Clients may not change stations here",
            "this server answers everyone, so nobody may change stations or say what was heard",
            "whoever runs it can start it with a token",
        )


def _all(service: Service) -> list[dict[str, Any]]:
    return [_for_the_web(one) for one in service.recommender.stations()]


def _saved(service: Service, name: str, given: Given, every: str, replace: bool, fetch: bool) -> bytes:
    query = stored_names(service.recommender.session.store(), service.uploads, given)
    made = service.recommender.new_station(name, every=every, replace=replace, fetch=fetch, paths=False, **query)
    return as_bytes(_for_the_web(made.station))


def _list(service: Service, name: str, fetch: bool) -> tuple[bytes, str]:
    found = service.recommender.station(name, fetch=fetch).found
    return as_bytes(for_the_web(ranked_tracks.recommendations(found))), found.index


def _removed(service: Service, name: str) -> bytes:
    (removed,) = service.recommender.remove_stations(name)
    return as_bytes(_for_the_web(removed))


def _for_the_web(station: Station) -> dict[str, Any]:
    """Return a station without what is only for this machine: where its folders and its file are."""
    shown: dict[str, Any] = saved_stations.station(station)
    for part in ("seeds", "unlike"):
        shown[part] = [{**seed, "id": _web_name(seed["id"])} for seed in shown[part]]
    shown["options"] = {
        name: [_web_name(one) if isinstance(one, str) else one for one in value] if isinstance(value, list) else value
        for name, value in shown["options"].items()
    }
    address = shown["address"]
    shown["address"] = address if address and address.startswith("https://open.spotify.com/") else None
    shown["relative_to"] = None
    shown["to"] = "file" if shown["to"] not in (None, "spotify", "subsonic") else shown["to"]
    return shown


def _web_name(name: str) -> str:
    """Return a name of tracks by which clients know it; of a folder on this machine only its own name."""
    return web_id(name.rstrip("/").rpartition("/")[2] if name.startswith("/") else name)
