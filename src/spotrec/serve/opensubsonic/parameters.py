"""The parameters of a request: in its address, or in a form (the extension `formPost`)."""

from collections.abc import Iterable
from urllib.parse import parse_qsl

from starlette.requests import Request

from spotrec.serve.opensubsonic.failures import GENERIC, PARAMETER_MISSING, Failure

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 1000


class Parameters:
    """Parameters by name. Of one that is given twice, the first counts."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, str] = {}
        self._every: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, value)
            self._every.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter, or what counts without it."""
        return self._values.get(name, default)

    def every(self, name: str) -> list[str]:
        """Return all values of a parameter that may be given several times, without empty ones."""
        return [value for value in self._every.get(name, ()) if value]

    def need(self, name: str) -> str:
        """Return a parameter.

        Raises:
            Failure: it is missing, or empty.
        """
        if value := self.text(name):
            return value
        raise Failure(PARAMETER_MISSING, f"the parameter “{name}” is missing")

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a parameter as a whole number; one that is too small or too large counts as the limit.

        Raises:
            Failure: it is not a whole number.
        """
        value = self.text(name).strip()
        if not value:
            return default
        try:
            number = int(value[:20])
        except ValueError as exc:
            raise Failure(GENERIC, f"“{name}” is not a whole number") from exc
        return min(max(number, least), most)


async def parameters_of(request: Request) -> Parameters:
    """Return the parameters of a request."""
    pairs = list(request.query_params.multi_items())
    if request.method == "POST" and request.headers.get("content-type", "").lower().startswith(_FORM):
        body = (await request.body()).decode("utf-8", "replace")
        try:
            pairs += parse_qsl(body, keep_blank_values=True, errors="replace", max_num_fields=_MOST_FIELDS)
        except ValueError as exc:
            raise Failure(GENERIC, "the form has too many fields") from exc
    return Parameters(pairs)
