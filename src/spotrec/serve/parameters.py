"""The query parameters of recommendations and journeys, made from the options and filters that queries have."""

import inspect
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query, Request

from spotrec.query.filters import FILTERS
from spotrec.serve.problems import Problem

LONGEST = 500
MOST = 50
"""How many values a repeated parameter may have."""

_Text = Annotated[str, Query(max_length=LONGEST)]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query parameter.

    Attributes:
        name: in the address.
        takes: the type of its value.
        option: the name of the option that it is; by default the same.
    """

    name: str
    takes: Any
    help: str
    option: str = ""
    limits: tuple[tuple[str, float], ...] = ()
    examples: tuple[Any, ...] = ()


SEEDS = (
    Parameter(
        "track",
        list[str],
        "A seed: a link, URI or id on Spotify or Deezer, a track id, words of a stored title or artist; "
        "artist:NAME, album:NAME or collection:TITLE. Repeatable.",
        "like",
        examples=("https://open.spotify.com/track/4uLU6hMCjMI75M1A2tKUQC",),
    ),
    Parameter("unlike", list[str], "Avoid tracks that sound like this. Repeatable."),
    Parameter(
        "mood", str, "Tags that it should sound like; a minus before a tag means not.", examples=("chill -metal",)
    ),
    Parameter("mood_weight", float, "How much the mood counts beside seeds.", limits=(("ge", 0), ("le", 1))),
    Parameter("taste", bool, "Lean towards what is liked, and away from what is disliked: see /v1/taste."),
    Parameter("explain", bool, "Explain why each track is among the results."),
)
LIMITS = (
    Parameter("limit", int, "The largest number of results.", "n", limits=(("ge", 1), ("le", 1000))),
    Parameter("min_similarity", float, "Only tracks with at least this similarity.", limits=(("ge", -1), ("le", 1))),
    Parameter("diversity", float, "From 0 (most similar) to 1 (most varied).", limits=(("ge", 0), ("le", 1))),
    Parameter(
        "shuffle", int, "Put the results in a random order, fixed by this number.", limits=(("ge", 0), ("le", 2**31))
    ),
)
NARROWING = (
    Parameter("max_per_artist", int, "At most so many tracks of one artist.", limits=(("ge", 1), ("le", 1000))),
    Parameter(
        "exclude_known", list[str], "Leave out this collection (link or title), artist:NAME or album:NAME. Repeatable."
    ),
    *(Parameter(one.name, one.takes, one.help) for one in FILTERS),
)
OF_A_QUERY = (*SEEDS, *LIMITS, *NARROWING)
OF_AN_UPLOAD = (*(one for one in SEEDS if one.name != "track"), *LIMITS, *NARROWING)

Given = dict[str, Any]
"""Values by the names of options: only those that were given."""


def with_parameters(
    parameters: tuple[Parameter, ...], handler: Callable[..., Coroutine[Any, Any, Any]]
) -> Callable[..., Coroutine[Any, Any, Any]]:
    """Return a handler with these query parameters in place of its own parameter `given`.

    Raises (the handler):
        Problem: the request has a parameter that is not one of them.
    """
    signature = inspect.signature(handler)
    own = [one for one in signature.parameters.values() if one.name != "given"]
    options = {one.name: one.option or one.name for one in parameters}
    others = {one.name for one in own}

    async def handle(**values: Any) -> Any:
        request: Request = values["request"]
        if unknown := set(request.query_params) - options.keys() - others:
            raise Problem(
                400,
                "bad-request",
                "The request is not valid",
                f"there is no parameter “{min(unknown)[:100]}”",
                f"parameters are {', '.join(options)}",
            )
        given = {options[name]: values.pop(name) for name in options}
        return await handler(**values, given={name: value for name, value in given.items() if value is not None})

    handle.__signature__ = signature.replace(  # type: ignore[attr-defined] # read by FastAPI
        parameters=[*(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own), *map(_declared, parameters)]
    )
    handle.__name__, handle.__doc__ = handler.__name__, handler.__doc__
    return handle


def _declared(one: Parameter) -> inspect.Parameter:
    limits: dict[str, Any] = dict(one.limits)
    takes: Any = one.takes
    if takes is list[str]:
        takes, limits = list[_Text], {"max_length": MOST}
    elif takes is str:
        limits = {"max_length": LONGEST}
    query = Query(description=one.help, examples=list(one.examples) or None, **limits)
    return inspect.Parameter(
        one.name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[takes | None, query]
    )
