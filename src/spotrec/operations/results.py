"""What is answered: to a query, a journey, a build, a map."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spotrec.track import Track

if TYPE_CHECKING:
    from spotrec.query.journey import Step
    from spotrec.query.mood import Mood
    from spotrec.query.query import Recommendation
    from spotrec.query.seed import Seeds


@dataclass(frozen=True, slots=True)
class Recommendations:
    """The answer to a query. `model` and `index` say what was asked.

    Attributes:
        unknown: by filter, how many tracks it left out only because it is not known what they are.
    """

    seeds: "Seeds"
    results: "list[Recommendation]"
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)
    mood: "Mood | None" = None

    @property
    def seed(self) -> Track | None:
        """The track that was asked with, where it was one alone."""
        return self.seeds.likes[0].track if len(self.seeds.likes) == 1 else None


@dataclass(frozen=True, slots=True)
class Journey:
    """The tracks from one sound to another. The rest is as in `Recommendations`."""

    steps: "list[Step]"
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """A built index. `recall_at_10` is the share of the true ten nearest that it finds, where that was checked."""

    index: str
    folder: Path
    model: str
    backend: str
    n_tracks: int
    recall_at_10: float | None = None


@dataclass(frozen=True, slots=True)
class MapReport:
    """A map that was written. `left_out` tracks are not in the sample that it shows, `missing` not in the index."""

    html: Path | None
    png: Path | None
    colour: str
    n_tracks: int
    left_out: int
    missing: int
    index: str
