"""The step before a network: samples → its input."""

from collections.abc import Callable
from dataclasses import dataclass

from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """Makes a network's input: `prepare` takes mono samples at `sample_rate_hz`.

    `prepare` must be a module's function: other processes import it by name.
    """

    sample_rate_hz: int
    prepare: Callable[[FloatArray], FloatArray]
