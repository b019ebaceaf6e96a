"""The query parameters of recommendations and journeys, made from the options and filters that queries have.

FastAPI would look for each of two dozen parameters in every request, and check one after the other. Here a model checks
those that a request has at once, and OpenAPI describes them by the schema of the same model.
"""

import inspect
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, ValidationError, create_model

from spotrec.query.filters import FILTERS
from spotrec.serve.problems import Problem

LONGEST = 500
MOST = 50
"""How many values a repeated parameter may have."""

_Text = Annotated[str, Field(max_length=LONGEST)]


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


class QueryParameters:
    """Parameters that are read out of the query of a request.

    Args:
        others: names of parameters that something else reads.
    """

    def __init__(self, parameters: Sequence[Parameter], others: Sequence[str] = ()) -> None:
        self._names = [one.name for one in parameters]
        self._lists = frozenset(one.name for one in parameters if one.takes == list[str])
        self._others = frozenset(others)
        self._model: type[BaseModel] = create_model(
            "Query", **{one.option or one.name: _field(one) for one in parameters}
        )

    def read(self, request: Request) -> Given:
        """Return the values that a request gives. Of a parameter that is no list, the last value counts.

        Raises:
            RequestValidationError: a value is not valid.
            Problem: the request has a parameter that does not exist.
        """
        texts: dict[str, Any] = {}
        for name, text in request.query_params.multi_items():
            if name in self._lists:
                texts.setdefault(name, []).append(text)
            elif name not in self._others:
                texts[name] = text
        if unknown := texts.keys() - self._names:
            raise Problem(
                400,
                "bad-request",
                "The request is not valid",
                f"there is no parameter “{min(unknown)[:100]}”",
                f"parameters are {', '.join(self._names)}",
            )
        try:
            values = self._model.model_validate(texts)
        except ValidationError as invalid:
            faults = invalid.errors(include_url=False)
            raise RequestValidationError([{**one, "loc": ("query", *one["loc"])} for one in faults]) from invalid
        return {name: getattr(values, name) for name in values.model_fields_set}

    def described(self) -> list[dict[str, Any]]:
        """Return the parameters as OpenAPI describes them."""
        schemas = self._model.model_json_schema()["properties"]
        for schema in schemas.values():
            del schema["default"]  # no address can give null
        return [
            {"name": name, "in": "query", "required": False, "schema": schema, "description": schema["description"]}
            for name, schema in schemas.items()
        ]


def add_route(
    api: APIRouter,
    method: str,
    path: str,
    handler: Callable[..., Coroutine[Any, Any, Any]],
    parameters: Sequence[Parameter],
    **options: Any,
) -> None:
    """Add a route whose handler gets these query parameters as `given`. It needs a parameter `request` too.

    Args:
        options: of FastAPI's routes.
    """
    signature = inspect.signature(handler)
    own = [one for one in signature.parameters.values() if one.name != "given"]
    query = QueryParameters(parameters, [one.name for one in own])

    async def handle(**values: Any) -> Any:
        return await handler(**values, given=query.read(values["request"]))

    handle.__signature__ = signature.replace(  # type: ignore[attr-defined] # read by FastAPI
        parameters=[one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own]
    )
    handle.__name__, handle.__doc__ = handler.__name__, handler.__doc__
    described = {"parameters": query.described(), **options.pop("openapi_extra", {})}
    api.add_api_route(path, handle, methods=[method], openapi_extra=described, **options)


def _field(one: Parameter) -> Any:
    limits: dict[str, Any] = dict(one.limits)
    takes: Any = one.takes
    if takes == list[str]:
        takes, limits = list[_Text], {"max_length": MOST}
    elif takes is str:
        limits = {"max_length": LONGEST}
    title = one.name.replace("_", " ").title()
    examples = list(one.examples) or None
    return takes, Field(default=None, alias=one.name, title=title, description=one.help, examples=examples, **limits)
