"""What was liked, disliked and banned: tracks, artists and albums.

It refers to no stored track, so it stays when tracks are removed, and counts again when they are crawled again: a thing
is known by its keys (`taste_keys.py`), and two things that share a key are one. Of a thing, the store has at most one
opinion, a like or a dislike, and at most one ban.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from spotrec.store.database import Database, json_list, now
from spotrec.store.taste_keys import keys_of_artists_and_album, keys_of_names, without_names
from spotrec.system.digests import sha256
from spotrec.track import Track, TrackId

_IN_IDS = "in (select value from json_each(:ids))"

# the keys of stored tracks; `name` is made by the same rules as a track's recording_key
_KEYS = f"""
    select id as track_id, 'id ' || id as key from track where id {_IN_IDS}
    union all select id, 'isrc ' || isrc from track where id {_IN_IDS}
    union all select id, 'name ' || recording_key from track where id {_IN_IDS}
    union all select track_id, 'id ' || alias from track_alias where track_id {_IN_IDS}
    union all select track_id, 'id subsonic:' || server || ':' || item_id from server_item where track_id {_IN_IDS}
    union all select track_id, 'audio ' || audio_sha256 from embedding where track_id {_IN_IDS}
    union all select track_id, 'sound ' || sound from local_file where track_id {_IN_IDS}
"""  # noqa: S608 - no part comes from outside

# a name is no key of its own here: a copy by name may have copies by audio
_COPIES = """
    select :id as id
    union select copy.id from track join track as copy using (recording_key) where track.id = :id
    union select copy.track_id from embedding join embedding as copy using (audio_sha256) where embedding.track_id = :id
    union select copy.track_id from local_file join local_file as copy using (sound) where local_file.track_id = :id
"""

_WHAT_IS_BANNED = """
    select exists (select 1 from taste where verb = 'ban' and thing = 'track'),
        exists (select 1 from taste where verb = 'ban' and thing <> 'track')
"""
# a cross join keeps the order of its tables: each key is looked up, whatever number of bans there is
_BANNED_TRACKS = f"""
    select distinct own.track_id from ({_KEYS}) as own
    cross join taste_key on taste_key.key = own.key cross join taste on taste.id = taste_id
    where verb = 'ban' and thing = 'track'
"""  # noqa: S608 - as above
_BANNED_KEYS = """
    select distinct taste_key.key from json_each(:keys) as given
    cross join taste_key on taste_key.key = given.value cross join taste on taste.id = taste_id
    where verb = 'ban'
"""

_BANNED_IDS = """
    select substr(key, 4) from taste join taste_key on taste_id = taste.id
    where verb = 'ban' and thing = 'track' and key glob 'id *'
"""

_ANY_OPINION = "select 1 from taste where verb <> 'ban' and thing = 'track' limit 1"
_OPINIONS_OF = f"""
    select own.track_id, verb, said_at from ({_KEYS}) as own
    cross join taste_key on taste_key.key = own.key cross join taste on taste.id = taste_id
    where verb <> 'ban' and thing = 'track' order by said_at
"""  # noqa: S608 - as above

_SAME = """
    select distinct taste.* from taste_key join taste on taste.id = taste_id
    where thing = :thing and verb in (select value from json_each(:verbs))
        and key in (select value from json_each(:keys))
    order by taste.id
"""
_SIGNALS = """
    select * from taste where verb in (select value from json_each(:verbs)) order by said_at desc, id desc limit :limit
"""
_KEYS_OF_SIGNALS = "select taste_id, key from taste_key where taste_id in (select value from json_each(:ids))"

_INSERT = """
    insert into taste (id, thing, verb, name, artists, track_id, source, said_at)
    values (:id, :thing, :verb, :name, :artists, :track_id, :source, :said_at)
"""
_INSERT_KEY = "insert into taste_key (key, taste_id) values (?, ?)"
_DELETE = (
    "delete from taste_key where taste_id in (select value from json_each(:ids))",
    "delete from taste where id in (select value from json_each(:ids))",
)

# every part reads an index; the recordings of an artist are those whose key begins with the name
_STORED = """
    select taste_id, track.id, 0 as rank from taste_key join track on track.id = substr(key, 4)
        where key glob 'id *' and taste_id in (select value from json_each(:ids))
    union select taste_id, track_alias.track_id, 0 from taste_key join track_alias on alias = substr(key, 4)
        where key glob 'id *' and taste_id in (select value from json_each(:ids))
    union select taste_id, track.id, 1 from taste_key join track on track.isrc = substr(key, 6)
        where key glob 'isrc *' and taste_id in (select value from json_each(:ids))
    union select taste_id, track.id, 2 from taste_key join track on track.recording_key = substr(key, 6)
        where key glob 'name *' and taste_id in (select value from json_each(:ids))
    union select taste_id, embedding.track_id, 3 from taste_key join embedding on audio_sha256 = substr(key, 7)
        where key glob 'audio *' and taste_id in (select value from json_each(:ids))
    union select taste_id, track.id, 4 from taste_key
        join track on recording_key > substr(key, 8) || char(9) and recording_key < substr(key, 8) || char(10)
        where key glob 'artist *' and taste_id in (select value from json_each(:ids))
    order by rank, 2
"""
_OF_AN_ARTIST = """
    select id, album from track
    where recording_key > :artist || char(9) and recording_key < :artist || char(10) and album is not null order by id
"""
_ON_AN_ALBUM = "select id, album from track where album = :album order by id"


class Thing(StrEnum):
    """What may be liked, disliked or banned."""

    TRACK = "track"
    ARTIST = "artist"
    ALBUM = "album"


class Verb(StrEnum):
    """What was said of a thing."""

    LIKE = "like"
    DISLIKE = "dislike"
    BAN = "ban"


OPINIONS = (Verb.LIKE, Verb.DISLIKE)


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing, with what it is known by.

    Attributes:
        name: the title of a track or an album, the name of an artist.
        artists: of a track, its artists; of an artist, other spellings; of an album, whose it is, or nobody.
        track_id: of a track.
        keys: what it is known by besides its names.
    """

    thing: Thing
    name: str
    artists: tuple[str, ...] = ()
    track_id: TrackId | None = None
    keys: frozenset[str] = frozenset()

    @property
    def all_keys(self) -> set[str]:
        """Everything that it is known by."""
        return {*self.keys, *keys_of_names(self.thing, self.name, self.artists)}


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing that was said: `source` is where, `said_at` when (ISO 8601, UTC)."""

    id: int
    verb: Verb
    subject: Subject
    source: str
    said_at: str


class Taste:
    """The opinions and bans. Each method that writes is one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def subject(self, track: Track) -> Subject:
        """Return a stored track as a subject, known by all ids and audio of its copies."""
        copies = [row[0] for row in self._db.rows(_COPIES, {"id": track.id})]
        keys = (row["key"] for row in self._db.rows(_KEYS, {"ids": json_list(copies)}) if row["key"])
        known = frozenset(without_names(keys)) | {f"id {track.id}"}
        return Subject(Thing.TRACK, track.title, track.artists, track.id, known)

    def say(
        self, verb: Verb, subjects: Sequence[Subject], source: str, said_at: str | None = None, *, keep: bool = False
    ) -> int:
        """Note the same of some things, in place of an opinion, or of a ban, that the store has of them.

        Args:
            said_at: when it was said, if not now; then what was said of a thing at that time or later stays.
            keep: whether a like stays.

        Returns:
            Of how many it was noted.
        """
        with self._db.transaction() as write:
            return sum(self._say(write, verb, one, source, said_at, keep=keep) for one in subjects)

    def about(self, verbs: Iterable[Verb], subject: Subject) -> list[Signal]:
        """Return what was said of a thing with these verbs."""
        return self._signals(self._same(verbs, subject))

    def signals(self, verbs: Iterable[Verb] = tuple(Verb), limit: int = -1, *, with_keys: bool = True) -> list[Signal]:
        """Return what was said, the latest first; at most `limit` of it if `limit` is not negative."""
        rows = self._db.rows(_SIGNALS, {"verbs": json_list(verbs), "limit": limit})
        return self._signals(rows) if with_keys else [_signal(row, ()) for row in rows]

    def get(self, signal_id: int) -> Signal | None:
        """Return the signal with this number, or None."""
        found = self._signals(self._db.rows("select * from taste where id = :id", {"id": signal_id}))
        return found[0] if found else None

    def take_back(self, ids: Iterable[int]) -> None:
        """Forget signals."""
        with self._db.transaction() as write:
            for sql in _DELETE:
                write.execute(sql, {"ids": json.dumps(list(ids))})

    def has_bans(self) -> bool:
        """Return whether anything is banned."""
        return self._db.row("select 1 from taste where verb = 'ban' limit 1") is not None

    def state_of_bans(self) -> str:
        """Return a text that changes when something is banned or allowed again; empty without bans."""
        found = self._db.rows("select id, said_at from taste where verb = 'ban' order by id")
        return sha256(repr([tuple(row) for row in found]).encode()) if found else ""

    def banned(self, tracks: Mapping[TrackId, Track]) -> set[TrackId]:
        """Return which of these stored tracks are banned: themselves or a copy, one of their artists, or their album.

        Without bans it costs one look into an index; with bans, as much as there are tracks, not bans.
        """
        are_banned = self._db.row(_WHAT_IS_BANNED)
        assert are_banned is not None
        banned: set[TrackId] = set()
        if are_banned[0]:
            banned |= {TrackId(row[0]) for row in self._db.rows(_BANNED_TRACKS, {"ids": json_list(tracks)})}
        if are_banned[1]:
            keys = {id_: keys_of_artists_and_album(track) for id_, track in tracks.items()}
            every = json_list(set[str]().union(*keys.values()))
            found = {row[0] for row in self._db.rows(_BANNED_KEYS, {"keys": every})}
            banned |= {id_ for id_, own in keys.items() if not own.isdisjoint(found)}
        return banned

    def banned_ids(self) -> set[TrackId]:
        """Return the ids by which banned tracks are known, of stored tracks or not."""
        return {TrackId(row[0]) for row in self._db.rows(_BANNED_IDS)}

    def of_tracks(self, track_ids: Iterable[TrackId]) -> dict[TrackId, tuple[Verb, str]]:
        """Return the latest opinion of each of these stored tracks, or of a copy, and when it was said.

        Tracks of which nothing was said are omitted; so is what was said of artists and albums.
        """
        if not self._db.row(_ANY_OPINION):
            return {}
        rows = self._db.rows(_OPINIONS_OF, {"ids": json_list(track_ids)})
        return {TrackId(track_id): (Verb(verb), said_at) for track_id, verb, said_at in rows}

    def stored(self, signals: Sequence[Signal]) -> dict[int, list[TrackId]]:
        """Return, by signal, the stored tracks that it is about: a track's copies, best first; of an artist or an album
        the tracks whose first artist it names.
        """
        found: dict[int, list[TrackId]] = {one.id: [] for one in signals}
        ids = json.dumps([one.id for one in signals if one.subject.thing is not Thing.ALBUM])
        for taste_id, track_id, _ in self._db.rows(_STORED, {"ids": ids}):
            found[taste_id].append(TrackId(track_id))
        for one in signals:
            if one.subject.thing is Thing.ALBUM:
                found[one.id] = self._on_album(one.subject)
        return {id_: list(dict.fromkeys(tracks)) for id_, tracks in found.items()}

    def _on_album(self, album: Subject) -> list[TrackId]:
        from spotrec.names.titles import normalised, song_title

        if not album.artists:
            return [TrackId(row[0]) for row in self._db.rows(_ON_AN_ALBUM, {"album": album.name})]
        title = song_title(album.name)
        rows = (row for one in album.artists for row in self._db.rows(_OF_AN_ARTIST, {"artist": normalised(one)}))
        return [TrackId(row[0]) for row in rows if song_title(row[1]) == title]

    def _say(
        self,
        write: sqlite3.Connection,
        verb: Verb,
        subject: Subject,
        source: str,
        said_at: str | None,
        *,
        keep: bool,
    ) -> bool:
        before = self._same([Verb.BAN] if verb is Verb.BAN else OPINIONS, subject)
        if keep and any(row["verb"] == Verb.LIKE for row in before):
            return False
        if said_at and any(row["said_at"] >= said_at for row in before):
            return False
        ids = json.dumps([row["id"] for row in before])
        old = (row["key"] for row in write.execute(_KEYS_OF_SIGNALS, {"ids": ids}).fetchall())
        keys = subject.all_keys | set(without_names(old))
        for sql in _DELETE:
            write.execute(sql, {"ids": ids})
        row = {
            "id": before[0]["id"] if before else None,  # a client may name it again
            "thing": subject.thing,
            "verb": verb,
            "name": subject.name,
            "artists": json.dumps(subject.artists),
            "track_id": subject.track_id,
            "source": source,
            "said_at": said_at or now(),
        }
        id_ = write.execute(_INSERT, row).lastrowid
        write.executemany(_INSERT_KEY, [(key, id_) for key in sorted(keys)])
        return True

    def _same(self, verbs: Iterable[Verb], subject: Subject) -> list[sqlite3.Row]:
        keys = {"thing": subject.thing, "verbs": json_list(verbs), "keys": json_list(subject.all_keys)}
        return self._db.rows(_SAME, keys)

    def _signals(self, rows: Sequence[sqlite3.Row]) -> list[Signal]:
        keys: dict[int, list[str]] = {}
        for row in self._db.rows(_KEYS_OF_SIGNALS, {"ids": json.dumps([row["id"] for row in rows])}):
            keys.setdefault(row["taste_id"], []).append(row["key"])
        return [_signal(row, keys.get(row["id"], [])) for row in rows]


def _signal(row: sqlite3.Row, keys: Iterable[str]) -> Signal:
    subject = Subject(
        Thing(row["thing"]),
        row["name"],
        tuple(json.loads(row["artists"])),
        None if row["track_id"] is None else TrackId(row["track_id"]),
        frozenset(without_names(keys)),
    )
    return Signal(row["id"], Verb(row["verb"]), subject, row["source"], row["said_at"])
