"""The stored keys of recordings. Keys that were made by older rules are made again."""

import json
import sqlite3

from spotrec.errors import StoreDamaged, first_line, quoted
from spotrec.names.recordings import RULES_VERSION, recording_key, search_text
from spotrec.store.taste_keys import OF_NAMES, keys_of_names

_PAGE = 5_000
_RULES = {"rules": "recordings", "version": RULES_VERSION}

_TRACKS = """
    select rowid, title, artists, recording_key, search_text from track where rowid > :after order by rowid limit :limit
"""

_SAVE = "update track set recording_key = :recording_key, search_text = :search_text where rowid = :rowid"

_TASTE = "select id, thing, name, artists from taste"
_FORGET_NAMES = "delete from taste_key where " + " or ".join(f"key glob '{prefix}*'" for prefix in OF_NAMES)  # noqa: S608
_SAVE_NAME = "insert or ignore into taste_key (key, taste_id) values (?, ?)"


def has_current_keys(connection: sqlite3.Connection) -> bool:
    """Return whether today's rules made the stored keys."""
    sql = "select 1 from made_by where rules = :rules and version = :version"
    return connection.execute(sql, _RULES).fetchone() is not None


def make_keys(connection: sqlite3.Connection) -> None:
    """Bring the keys of all tracks, and of all that was liked or banned, to today's rules, in an open transaction."""
    after = -1
    while page := connection.execute(_TRACKS, {"after": after, "limit": _PAGE}).fetchall():
        connection.executemany(_SAVE, filter(None, map(_changed, page)))
        after = page[-1][0]
    connection.execute(_FORGET_NAMES)
    for id_, thing, name, artists in connection.execute(_TASTE).fetchall():
        keys = keys_of_names(thing, name, _list(name, artists))
        connection.executemany(_SAVE_NAME, [(key, id_) for key in keys])
    connection.execute("insert or replace into made_by (rules, version) values (:rules, :version)", _RULES)


def _changed(row: tuple[int, str, str, str | None, str]) -> dict[str, str | int | None] | None:
    """Return a track's keys if they differ from the stored ones, else None."""
    rowid, title, listed, *stored = row
    artists = _list(title, listed)
    keys = [recording_key(title, artists), search_text(title, artists)]
    return {"rowid": rowid, "recording_key": keys[0], "search_text": keys[1]} if keys != stored else None


def _list(title: str, listed: str) -> tuple[str, ...]:
    try:
        return tuple(json.loads(listed))
    except ValueError as exc:
        raise StoreDamaged(
            f"the artists of {quoted(title)} are not a list: {first_line(exc)}",
            "move the store away and crawl again, or restore a backup",
        ) from exc
