"""What a track must be to be recommended at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spotrec.errors import IndexFault
from spotrec.query.neighbourhood import Neighbourhood
from spotrec.store import FeatureStore, Hearing, Selection, Span
from spotrec.track import TrackId

if TYPE_CHECKING:
    from spotrec.query.tag_conditions import TagCondition


@dataclass(frozen=True, slots=True)
class Filters:
    """All of it must hold; None: whatever it be.

    Attributes:
        artist, album: a name, or whole words of it.
        collections: ids of collections, of which one lists the track.
        key: in the spelling of `musical_key.normalised_key`.
    """

    artist: str | None = None
    album: str | None = None
    collections: tuple[str, ...] | None = None
    year: Span | None = None
    duration_ms: Span | None = None
    explicit: bool | None = None
    bpm: Span | None = None
    key: str | None = None
    tags: "tuple[TagCondition, ...]" = ()


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What passes, and by value how many tracks do not only because it is not known of them."""

    neighbourhood: Neighbourhood
    unknown: dict[str, int]


def narrowed(within: Neighbourhood, filters: Filters, heard: Hearing, tag_names: Sequence[str]) -> Narrowed:
    """The part of a catalogue that passes.

    Raises:
        IndexFault: tags are asked for, and the index keeps none.
        UsageError: there is no such tag.
    """
    conditions = [(condition, condition.position_in(tag_names)) for condition in filters.tags]
    unknown: dict[str, int] = {}
    selection = _selection(filters, heard.store)
    if selection != Selection():
        selected = heard.select(selection)
        within, unknown = within.among(selected.ids), selected.unknown
    if conditions:
        within = within.among(_tagged(within, conditions))
    return Narrowed(within, unknown)


def _selection(filters: Filters, store: FeatureStore) -> Selection:
    keys: dict[str, str | None] = {}
    if filters.key is not None:
        from spotrec.names.keys import normalised_key

        keys = {spelling: normalised_key(spelling) for spelling in store.selection.key_spellings()}
    return Selection(
        artist=filters.artist,
        album=filters.album,
        collections=filters.collections,
        year=filters.year,
        duration_ms=filters.duration_ms,
        explicit=filters.explicit,
        bpm=filters.bpm,
        keys=None if filters.key is None else tuple(s for s, key in keys.items() if key == filters.key),
        known_keys=tuple(spelling for spelling, key in keys.items() if key),
    )


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
