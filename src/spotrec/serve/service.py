"""What all routers share: the recommender, the options, and the threads that do the work."""

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spotrec.serve.options import ServeOptions
from spotrec.serve.work import Work

if TYPE_CHECKING:
    from spotrec.recommender import Recommender

_MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Service:
    """One process of the service.

    Attributes:
        queries: threads for what takes milliseconds.
        hearing: threads for what fetches or hears audio.
    """

    recommender: "Recommender"
    options: ServeOptions
    queries: Work = field(init=False)
    hearing: Work = field(init=False)

    def __post_init__(self) -> None:
        n, timeout_s = os.cpu_count() or 1, self.options.timeout_s
        object.__setattr__(self, "queries", Work("query", n, _MOST_WAITING, timeout_s))
        object.__setattr__(
            self, "hearing", Work("hear", self.options.n_fetches, 8 * self.options.n_fetches, 4 * timeout_s)
        )

    def close(self) -> None:
        """Begin no new work."""
        self.queries.close()
        self.hearing.close()
