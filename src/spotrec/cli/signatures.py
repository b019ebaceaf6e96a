"""Several options in place of one parameter of a command, which gets what they say together."""

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

Option = inspect.Parameter
"""A parameter that typer makes an option of: see `option`."""


def option(name: str, annotation: Any, default: Any = None) -> Option:
    """Return an option of a command.

    Args:
        annotation: its type, `Annotated` with a `typer.Option`.
    """
    return Option(name, Option.KEYWORD_ONLY, default=default, annotation=annotation)


def with_options(
    command: Callable[..., None],
    parameter: str,
    options: Sequence[Option],
    value: Callable[[dict[str, Any]], Any],
    *,
    last: Sequence[Option] = (),
) -> Callable[..., None]:
    """Return the command with these options in place of a parameter.

    Args:
        value: the values of the options by name → the value of the parameter.
        last: more of these options, which stand after all others.
    """
    signature = inspect.signature(command)
    shown = list(signature.parameters.values())
    at = list(signature.parameters).index(parameter)
    shown[at : at + 1] = options
    shown = [one.replace(kind=Option.KEYWORD_ONLY) for one in (*shown, *last)]
    names = [one.name for one in (*options, *last)]

    @wraps(command)
    def run(**given: Any) -> None:
        own = {name: given.pop(name) for name in names}
        command(**given, **{parameter: value(own)})

    run.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined] # read by inspect
    run.__annotations__ = {one.name: one.annotation for one in shown}
    return run
