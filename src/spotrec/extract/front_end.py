"""What comes before a network."""

from collections.abc import Callable
from dataclasses import dataclass

from spotrec.vectors import FloatArray


@dataclass(frozen=True, slots=True)
class FrontEnd:
    """What comes before the network: `prepare` makes its input of mono samples at `sample_rate_hz`.

    `prepare` is a function of a module: other processes find it by its name.
    """

    sample_rate_hz: int
    prepare: Callable[[FloatArray], FloatArray]
