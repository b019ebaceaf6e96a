"""Conditions of a query, on the store and on tags, and the part of a catalogue that passes them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotrec.query.neighbourhood import Neighbourhood, tag_columns
from spotrec.store import Clause, JointEmbeddings
from spotrec.track import TrackId, track_ids

if TYPE_CHECKING:
    from spotrec.query.tag_conditions import TagCondition


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions that a track must meet to be recommended, all of them.

    Attributes:
        excluded: tracks to omit; unlike those of `Criteria`, without their copies.
    """

    clauses: tuple[Clause, ...] = ()
    tags: "tuple[TagCondition, ...]" = ()
    excluded: frozenset[TrackId] = frozenset()


@dataclass(frozen=True, slots=True)
class Passing:
    """The tracks that pass, and by filter how many fail only because their value is not known."""

    neighbourhood: Neighbourhood
    unknown: dict[str, int]


def passing_tracks(
    within: Neighbourhood, conditions: Conditions, embeddings: JointEmbeddings, tag_names: Sequence[str]
) -> Passing:
    """Return the part of a catalogue that passes.

    Raises:
        IndexFault: there are conditions on tags, and the index has no tags.
        UsageError: the model has no such tag.
    """
    placed = [
        (condition, condition.position_in(tag_names))
        for condition in conditions.tags
        if not condition.if_heard or condition.name in tag_names
    ]
    unknown: dict[str, int] = {}
    if conditions.clauses:
        if (failing := embeddings.failing(conditions.clauses)) is not None:
            within, unknown = within.without(failing.ids), failing.unknown
        else:
            selected = embeddings.select(conditions.clauses)
            within, unknown = within.among(selected.ids), selected.unknown
    if conditions.excluded:
        within = within.without(conditions.excluded)
    if placed:
        within = within.among(_tagged(within, placed))
    return Passing(within, unknown)


def _tagged(within: Neighbourhood, conditions: "Sequence[tuple[TagCondition, int]]") -> set[TrackId]:
    passed: set[TrackId] = set()
    for block in within.blocks():
        tags = tag_columns(block, [position for _, position in conditions])
        holds = np.ones(len(block.ids), bool)
        for (condition, _), probabilities in zip(conditions, tags.T, strict=True):
            holds &= condition.holds(probabilities)
        passed.update(track_ids(block.ids[holds].tolist()))
    return passed
