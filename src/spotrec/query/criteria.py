"""The conditions for a query's results, validated once."""

from dataclasses import dataclass, field

from spotrec.errors import UsageError
from spotrec.query.conditions import Conditions
from spotrec.track import TrackId

MAX_RESULTS = 1_000
DEFAULT_RESULTS = 10


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which tracks to return, and how many.

    Attributes:
        n: the largest number of results, 1 to 1000; None for 10, or with `min_similarity` for 1000.
        max_per_artist: at most this many tracks per artist; the first artist of a track counts.
        diversity: 0 for the best results, up to 1 for results that differ most from each other.
        shuffle: return the results in a random order that this seed number determines.
        excluded: tracks to omit, with all their copies.

    Raises:
        UsageError: a value is out of range.
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
            raise UsageError(f"`n` must be 1 to {MAX_RESULTS}, not {self.n}", f"{DEFAULT_RESULTS} is the default")
        if self.max_per_artist is not None and self.max_per_artist < 1:
            raise UsageError(f"`max_per_artist` must be 1 or more, not {self.max_per_artist}", "choose 1 or more")
        if self.min_similarity is not None and not -1 <= self.min_similarity <= 1:
            raise UsageError(f"`min_similarity` must be -1 to 1, not {self.min_similarity}", "similarity is a cosine")
        if not 0 <= self.diversity <= 1:
            raise UsageError(f"`diversity` must be 0 to 1, not {self.diversity}", "0 is off, 0.3 is a good start")

    @property
    def count(self) -> int:
        """The largest number of results."""
        return self.n or (DEFAULT_RESULTS if self.min_similarity is None else MAX_RESULTS)
