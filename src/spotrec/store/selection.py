"""The tracks that pass a filter, found by one SQL statement."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from spotrec.names.artists import artist_keys
from spotrec.names.titles import normalised
from spotrec.store.database import Database, json_list
from spotrec.track import ModelId, TrackId

_WITH_EMBEDDING = """
    from track where in_catalogue
        and exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
"""

_TEXTS = """
    select text, json_group_array(id) as ids from (
        select title as text, id from track union all
        select album, id from track where album is not null union all
        select genre, id from track where genre is not null
    ) group by text
"""
_CREDITS = "select artists, json_group_array(id) from track where in_catalogue group by artists"
_ARTISTS_OF = "select distinct artists from track where id in (select value from json_each(:ids))"
_ARTISTS = "select distinct artists from track where instr(search_text, :prefilter)"


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition that a track must meet.

    Attributes:
        name: its key in `Selected.unknown`.
        sql: a condition on a row of `track`: true, false, or null if the track's value is not known.
        parameters: its named parameters; no two clauses share a name.
        is_ever_null: whether `sql` can be null at all.
    """

    name: str
    sql: str
    parameters: Mapping[str, object]
    is_ever_null: bool = True


@dataclass(frozen=True, slots=True)
class Selected:
    """The tracks that pass, and for each clause how many tracks fail only because their value is not known."""

    ids: set[TrackId]
    unknown: dict[str, int] = field(default_factory=dict)


class Selections:
    """The catalogue's tracks that pass filters."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def select(self, clauses: Sequence[Clause], model: ModelId) -> Selected:
        """Return the catalogue's tracks that have an embedding by `model` and meet every clause."""
        parameters: dict[str, object] = {"model": str(model)}
        for clause in clauses:
            parameters |= clause.parameters
        passes = " and ".join(f"({clause.sql})" for clause in clauses) or "true"
        ids = {TrackId(row[0]) for row in self._db.rows(f"select id {_WITH_EMBEDDING} and {passes}", parameters)}
        return Selected(ids, self._unknown(clauses, model))

    def failing(self, clauses: Sequence[Clause], model: ModelId) -> Selected | None:
        """Return the catalogue's tracks that do not meet every clause; None if they are more than half of it.

        It counts the same as `select` by `model`, and is faster where most tracks pass.
        """
        parameters = dict(pair for clause in clauses for pair in clause.parameters.items())
        passes = f"coalesce({' and '.join(f'({clause.sql})' for clause in clauses)}, false)"
        counts = self._db.row(f"select count(*), sum({passes}) from track where in_catalogue", parameters)  # noqa: S608 - clauses of ours
        assert counts is not None
        if 2 * (counts[1] or 0) < counts[0]:
            return None
        failing = self._db.rows(f"select id from track where in_catalogue and not {passes}", parameters)  # noqa: S608
        return Selected({TrackId(row[0]) for row in failing}, self._unknown(clauses, model))

    def _unknown(self, clauses: Sequence[Clause], model: ModelId) -> dict[str, int]:
        """Return by clause how many tracks that `model` has heard fail only because their value is not known."""
        if not any(clause.is_ever_null for clause in clauses):
            return {}
        parameters = {"model": str(model)} | {name: of for clause in clauses for name, of in clause.parameters.items()}
        passes = " and ".join(f"({clause.sql})" for clause in clauses)
        columns = ", ".join(f"sum(({clause.sql}) is null) as {clause.name}" for clause in clauses)
        counts = self._db.row(f"select {columns} {_WITH_EMBEDDING} and ({passes}) is null", parameters)
        assert counts is not None
        return {clause.name: counts[clause.name] for clause in clauses if counts[clause.name]}

    def ids_by_text(self, holds: Callable[[str], bool]) -> list[str]:
        """Return the tracks with a title, an album or a genre that `holds`; each text is looked at once."""
        return [id_ for text, ids in self._db.rows(_TEXTS) if holds(text) for id_ in json.loads(ids)]

    def artists_named(self, artist: str) -> list[str]:
        """Return the stored lists of artists (JSON) in which one artist has this name, or it as whole words.

        If there is no such artist, accents and apostrophes do not count.
        """
        words = normalised(artist)
        prefilter = words if any(c.isalnum() for c in words) else ""  # punctuation alone is not in the search text
        found = [row[0] for row in self._db.rows(_ARTISTS, {"prefilter": prefilter})]
        if lists := [stored for stored in found if any(_holds(name, words) for name in json.loads(stored))]:
            return lists
        every = [row[0] for row in self._db.rows(_ARTISTS, {"prefilter": ""})]
        return [stored for stored in every if any(_is_typed(name, artist) for name in json.loads(stored))]

    def artists(self, artist: str) -> list[str]:
        """Return the stored artists with this name, or with it as whole words."""
        lists = map(json.loads, self.artists_named(artist))
        return list(dict.fromkeys(name for names in lists for name in names))

    def every_artist(self) -> list[str]:
        """Return the names of all stored artists."""
        lists = (json.loads(row[0]) for row in self._db.rows(_ARTISTS, {"prefilter": ""}))
        return list(dict.fromkeys(name for names in lists for name in names))

    def every_album(self) -> list[str]:
        """Return the names of all stored albums."""
        return [row[0] for row in self._db.rows("select distinct album from track where album is not null", {})]

    def albums_named(self, album: str) -> list[str]:
        """Return the stored names of albums that are this name, or contain it as whole words, like `artists_named`."""
        words = normalised(album)
        stored = self.every_album()
        found = [name for name in stored if _holds(name, words)]
        return found or [name for name in stored if _is_typed(name, album)]

    def by_artist(self, artist: str, *, whole: bool = False) -> list[TrackId]:
        """Return all stored tracks of an artist; with `whole`, words of a longer name do not count."""
        lists = self.artists_named(artist)
        if whole:
            lists = [stored for stored in lists if any(_is_whole(name, artist) for name in json.loads(stored))]
        return self._with_value("artists", lists)

    def by_artists(self, artists: Collection[str]) -> list[TrackId]:
        """Return all stored tracks by any of these artists, whole names in any spelling; a second artist counts too."""
        keys = frozenset[str]().union(*map(artist_keys, artists))
        if not keys:
            return []
        stored = {row[0]: json.loads(row[0]) for row in self._db.rows(_ARTISTS, {"prefilter": ""})}
        return self._with_value(
            "artists", [text for text, names in stored.items() if any(keys & artist_keys(name) for name in names)]
        )

    def artists_of(self, track_ids: Iterable[TrackId]) -> list[str]:
        """Return the names of all artists of these tracks."""
        found = self._db.rows(_ARTISTS_OF, {"ids": json_list(track_ids)})
        return list(dict.fromkeys(name for row in found for name in json.loads(row[0])))

    def credits(self) -> Iterator[tuple[list[str], list[TrackId]]]:
        """Yield the catalogue's tracks by their artists: each list of artists, and the tracks that have it."""
        for artists, ids in self._db.rows(_CREDITS):
            yield json.loads(artists), [TrackId(id_) for id_ in json.loads(ids)]

    def on_album(self, album: str, *, whole: bool = False) -> list[TrackId]:
        """Return all stored tracks of an album; with `whole`, words of a longer name do not count."""
        names = self.albums_named(album)
        return self._with_value("album", [name for name in names if not whole or _is_whole(name, album)])

    def _with_value(self, column: str, values: list[str]) -> list[TrackId]:
        sql = f"select id from track where {column} in (select value from json_each(:values)) order by rowid"  # noqa: S608 - a column of ours
        return [TrackId(row[0]) for row in self._db.rows(sql, {"values": json.dumps(values)})]

    def key_spellings(self) -> list[str]:
        """Return every spelling of a musical key in the store."""
        return [row[0] for row in self._db.rows("select distinct musical_key from track where musical_key <> ''")]


def _holds(name: str, words: str) -> bool:
    """Return whether a name contains `words` (normalised) as whole words."""
    return f" {words} " in f" {normalised(name)} "


def _is_whole(name: str, words: str) -> bool:
    """Return whether words are the whole name, as people type it."""
    from spotrec.names.spellings import letters

    return letters(name) == letters(words)


def _is_typed(name: str, words: str) -> bool:
    """Return whether a name contains words as whole words, as people type them: `"Ke$ha"` contains `"kesha"`."""
    from spotrec.names.spellings import letters, typed  # most names are spelled as they are stored

    return f" {typed(words)} " in f" {typed(name)} " or (bool(words.strip()) and letters(words) == letters(name))
