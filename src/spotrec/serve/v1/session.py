"""`/v1/session`: the page sends the token once, and gets a cookie that pictures and audio are asked with."""

from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from spotrec.serve.problems import Problem
from spotrec.serve.safety import tokens
from spotrec.serve.service import Service

_LASTS_S = 30 * 24 * 3600
_PATH = r"^/([A-Za-z0-9_.~%!$&'()*+,=:@-]+/)*$"
"""A path of an address that ends in a slash, with nothing that ends an attribute of a cookie."""


def router(service: Service) -> APIRouter:
    """Return the routes."""
    api = APIRouter(tags=["session"])
    options = service.options

    @api.get("/session")
    async def session() -> dict[str, bool]:
        """What this server needs and allows, for the page."""
        return {
            "needs_token": bool(options.token),
            "fetch": options.fetch,
            "crawl": options.crawl,
            "playlists": options.playlists,
            "taste": options.taste,
        }

    @api.post("/session", status_code=204)
    async def sign_in(
        token: Annotated[str, Body(embed=True, max_length=1000)],
        path: Annotated[
            str,
            Body(
                embed=True,
                max_length=200,
                pattern=_PATH,
                description="Where the page is: the cookie is for this path and what is below it.",
                examples=["/music/"],
            ),
        ] = "/",
    ) -> Response:
        """Send the token; the answer sets a cookie that stands for it."""
        if options.token and not tokens.is_same(token, options.token):
            raise Problem(
                401, "no-token", "A token is needed", "this is not the token", "ask whoever runs this server for it"
            )
        answer = Response(status_code=204)
        if options.token:
            value = tokens.cookie_of(options.token)
            answer.set_cookie(tokens.COOKIE, value, max_age=_LASTS_S, httponly=True, samesite="strict", path=path)
        return answer

    return api
