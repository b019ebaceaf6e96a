"""The part of a catalogue that passes filters: clauses of the store, and what the network hears."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotrec.errors import IndexFault
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.store import Clause, Hearing
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.query.tag_conditions import TagCondition


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a track must be to be recommended at all: all of it must hold."""

    clauses: tuple[Clause, ...] = ()
    tags: "tuple[TagCondition, ...]" = ()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What passes, and by filter how many tracks do not only because it is not known of them."""

    neighbourhood: Neighbourhood
    unknown: dict[str, int]


def narrowed(within: Neighbourhood, conditions: Conditions, heard: Hearing, tag_names: Sequence[str]) -> Narrowed:
    """The part of a catalogue that passes.

    Raises:
        IndexFault: tags are asked for, and the index keeps none.
        UsageError: there is no such tag.
    """
    placed = [(condition, condition.position_in(tag_names)) for condition in conditions.tags]
    unknown: dict[str, int] = {}
    if conditions.clauses:
        selected = heard.select(conditions.clauses)
        within, unknown = within.among(selected.ids), selected.unknown
    if placed:
        within = within.among(_tagged(within, placed))
    return Narrowed(within, unknown)


def _tagged(within: Neighbourhood, conditions: "Sequence[tuple[TagCondition, int]]") -> set[TrackId]:
    passed: set[TrackId] = set()
    for block in within.blocks():
        if block.tags is None:
            raise IndexFault("the index keeps no tags: an earlier spotrec built it", "`spotrec index` builds it anew")
        holds = np.ones(len(block.ids), bool)
        for condition, position in conditions:
            holds &= condition.holds(block.tags[:, position])
        passed.update(TrackId(id_.decode()) for id_ in block.ids[holds].tolist())
    return passed
