"""The store's tables, as numbered migrations.

A migration that has shipped is never edited: a change of schema is a new function at the end of `MIGRATIONS`.
SQLite's `user_version` is the number of applied migrations; `application_id` marks the file as a spotrec store.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from spotrec.errors import StoreDamaged, StoreTooNew
from spotrec.store.keys import has_current_keys, make_keys

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = 0x53504F54  # "SPOT"

TABLES_OF_TRACKS = (
    *("collection_track", "dropped_track", "track_alias", "local_file"),
    *("preview_outcome", "audio", "embedding", "failure", "server_item"),
    *("heard", "fingerprint"),
)
"""The tables with rows that refer to a track by `track_id`."""


def m001_create_tables(db: "Database") -> None:
    """Tracks, collections, preview outcomes, audio, embeddings, failures."""
    track = ("track_id", "track", "id")
    db.table("track").create(
        {
            "id": str,
            "title": str,
            "artists": str,  # JSON list
            "album": str,
            "isrc": str,
            "duration_ms": int,
            "release_date": str,
            "explicit": int,
            "url": str,
            "path": str,
            "preview_url": str,
            "recording_key": str,  # titles.recording_key: equal for copies of one recording
            "search_text": str,  # normalised title and artists
            "in_catalogue": int,  # 0: only used as a seed, never crawled; not recommended
            "added_at": str,
        },
        pk="id",
        not_null={"title", "artists", "search_text", "in_catalogue", "added_at"},
    )
    db.table("track").create_index(["isrc"], unique=True)
    db.table("track").create_index(["recording_key"])
    db.table("track_alias").create(
        {"alias": str, "track_id": str}, pk="alias", not_null={"track_id"}, foreign_keys=[track]
    )
    db.table("local_file").create(
        {"path": str, "n_bytes": int, "mtime_ns": int, "track_id": str},
        pk="path",
        not_null={"n_bytes", "mtime_ns", "track_id"},
        foreign_keys=[track],
    )
    db.table("collection").create(
        {"id": str, "kind": str, "title": str, "url": str, "crawled_at": str},
        pk="id",
        not_null={"kind", "title"},
    )
    db.table("collection_track").create(
        {"collection_id": str, "position": int, "track_id": str},
        pk=("collection_id", "position"),
        not_null={"track_id"},
        foreign_keys=[("collection_id", "collection", "id"), track],
    )
    db.table("collection_track").create_index(["track_id"])
    db.table("preview_outcome").create(
        {
            "track_id": str,
            "provider": str,
            "outcome": str,
            "reason": str,
            "reference": str,  # the provider's lasting id for the preview, never a signed URL
            "asked_at": str,
            "ask_again_at": str,
        },
        pk=("track_id", "provider"),
        not_null={"outcome", "asked_at"},
        foreign_keys=[track],
    )
    db.table("audio").create(
        {
            "track_id": str,
            "address": str,  # <cache>/<key>, or (owned 0) the path of a user's own file
            "owned": int,
            "sha256": str,
            "n_bytes": int,
            "provider": str,
            "keep": int,  # 1: extracted with --keep-audio
            "stored_at": str,
            "deleted_at": str,
        },
        pk="track_id",
        not_null={"address", "owned", "sha256", "n_bytes", "provider", "keep", "stored_at"},
        foreign_keys=[track],
    )
    db.table("audio").create_index(["sha256"])
    db.table("embedding").create(
        {
            "track_id": str,
            "model": str,
            "vector": bytes,  # float32, little-endian
            "tags": bytes,  # float32, little-endian
            "provider": str,
            "audio_sha256": str,
            "created_at": str,
        },
        pk=("track_id", "model"),
        not_null={"vector", "tags", "provider", "audio_sha256", "created_at"},
        foreign_keys=[track],
    )
    db.table("embedding").create_index(["audio_sha256"])
    db.table("failure").create(
        {"track_id": str, "stage": str, "reason": str, "message": str, "attempts": int, "failed_at": str},
        pk=("track_id", "stage"),
        not_null={"reason", "message", "attempts", "failed_at"},
        foreign_keys=[track],
    )


def m002_follow_collections(db: "Database") -> None:
    """Add what `remove` and `sync` need: why a track is stored, what a collection dropped, which audio to delete."""
    # 1: the track was crawled directly, so it stays when a collection drops it
    db.table("track").add_column("crawled_singly", int, not_null_default=0)
    db.execute(
        "update track set crawled_singly = 1 where in_catalogue and id not in (select track_id from collection_track)"
    )
    # tracks that a collection listed once, but not when it was last read to its end
    db.table("dropped_track").create(
        {"collection_id": str, "track_id": str},
        pk=("collection_id", "track_id"),
        foreign_keys=[("collection_id", "collection", "id"), ("track_id", "track", "id")],
    )
    for table in ("dropped_track", "track_alias", "local_file"):  # searched for each track that is deleted
        db.table(table).create_index(["track_id"])
    # cached audio of removed tracks
    db.table("discarded_audio").create({"address": str}, pk="address")


def m003_describe_tracks(db: "Database") -> None:
    """Add genre, mood, tempo and key, as file tags and services give them."""
    for name, kind in {"genre": str, "mood": str, "bpm": float, "musical_key": str}.items():
        db.table("track").add_column(name, kind)
    # the next crawl reads each file again, for these tags
    db.execute("update local_file set mtime_ns = -1")


# an index finds new embeddings by rowid: when a seed enters the catalogue, its embedding gets a new rowid at the end
_SEED_IS_CRAWLED = """
    create trigger seed_is_crawled after update of in_catalogue on track
    when new.in_catalogue and not old.in_catalogue
    begin
        update embedding set rowid = (select max(rowid) from embedding) + (
            select count(*) from embedding as up_to where up_to.track_id = new.id and up_to.model <= embedding.model
        ) where track_id = new.id;
    end
"""


def m004_find_what_is_new(db: "Database") -> None:
    """Add what an index needs: a model's tracks in order, and the tracks that were added after it was built."""
    db.table("embedding").create_index(["model", "track_id"])
    db.execute(_SEED_IS_CRAWLED)


def m005_note_rules(db: "Database") -> None:
    """Add the version of the rules that made the stored keys. Without a row the version is unknown."""
    db.table("made_by").create({"rules": str, "version": int}, pk="rules", not_null={"version"})


def m006_know_files(db: "Database") -> None:
    """Add what tells a file whose tags were edited, or whose disk is not there, from another file."""
    db.table("local_file").add_column("sound", str)  # the digest of the audio without tags; null: not known
    db.table("local_file").add_column("mount", str)  # where the file's disk was mounted; null: not known
    for column in ("sound", "mount"):
        db.table("local_file").create_index([column])
    # searched for each file that is read
    db.table("track").create_index(["path"])
    db.table("audio").create_index(["address"])
    # the next crawl reads each file again, for these columns
    db.execute("update local_file set mtime_ns = -1")


def m007_forget_addresses(db: "Database") -> None:
    """Delete the addresses of previews, which contain the id of an app. Nothing writes this column any more."""
    db.execute("pragma secure_delete = on")  # overwrite them in the file
    db.execute("update track set preview_url = null where preview_url is not null")


def m008_note_removals(db: "Database") -> None:
    """Add the tracks that the user removed. They are not in `track`, and a sync does not add them again."""
    db.table("removed_track").create({"id": str, "sound": str}, pk="id")  # the digest of a file's audio without tags
    db.table("removed_track").create_index(["sound"])


# of tracks that more could be heard of: few of them were heard in another number than most
_BY_EXCERPTS = "create index idx_embedding_excerpts on embedding (model, excerpts, track_id, has_more) where has_more"

_WHOLE_FILES_HAVE_MORE = """
    update embedding set has_more = 1 where provider in ('file', 'upload') and not exists (
        select 1 from track where track.id = embedding.track_id and track.duration_ms <= 90000
    )
"""


def m009_count_excerpts(db: "Database") -> None:
    """Add how many excerpts an embedding is the mean of, and whether its audio has more. All were of one until now."""
    db.table("embedding").add_column("excerpts", int, not_null_default=1)
    db.table("embedding").add_column("has_more", int, not_null_default=0)
    db.execute(_WHOLE_FILES_HAVE_MORE)
    db.execute(_BY_EXCERPTS)


def m010_know_items_of_servers(db: "Database") -> None:
    """Add the items of music servers: which track each of a server's own ids means."""
    db.table("server_item").create(
        {
            "server": str,  # a key made from the server's address
            "item_id": str,
            "track_id": str,
            "path": str,
            "n_bytes": int,
            "cover_id": str,
            "musicbrainz_id": str,  # of the recording
            "listed_at": str,
        },
        pk=("server", "item_id"),
        not_null={"track_id", "listed_at"},
        foreign_keys=[("track_id", "track", "id")],
    )
    for columns in (["track_id"], ["item_id"], ["server", "n_bytes"]):
        db.table("server_item").create_index(columns)


def m011_remember_taste(db: "Database") -> None:
    """Add what was liked, disliked and banned. It refers to no track, and outlives the tracks."""
    db.table("taste").create(
        {
            "id": int,
            "thing": str,  # track, artist or album
            "verb": str,  # like, dislike or ban
            "name": str,  # the title of a track or an album, the name of an artist
            "artists": str,  # JSON list
            "track_id": str,  # the id of a track when it was said
            "source": str,  # where it was said: cli, api, mpd-skip, m3u, …
            "said_at": str,
        },
        pk="id",
        not_null={"thing", "verb", "name", "artists", "source", "said_at"},
    )
    db.table("taste").create_index(["verb", "thing"])
    # the keys by which the thing is known: taste_keys.py
    db.table("taste_key").create(
        {"key": str, "taste_id": int},
        pk=("key", "taste_id"),
        foreign_keys=[("taste_id", "taste", "id")],
    )
    db.table("taste_key").create_index(["taste_id"])


def m012_save_stations(db: "Database") -> None:
    """Add stations, and what was heard when: tracks that players played and stations served."""
    db.table("station").create(
        {
            "key": str,  # stations.station_key of the name
            "name": str,
            "wish": str,  # JSON: the arguments of a query
            "target": str,  # JSON: where its list is written
            "every_s": int,
            "added_at": str,
            "begun_at": str,  # a list that was begun before its time
            "written_at": str,
            "n_written": int,
            "address": str,
        },
        pk="key",
        not_null={"name", "wish", "every_s", "added_at"},
    )
    db.table("heard").create(
        {"track_id": str, "heard_at": str, "place": str},
        pk=("track_id", "heard_at", "place"),
        foreign_keys=[("track_id", "track", "id")],
    )
    db.table("heard").create_index(["heard_at"])


def m013_hear_tempo_and_key(db: "Database") -> None:
    """Add tempo and key as they are heard from audio, beside those of tags and services."""
    kinds = {"heard_bpm": float, "bpm_confidence": float, "heard_key": str, "key_confidence": float, "heard_by": int}
    for name, kind in kinds.items():
        db.table("track").add_column(name, kind)


def m014_recognise_recordings(db: "Database") -> None:
    """Add acoustic fingerprints."""
    db.table("fingerprint").create(
        {
            "track_id": str,
            "version": int,  # of how it was made
            "words": bytes,  # 32 bits each, little-endian
            "heard_at": str,
        },
        pk="track_id",
        not_null={"version", "words", "heard_at"},
        foreign_keys=[("track_id", "track", "id")],
    )


def m015_find_audio_of_tracks(db: "Database") -> None:
    """Find the digest of a track's audio without its vector and tags, behind which it lies."""
    db.table("embedding").create_index(["track_id", "audio_sha256"])


_LOOK = f"""
    select user_version, application_id, exists (select 1 from sqlite_master), exists (
        select 1 from sqlite_master where type = 'view' and name in {("track", "collection", *TABLES_OF_TRACKS)}
    )
    from pragma_user_version, pragma_application_id
"""  # noqa: S608 - names of our own

MIGRATIONS: tuple[Callable[["Database"], None], ...] = (
    m001_create_tables,
    m002_follow_collections,
    m003_describe_tracks,
    m004_find_what_is_new,
    m005_note_rules,
    m006_know_files,
    m007_forget_addresses,
    m008_note_removals,
    m009_count_excerpts,
    m010_know_items_of_servers,
    m011_remember_taste,
    m012_save_stations,
    m013_hear_tempo_and_key,
    m014_recognise_recordings,
    m015_find_audio_of_tracks,
)
VERSION = len(MIGRATIONS)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the store to this version of the schema and its keys to today's rules. A current store is only read.

    Raises:
        StoreTooNew: a later version of spotrec made it.
        StoreDamaged: the file is a database of another program.
    """
    if _version(connection) == VERSION and has_current_keys(connection):
        return
    _use_wal(connection)
    connection.execute("begin immediate")
    try:
        # read again: another process may have migrated while we waited for the lock
        if missing := MIGRATIONS[_version(connection) :]:
            from sqlite_utils import Database

            for apply in missing:
                apply(Database(connection))
            connection.execute(f"pragma user_version = {VERSION}")
            connection.execute(f"pragma application_id = {APPLICATION_ID}")
        if not has_current_keys(connection):
            make_keys(connection)
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL. SQLite does not wait for a lock here, so retry while another process does the same."""
    import stamina

    for attempt in stamina.retry_context(on=sqlite3.OperationalError, attempts=None, timeout=10, wait_initial=0.01):
        with attempt:
            connection.execute("pragma journal_mode = wal")


def _version(connection: sqlite3.Connection) -> int:
    # one statement, one snapshot: another process may be migrating
    version, application, has_tables, has_views = connection.execute(_LOOK).fetchone()
    # a view in place of a table may have no end
    if (has_tables and application != APPLICATION_ID) or has_views or version < 0:
        raise StoreDamaged("the file is a database of another program", "choose another path with `store`")
    if version > VERSION:
        from spotrec.system.installation import upgrade_command

        upgrade = upgrade_command()
        raise StoreTooNew(
            f"the store has schema {version}; this spotrec supports {VERSION}",
            f"upgrade spotrec{f' (`{upgrade}`)' if upgrade else ''}, or choose another path with `store`",
        )
    return int(version)
