"""Journey: from one track to another in even steps."""

from dataclasses import dataclass, field
from typing import cast

from spotrec.operations.criteria import beside_seeds, criteria_of
from spotrec.operations.options import Narrowing, Options
from spotrec.operations.seeds import SeedFinder, TypedSeed
from spotrec.operations.session import Session
from spotrec.progress import Progress
from spotrec.query.journey import Step, travel
from spotrec.query.seed import SeedGroup, SeedKind, Seeds


@dataclass(frozen=True, slots=True)
class Journey:
    """The tracks from one track to another. The other fields are as in `operations.query.Recommendations`."""

    steps: list[Step]
    model: str
    index: str
    unknown: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def journey(
    session: Session,
    start: str | TypedSeed,
    end: str | TypedSeed,
    n: int,
    *,
    fetch: bool,
    paths: bool,
    options: Narrowing,
    progress: Progress | None,
) -> Journey:
    """See `Recommender.journey`."""
    with session.view(progress, paths=paths) as view:
        view.check_index()
        wanted = criteria_of(view, cast("Options", options))
        finder = SeedFinder(view, fetch=fetch)
        ends = finder.track(start), finder.track(end)
        groups = tuple(SeedGroup(one.track.name, SeedKind.TRACK, (one,), frozenset({one.track.id})) for one in ends)
        wanted = beside_seeds(view, wanted, cast("Options", options), Seeds(groups))
        embeddings = view.embeddings
        with embeddings.store.at_one_moment():
            index = view.index()
            found = travel(embeddings, index, view.tag_names, ends, n, wanted)
        return Journey(found.steps, embeddings.name, index.name, found.unknown, tuple(view.notes))
