"""Tracks: found by id, by another id of the same recording, or by words."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict

from spotrec.names.titles import normalised
from spotrec.store import columns
from spotrec.store.collections import Collections
from spotrec.store.database import Database, json_list, now
from spotrec.store.succession import Succession
from spotrec.track import Collection, TempoAndKey, Track, TrackId

_MOST_WORDS = 32  # SQLite limits the depth of an expression

_ID_IN_USE = """
    select track_id from (
        select id as track_id, 0 as rank from track where id = :id
        union all select track_id, 1 from track_alias where alias = :id
        union all select id, 2 from track where isrc = :isrc
    ) order by rank limit 1
"""

_BY_ID_OR_ALIAS = """
    select * from track where id = :id
    union all
    select track.* from track_alias join track on track.id = track_alias.track_id where alias = :id
    limit 1
"""

_STORED_ID = """
    select id from track where id = :id
    union all
    select track_id from track_alias where alias = :id
    limit 1
"""

# the other track with an ISRC that becomes known for a track without one
_TWIN = """
    select other.id from track join track as other on other.isrc = :isrc and other.id <> track.id
    where track.id = :id and track.isrc is null
"""

_WHAT_ALIASES_MEAN = "select alias, track_id from track_alias where alias in (select value from json_each(:ids))"

_BY_IDS = "select * from track where id in (select value from json_each(:ids))"

_KNOWN = """
    select id from track where in_catalogue and id in (select value from json_each(:ids))
    union
    select alias from track_alias join track on id = track_id
    where in_catalogue and alias in (select value from json_each(:ids))
"""

_KNOWN_WITH_ISRC = _KNOWN.replace("where in_catalogue", "where isrc is not null and in_catalogue")

_IN_CATALOGUE = "select id from track where in_catalogue and id in (select value from json_each(:ids))"
# marks and rare letters may stand for other letters ("P!nk"): the words of such names are compared in any case
_LIKELY = """
    select * from (select track.*, replace(search_text, ' ', '') as letters from track)
    where ({likely}) or instr(title, '!') or instr(title, '$') or instr(artists, '!') or instr(artists, '$')
        or instr(search_text, ' n ') or search_text glob '*[{letters}]*'
    order by length(search_text), id
"""

_NOTE_TEMPO_AND_KEY = """
    update track set heard_bpm = :bpm, bpm_confidence = :bpm_confidence, heard_key = :key,
        key_confidence = :key_confidence, heard_by = :by
    where id = :id
"""

_ADD_ALIAS = "insert or replace into track_alias (alias, track_id) values (:alias, :id)"

_ADD_NEW_ALIAS = """
    insert or ignore into track_alias (alias, track_id)
    select :alias, :id where not exists (select 1 from track where id = :alias)
"""


class Tracks:
    """The stored tracks and their aliases."""

    def __init__(self, db: Database, collections: Collections, succession: Succession) -> None:
        self._db = db
        self._collections = collections
        self._succession = succession

    def add(
        self, tracks: Sequence[Track], collection: Collection | None = None, first_position: int = 0
    ) -> list[TrackId]:
        """Add or update tracks, and list them in `collection` from `first_position` on.

        If the store has another track with the same ISRC, the new id becomes an alias of that track. If both are
        stored, because the ISRC of one was not known before, they become one track. Tracks added without a collection
        count as crawled directly: they stay when a collection drops them.

        Returns:
            The id that the store uses for each track, in order.
        """
        with self._db.transaction():
            ids = [self._add(track, in_catalogue=True, crawled_singly=collection is None) for track in tracks]
            # a later track may have shown that an earlier one is an alias
            aliases = {row[0]: row[1] for row in self._db.rows(_WHAT_ALIASES_MEAN, {"ids": json_list(ids)})}
            ids = [TrackId(aliases.get(id_, id_)) for id_ in ids]
            if collection is not None:
                self._collections.put(collection, ids, first_position)
        return ids

    def of_files(self) -> Iterator[Track]:
        """Yield the tracks that are known by their files alone, by id."""
        for row in self._db.rows("select * from track where id like 'file:%' and path is not null order by id"):
            yield columns.track(row)

    def relabel(self, tracks: Iterable[Track]) -> None:
        """Give stored tracks of files other names and tags. A track whose file is elsewhere now stays as it is."""
        with self._db.transaction() as write:
            for track in tracks:
                parameters = columns.parameters(track, track.id, now(), in_catalogue=False, crawled_singly=False)
                for sql in (columns.FOLLOW, columns.RENAME):
                    write.execute(sql, parameters)

    def add_seed(self, track: Track) -> TrackId:
        """Add a track that is only used as a seed: it is not recommended unless it is also crawled."""
        return self._add(track, in_catalogue=False, crawled_singly=False)

    def note_tempo_and_key(self, heard: Mapping[TrackId, TempoAndKey], by: int) -> None:
        """Note what was heard of tracks, except of removed ones, and by which version of the hearing."""
        with self._db.transaction() as write:
            for track_id, one in heard.items():
                write.execute(_NOTE_TEMPO_AND_KEY, asdict(one) | {"id": self.stored_id(track_id), "by": by})

    def merge(self, track: Track, aliases: Iterable[TrackId]) -> tuple[TrackId, bool]:
        """Add a track of another store to the catalogue. Missing fields are filled; known ones do not change.

        Returns:
            The id that the store uses for it, and whether it is new.
        """
        with self._db.transaction() as write:
            id_ = self._united_id(track)
            is_new = self.is_gone(id_)
            parameters = columns.parameters(track, id_, now(), in_catalogue=True, crawled_singly=True)
            write.execute(columns.ADOPT if id_ != track.id else columns.UPSERT if is_new else columns.FILL, parameters)
            others = [{"alias": alias, "id": id_} for alias in {track.id, *aliases} - {id_}]
            write.executemany(_ADD_NEW_ALIAS, others)
        return id_, is_new

    def get(self, track_id: str) -> Track | None:
        """Return the track with this id or alias, or None."""
        row = self._db.row(_BY_ID_OR_ALIAS, {"id": track_id})
        return columns.track(row) if row else None

    def get_many(self, track_ids: Iterable[TrackId]) -> dict[TrackId, Track]:
        """Return the tracks with these ids; unknown ids are omitted."""
        return {TrackId(row["id"]): columns.track(row) for row in self._db.rows(_BY_IDS, {"ids": json_list(track_ids)})}

    def is_gone(self, track_id: TrackId) -> bool:
        """Return whether the track is not (or no longer) in the store, so that nothing may be stored for it."""
        return self._db.row("select 1 from track where id = :id", {"id": track_id}) is None

    def stored_id(self, track_id: TrackId) -> TrackId | None:
        """Return the id of the track with this id or alias, or None."""
        row = self._db.row(_STORED_ID, {"id": track_id})
        return TrackId(row[0]) if row else None

    def known(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these ids or aliases are in the catalogue."""
        return {TrackId(row[0]) for row in self._db.rows(_KNOWN, {"ids": json_list(track_ids)})}

    def known_with_isrc(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these ids or aliases are in the catalogue and have an ISRC."""
        return {TrackId(row[0]) for row in self._db.rows(_KNOWN_WITH_ISRC, {"ids": json_list(track_ids)})}

    def in_catalogue(self, track_ids: Iterable[TrackId]) -> set[TrackId]:
        """Return which of these ids are tracks of the catalogue. An index may also contain ids that are aliases now."""
        return {TrackId(row[0]) for row in self._db.rows(_IN_CATALOGUE, {"ids": json_list(track_ids)})}

    def aliases(self, track_id: TrackId) -> list[TrackId]:
        """Return the other ids of the recording, sorted."""
        sql = "select alias from track_alias where track_id = :id order by alias"
        return [TrackId(row[0]) for row in self._db.rows(sql, {"id": track_id})]

    def id_of(self, track: Track) -> TrackId:
        """Return the id that the store uses, or would use, for this recording: its own, or the one with its ISRC."""
        row = self._db.row(_ID_IN_USE, {"id": track.id, "isrc": track.isrc})
        return TrackId(row[0]) if row else track.id

    def of_recording(self, key: str | None) -> list[TrackId]:
        """Return the tracks whose title and artist make this key; see `recording_key`."""
        return [
            TrackId(row[0]) for row in self._db.rows("select id from track where recording_key = :key", {"key": key})
        ]

    def find_by_words(self, words: str, limit: int = 20) -> list[Track]:
        """Return tracks whose title and artists contain all of `words`; tracks with exactly this title come first."""
        wanted = normalised(words)
        patterns = [f"%{_escaped(word)}%" for word in list(dict.fromkeys(wanted.split()))[:_MOST_WORDS]]
        where = " and ".join(["search_text like ? escape '\\'"] * len(patterns)) or "0"
        sql = f"select * from track where {where} order by length(search_text), id limit ?"  # noqa: S608 - only marks
        found = [columns.track(row) for row in self._db.rows(sql, [*patterns, limit])]
        return sorted(found, key=lambda track: normalised(track.title) != wanted)

    def find_by_spelling(self, words: str, limit: int = 20, *, most_typos: int = 1) -> list[Track]:
        """Return tracks whose title and artists contain all of `words`, written as people type them.

        Accents and apostrophes do not count, and up to `most_typos` words may have one wrong letter; only tracks with
        the fewest wrong words are returned. It reads the whole catalogue: use it if `find_by_words` finds nothing.
        """
        from spotrec.names import spellings  # most words are spelled as they are stored

        wanted = list(dict.fromkeys(spellings.typed(words).split()))[:_MOST_WORDS]
        if not wanted:
            return []
        pieces = [_pieces(word, spellings.MIN_LETTERS) if most_typos else [word] for word in wanted]
        likely = " and ".join("(" + " or ".join(["instr(letters, ?)"] * len(each)) + ")" for each in pieces)
        sql = _LIKELY.format(letters="".join(spellings.LETTERS), likely=likely)
        found: dict[int, list[Track]] = {}
        for row in self._db.rows(sql, [piece for each in pieces for piece in each]):
            track = columns.track(row)
            wrong = spellings.typos(wanted, " ".join((track.title, *track.artists)), most=most_typos)
            if wrong is not None:
                found.setdefault(wrong, []).append(track)
        return found[min(found)][:limit] if found else []

    def _add(self, track: Track, *, in_catalogue: bool, crawled_singly: bool) -> TrackId:
        with self._db.transaction() as write:
            id_ = self._united_id(track)
            parameters = columns.parameters(track, id_, now(), in_catalogue=in_catalogue, crawled_singly=crawled_singly)
            if id_ == track.id:
                write.execute(columns.UPSERT, parameters)
            else:
                write.execute(_ADD_ALIAS, {"alias": track.id, "id": id_})
                for sql in (columns.FOLLOW, columns.RENAME, columns.ADOPT):
                    write.execute(sql, parameters)
        return id_

    def _united_id(self, track: Track) -> TrackId:
        """Return the id that the store uses for a recording, after it has made one track of two that share its ISRC."""
        id_ = self.id_of(track)
        if track.isrc and (twin := self._db.row(_TWIN, {"id": id_, "isrc": track.isrc})):
            return self._succession.unite(id_, TrackId(twin[0]))
        return id_


def _pieces(word: str, min_letters: int) -> list[str]:
    """Return pieces of a word of which each spelling with one wrong letter contains one."""
    if len(word) < min_letters:
        return [word]
    half = len(word) // 2
    swapped = word[: half - 1] + word[half] + word[half - 1] + word[half + 1 :]
    return [word[:half], word[half:], swapped]


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
