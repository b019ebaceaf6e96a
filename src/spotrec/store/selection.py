"""The tracks that a filter lets through, in one statement."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from spotrec.names.titles import normalised
from spotrec.store.database import Database
from spotrec.track import ModelId, TrackId

_HEARD = """
    from track where in_catalogue
        and exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
"""

_ARTISTS = "select distinct artists from track where instr(search_text, :prefilter)"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that must hold for a track to pass.

    Attributes:
        name: what `Selected.unknown` calls it.
        sql: about a row of `track`: true, false, or null where a track's value is not known.
        parameters: its named parameters; no two clauses share a name.
        is_ever_null: whether `sql` can be null at all.
    """

    name: str
    sql: str
    parameters: Mapping[str, object]
    is_ever_null: bool = True


@dataclass(frozen=True, slots=True)
class Selected:
    """The tracks that pass, and by value how many do not only because it is not known of them."""

    ids: set[TrackId]
    unknown: dict[str, int] = field(default_factory=dict)


class Selections:
    """The tracks of the catalogue that filters let through."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def select(self, clauses: Sequence[Clause], model: ModelId) -> Selected:
        """The catalogue's tracks, heard by `model`, for which every clause holds."""
        parameters: dict[str, object] = {"model": str(model)}
        for clause in clauses:
            parameters |= clause.parameters
        passes = " and ".join(f"({clause.sql})" for clause in clauses) or "true"
        ids = {TrackId(row[0]) for row in self._db.rows(f"select id {_HEARD} and {passes}", parameters)}
        if not any(clause.is_ever_null for clause in clauses):
            return Selected(ids)
        columns = ", ".join(f"sum(({clause.sql}) is null) as {clause.name}" for clause in clauses)
        counts = self._db.row(f"select {columns} {_HEARD} and ({passes}) is null", parameters)
        assert counts is not None
        return Selected(ids, {clause.name: counts[clause.name] for clause in clauses if counts[clause.name]})

    def artists_named(self, artist: str) -> list[str]:
        """The lists of artists, as they are stored (JSON), in which one has this name, or these whole words in it."""
        words = normalised(artist)
        prefilter = words if any(c.isalnum() for c in words) else ""  # a name of punctuation is no word to search for
        found = [row[0] for row in self._db.rows(_ARTISTS, {"prefilter": prefilter})]
        return [stored for stored in found if any(_holds(name, words) for name in json.loads(stored))]

    def albums_named(self, album: str) -> list[str]:
        """The stored names of albums that are this name, or hold it as whole words."""
        words = normalised(album)
        found = self._db.rows("select distinct album from track where album is not null", {})
        return [row[0] for row in found if _holds(row[0], words)]

    def key_spellings(self) -> list[str]:
        """Every way in which a stored track's key is written."""
        return [row[0] for row in self._db.rows("select distinct musical_key from track where musical_key <> ''")]


def _holds(name: str, words: str) -> bool:
    """Whether `words`, normalised, stand whole in a name."""
    return f" {words} " in f" {normalised(name)} "
