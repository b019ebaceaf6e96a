"""The tracks that a filter lets through, in one statement."""

import json
from dataclasses import dataclass, field

from spotrec.names.titles import normalised
from spotrec.store.database import Database
from spotrec.track import ModelId, TrackId

# each is true, false, or null where a track's value is not known: so is all of them together
_CLAUSES = {
    "artist": """
        case when json_array_length(artists) then artists in (select value from json_each(:artists)) end
    """,
    "album": "album in (select value from json_each(:albums))",
    "collection": """
        id in (select track_id from collection_track
            where collection_id in (select value from json_each(:collections)))
    """,
    "year": """
        case when release_date glob '[0-9][0-9][0-9][0-9]*' and substr(release_date, 1, 4) <> '0000'
            then cast(substr(release_date, 1, 4) as integer) between :year_from and :year_to end
    """,
    "duration": "duration_ms between :duration_from and :duration_to",
    "explicit": "explicit = :explicit",
    "bpm": "bpm between :bpm_from and :bpm_to",
    "key": """
        case when musical_key in (select value from json_each(:known_keys))
            then musical_key in (select value from json_each(:keys)) end
    """,
}

_HEARD = """
    from track where in_catalogue
        and exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
"""

_ARTISTS = "select distinct artists from track where instr(search_text, :prefilter)"


@dataclass(frozen=True, slots=True)
class Span:
    """From a value to a value, both included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tracks to let through: those for which all of this holds. None: whatever it be.

    `artist` is an artist's name or whole words of it, `album` likewise; `keys` are spellings of the keys to let
    through, `known_keys` all spellings that name a key.
    """

    artist: str | None = None
    album: str | None = None
    collections: tuple[str, ...] | None = None
    year: Span | None = None
    duration_ms: Span | None = None
    explicit: bool | None = None
    bpm: Span | None = None
    keys: tuple[str, ...] | None = None
    known_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Selected:
    """The tracks that pass, and by value how many do not only because it is not known of them."""

    ids: set[TrackId]
    unknown: dict[str, int] = field(default_factory=dict)


class Selections:
    """The tracks of the catalogue that filters let through."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def select(self, wanted: Selection, model: ModelId) -> Selected:
        """The catalogue's tracks, heard by `model`, that pass."""
        parameters = self._parameters(wanted, model)
        given = [name for name, clause in _CLAUSES.items() if name in parameters]
        if not given:
            return Selected({TrackId(row[0]) for row in self._db.rows(f"select id {_HEARD}", parameters)})
        passes = " and ".join(f"({_CLAUSES[name]})" for name in given)
        ids = {TrackId(row[0]) for row in self._db.rows(f"select id {_HEARD} and {passes}", parameters)}
        if given == ["collection"]:  # what a collection lists is known of every track
            return Selected(ids)
        columns = ", ".join(f"sum(({_CLAUSES[name]}) is null) as {name}" for name in given)
        counts = self._db.row(f"select {columns} {_HEARD} and ({passes}) is null", parameters)
        assert counts is not None
        return Selected(ids, {name: counts[name] for name in given if counts[name]})

    def key_spellings(self) -> list[str]:
        """Every way in which a stored track's key is written."""
        return [row[0] for row in self._db.rows("select distinct musical_key from track where musical_key <> ''")]

    def _parameters(self, wanted: Selection, model: ModelId) -> dict[str, object]:
        """Named parameters, with the name of each clause that is to hold among them."""
        given: dict[str, object] = {"model": str(model)}
        if wanted.artist is not None:
            given |= {"artist": True, "artists": json.dumps(self._artists_named(wanted.artist))}
        if wanted.album is not None:
            given |= {"album": True, "albums": json.dumps(self._albums_named(wanted.album))}
        if wanted.collections is not None:
            given |= {"collection": True, "collections": json.dumps(wanted.collections)}
        for name, span in (("year", wanted.year), ("duration", wanted.duration_ms), ("bpm", wanted.bpm)):
            if span is not None:
                given |= {name: True, f"{name}_from": span.low, f"{name}_to": span.high}
        if wanted.explicit is not None:
            given |= {"explicit": wanted.explicit}
        if wanted.keys is not None:
            given |= {"key": True, "keys": json.dumps(wanted.keys), "known_keys": json.dumps(wanted.known_keys)}
        return given

    def _artists_named(self, artist: str) -> list[str]:
        """The lists of artists, as they are stored, of which one has this name."""
        words = normalised(artist)
        prefilter = words if any(c.isalnum() for c in words) else ""  # a name of punctuation is no word to search for
        found = [row[0] for row in self._db.rows(_ARTISTS, {"prefilter": prefilter})]
        return [stored for stored in found if any(_holds(name, words) for name in json.loads(stored))]

    def _albums_named(self, album: str) -> list[str]:
        words = normalised(album)
        found = self._db.rows("select distinct album from track where album is not null")
        return [row[0] for row in found if _holds(row[0], words)]


def _holds(name: str, words: str) -> bool:
    """Whether `words`, normalised, stand whole in a name."""
    return f" {words} " in f" {normalised(name)} "
