"""What is wanted of a query's results, checked once."""

from dataclasses import dataclass, field

from spotrec.errors import UsageError
from spotrec.query.narrowing import Conditions
from spotrec.track import TrackId

MAX_RESULTS = 1_000
DEFAULT_RESULTS = 10


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which tracks are wanted, and how many.

    Attributes:
        n: at most so many, 1 to 1000; None for 10, or with `min_similarity` for 1000.
        max_per_artist: at most so many by one artist (the first that a track names).
        diversity: 0 for those that answer best, up to 1 for those most unlike each other among the best.
        shuffle: give the results in an order drawn by this number.
        excluded: tracks of which no copy is wanted.

    Raises:
        UsageError: a value makes no sense.
    """

    n: int | None = None
    min_similarity: float | None = None
    max_per_artist: int | None = None
    diversity: float = 0.0
    shuffle: int | None = None
    conditions: Conditions = field(default_factory=Conditions)
    excluded: frozenset[TrackId] = frozenset()

    def __post_init__(self) -> None:
        if self.n is not None and not 1 <= self.n <= MAX_RESULTS:
            raise UsageError(f"`n` {self.n} makes no sense", f"ask for 1 to {MAX_RESULTS} tracks")
        if self.max_per_artist is not None and self.max_per_artist < 1:
            raise UsageError(f"`max_per_artist` {self.max_per_artist} makes no sense", "1 is the least")
        if self.min_similarity is not None and not -1 <= self.min_similarity <= 1:
            raise UsageError(f"`min_similarity` {self.min_similarity} makes no sense", "similarity is from -1 to 1")
        if not 0 <= self.diversity <= 1:
            raise UsageError(f"`diversity` {self.diversity} makes no sense", "it is from 0 to 1")

    @property
    def count(self) -> int:
        """At most how many."""
        return self.n or (DEFAULT_RESULTS if self.min_similarity is None else MAX_RESULTS)
