"""Requests of any kind that a service describes, and of kinds that it forbids (schemathesis)."""

from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from support.catalogue import song
from support.service import Served

_SEED = song(1).id


def ask_anything(service: Served, n_each: int) -> int:
    """Send up to `n_each` right and as many wrong requests to every operation; every second right one asks for a track
    that is there. Fails at the first answer that is a fault of the service. Returns how many were sent.
    """
    schema: Any = schemathesis.openapi.from_url(f"{service.url}/openapi.json")
    n_cases = 0
    for operation in (one.ok() for one in schema.get_all_operations()):
        for mode in schemathesis.GenerationMode:
            for n, case in enumerate(_drawn(operation.as_strategy(generation_mode=mode), n_each)):
                if n % 2 and mode is schemathesis.GenerationMode.POSITIVE:
                    _mean_something(case)
                n_cases += 1
                answer = case.call(timeout=30)
                assert answer.status_code < 500, (case.as_curl_command(), answer.text)
    return n_cases


def _mean_something(case: Any) -> None:
    if "track_id" in (case.path_parameters or {}):
        case.path_parameters["track_id"] = _SEED
    for name in ("track", "start", "end"):
        if name in (case.query or {}) or (name == "track" and case.path.endswith("recommendations")):
            case.query = {**(case.query or {}), name: _SEED}


def _drawn(strategy: Any, n: int) -> list[Any]:
    """Values of a strategy, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=n,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def draw(value: Any) -> None:
        found.append(value)

    with suppress(Unsatisfiable):  # an operation without parameters has no wrong ones
        draw()
    return found
