"""Many tracks at once, each set in one statement: candidates of a query, and the tracks that a filter lets through."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from spotrec.names.titles import normalised
from spotrec.store import rows
from spotrec.store.database import StoreDatabase
from spotrec.store.embedding import Embedding
from spotrec.track import ModelId, Track, TrackId

_IDENTITY = """
    track.id, track.isrc, track.recording_key, (
        select group_concat(distinct audio_sha256) from embedding where embedding.track_id = track.id
    ) as audio
"""

_CANDIDATES = f"""
    select track.*, {_IDENTITY} from track
    where in_catalogue and track.id in (select value from json_each(:ids))
"""  # noqa: S608 - no part comes from outside

_IDENTITIES = f"""
    select {_IDENTITY} from track where track.id in (select value from json_each(:ids))
"""  # noqa: S608 - as above

_EMBEDDINGS = """
    select * from embedding where model = :model and track_id in (select value from json_each(:ids))
"""

_HEARD = """
    from track where in_catalogue
        and exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
"""

_ARTISTS = "select distinct artists from track where instr(search_text, :prefilter)"

_MEMBERS = """
    select distinct track_id from collection_track where collection_id in (select value from json_each(?))
"""


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
class Candidate:
    """A track that may be recommended. Two copies of one recording have an identity in common."""

    track: Track
    identities: frozenset[str]


@dataclass(frozen=True, slots=True)
class Selected:
    """The tracks that pass, and by value how many do not only because it is not known of them."""

    ids: set[TrackId]
    unknown: dict[str, int] = field(default_factory=dict)


class SelectionTable(StoreDatabase):
    """Sets of tracks."""

    def candidates(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Candidate]:
        """Those of these tracks that are in the catalogue."""
        found = self._all(_CANDIDATES, {"ids": rows.json_list(track_ids)})
        return {TrackId(row["id"]): Candidate(rows.track(row), _identities(row)) for row in found}

    def identities(self, track_ids: Iterable[TrackId]) -> frozenset[str]:
        """All that tells these recordings: whatever shares one of them is a copy (by ISRC, by name, by audio)."""
        found = self._all(_IDENTITIES, {"ids": rows.json_list(track_ids)})
        return frozenset[str]().union(*map(_identities, found))

    def embeddings(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, Embedding]:
        """What a model heard in those of these tracks that it has heard."""
        found = self._all(_EMBEDDINGS, {"ids": rows.json_list(track_ids), "model": str(model)})
        return {TrackId(row["track_id"]): rows.embedding(row) for row in found}

    def select(self, clauses: Sequence[Clause], model: ModelId) -> Selected:
        """The catalogue's tracks, heard by `model`, for which every clause holds."""
        parameters: dict[str, object] = {"model": str(model)}
        for clause in clauses:
            parameters |= clause.parameters
        passes = " and ".join(f"({clause.sql})" for clause in clauses) or "true"
        ids = {TrackId(row[0]) for row in self._all(f"select id {_HEARD} and {passes}", parameters)}
        if not any(clause.is_ever_null for clause in clauses):
            return Selected(ids)
        columns = ", ".join(f"sum(({clause.sql}) is null) as {clause.name}" for clause in clauses)
        counts = self._one(f"select {columns} {_HEARD} and ({passes}) is null", parameters)
        assert counts is not None
        return Selected(ids, {clause.name: counts[clause.name] for clause in clauses if counts[clause.name]})

    def artists_named(self, artist: str) -> list[str]:
        """The lists of artists, as they are stored (JSON), in which one has this name, or these whole words in it."""
        words = normalised(artist)
        prefilter = words if any(c.isalnum() for c in words) else ""  # a name of punctuation is no word to search for
        found = [row[0] for row in self._all(_ARTISTS, {"prefilter": prefilter})]
        return [stored for stored in found if any(_holds(name, words) for name in json.loads(stored))]

    def albums_named(self, album: str) -> list[str]:
        """The stored names of albums that are this name, or hold it as whole words."""
        words = normalised(album)
        found = self._all("select distinct album from track where album is not null", {})
        return [row[0] for row in found if _holds(row[0], words)]

    def key_spellings(self) -> list[str]:
        """Every way in which a stored track's key is written."""
        return [row[0] for row in self._all("select distinct musical_key from track where musical_key <> ''", {})]

    def members(self, collection_ids: Collection[str]) -> set[TrackId]:
        """The tracks that any of these collections lists."""
        return {TrackId(row[0]) for row in self._all(_MEMBERS, (rows.json_list(collection_ids),))}

    def collections_titled(self, title: str) -> list[str]:
        """The ids of the collections that are called so."""
        wanted = normalised(title)
        found = self._all("select id, title from collection order by id", {})
        return [row["id"] for row in found if normalised(row["title"]) == wanted]


def _identities(row: sqlite3.Row) -> frozenset[str]:
    tells = {f"id {row['id']}"}
    if row["isrc"]:
        tells.add(f"isrc {row['isrc']}")
    if row["recording_key"]:
        tells.add(f"name {row['recording_key']}")
    if row["audio"]:
        tells.update(f"audio {sha256}" for sha256 in row["audio"].split(","))
    return frozenset(tells)


def _holds(name: str, words: str) -> bool:
    """Whether `words`, normalised, stand whole in a name."""
    return f" {words} " in f" {normalised(name)} "
