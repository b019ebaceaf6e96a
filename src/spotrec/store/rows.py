"""The store's SQL, and rows to values and back."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import numpy as np

from spotrec.names.titles import normalised, recording_key
from spotrec.store.embedding import Embedding
from spotrec.track import Failure, Stage, StoredAudio, Track, TrackId

CANONICAL = """
    select track_id from (
        select id as track_id, 0 as rank from track where id = :id
        union all select track_id, 1 from track_alias where alias = :id
        union all select id, 2 from track where isrc = :isrc
    ) order by rank limit 1
"""

UPSERT_TRACK = """
    insert into track values (
        :id, :title, :artists, :album,
        case when exists (select 1 from track where isrc = :isrc and id <> :id) then null else :isrc end,
        :duration_ms, :release_date, :explicit, :url, :path, :preview_url,
        :recording_key, :search_text, :in_catalogue, :now, :crawled_singly, :genre, :mood, :bpm, :musical_key
    )
    on conflict (id) do update set
        title = excluded.title,
        artists = excluded.artists,
        album = coalesce(excluded.album, album),
        isrc = coalesce(isrc, excluded.isrc),
        duration_ms = coalesce(excluded.duration_ms, duration_ms),
        release_date = coalesce(excluded.release_date, release_date),
        explicit = coalesce(excluded.explicit, explicit),
        url = coalesce(excluded.url, url),
        path = coalesce(excluded.path, path),
        preview_url = coalesce(excluded.preview_url, preview_url),
        genre = coalesce(excluded.genre, genre),
        mood = coalesce(excluded.mood, mood),
        bpm = coalesce(excluded.bpm, bpm),
        musical_key = coalesce(excluded.musical_key, musical_key),
        recording_key = excluded.recording_key,
        search_text = excluded.search_text,
        in_catalogue = max(in_catalogue, excluded.in_catalogue),
        crawled_singly = max(crawled_singly, excluded.crawled_singly)
"""

# another id of a recording that is here: it may know where audio is, and may bring it into the catalogue
ADOPT_COPY = """
    update track set
        path = coalesce(path, :path),
        url = coalesce(url, :url),
        preview_url = coalesce(preview_url, :preview_url),
        genre = coalesce(genre, :genre),
        mood = coalesce(mood, :mood),
        bpm = coalesce(bpm, :bpm),
        musical_key = coalesce(musical_key, :musical_key),
        in_catalogue = max(in_catalogue, :in_catalogue),
        crawled_singly = max(crawled_singly, :crawled_singly)
    where id = :id
"""

# the same file, changed: of the sound it says something else now
FOLLOW_FILE = """
    update track set
        genre = coalesce(:genre, genre),
        mood = coalesce(:mood, mood),
        bpm = coalesce(:bpm, bpm),
        musical_key = coalesce(:musical_key, musical_key)
    where id = :id and path = :path
"""

TRACK_BY_ID_OR_ALIAS = """
    select * from track where id = :id
    union all
    select track.* from track_alias join track on track.id = track_alias.track_id where alias = :id
    limit 1
"""

TRACK_BY_FILE = """
    select track.* from local_file join track on track.id = local_file.track_id
    where local_file.path = :path and n_bytes = :n_bytes and mtime_ns = :mtime_ns
"""

COLLECTIONS = """
    select collection.*, count(distinct track_id) as n_tracks
    from collection left join collection_track on collection_id = collection.id
    where :ids is null or collection.id in (select value from json_each(:ids))
    group by collection.id order by kind, lower(title), collection.id
"""

LISTED_FROM = """
    select track_id from collection_track where collection_id = :id and position >= :first and position < :end
    order by position
"""

# what stood where another track stands now may be listed further on: it is kept behind the end until that is known
KEEP_DISPLACED = """
    insert into collection_track
    select :id, 1 + (select max(position) from collection_track where collection_id = :id), :track_id
    where not exists (select 1 from collection_track where collection_id = :id and track_id = :track_id)
"""

DROP_BEHIND = """
    insert or ignore into dropped_track
    select distinct collection_id, track_id from collection_track as behind
    where collection_id = :id and position >= :n and not exists (
        select 1 from collection_track
        where collection_id = :id and position < :n and track_id = behind.track_id
    )
"""

UPSERT_COLLECTION = """
    insert into collection values (:id, :kind, :title, :url, :now)
    on conflict (id) do update set
        kind = excluded.kind, title = excluded.title, url = excluded.url, crawled_at = excluded.crawled_at
"""

UPSERT_POSITION = """
    insert into collection_track values (?, ?, ?)
    on conflict (collection_id, position) do update set track_id = excluded.track_id
"""

UPSERT_AUDIO = """
    insert or replace into audio values (
        :track_id, :address, :owned, :sha256, :n_bytes, :provider, 0, :now, null
    )
"""

HAS_AUDIO_OR_EMBEDDING = """
    select 1 from audio where track_id = :id and deleted_at is null
    union all
    select 1 from embedding where track_id = :id and model = :model
"""

_WITHOUT_EMBEDDING = """
    from audio
    left join embedding on embedding.track_id = audio.track_id and embedding.model = :model
    left join failure on failure.track_id = audio.track_id and failure.stage = 'extract'
    where audio.deleted_at is null and embedding.track_id is null
        and (:retry_failed or failure.track_id is null)
"""

PENDING = f"select audio.* {_WITHOUT_EMBEDDING} and audio.track_id > :after order by audio.track_id limit :limit"

COUNT_PENDING = f"select count(*) {_WITHOUT_EMBEDDING}"

# one look into the index for each of them
MODELS = """
    with recursive heard(model) as (
        select min(model) from embedding
        union all
        select (select min(model) from embedding where embedding.model > heard.model) from heard
        where heard.model is not null
    )
    select model from heard where model is not null
"""

_HEARD_BY_OTHERS_ONLY = """
    embedding.model in (select value from json_each(:others))
        and not exists (select 1 from embedding as own where own.track_id = embedding.track_id and own.model = :model)
"""

AUDIO_GONE = f"""
    select distinct track.id from embedding join track on track.id = embedding.track_id
    where {_HEARD_BY_OTHERS_ONLY} and track.in_catalogue
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
    order by track.id
"""  # noqa: S608 - no part comes from outside

COUNT_HEARD_BY_OTHERS = f"""
    select count(distinct audio.track_id) from audio join embedding on embedding.track_id = audio.track_id
    where audio.deleted_at is null and {_HEARD_BY_OTHERS_ONLY}
"""  # noqa: S608 - as above

# what came after it was heard is to be heard by another model; `cross`: audio is at hand for few tracks, heard are many
AUDIO_TO_DELETE = """
    select audio.* from audio
    cross join embedding on embedding.track_id = audio.track_id and embedding.model = :model
    where audio.owned and not audio.keep and audio.deleted_at is null and audio.stored_at <= embedding.created_at
    order by audio.track_id
"""

CACHED = """
    select track.*, audio.address, audio.keep, exists (
        select 1 from embedding where embedding.track_id = track.id and embedding.model = :model
    ) as is_heard
    from audio join track on track.id = audio.track_id
    where audio.owned and audio.deleted_at is null and track.id in (select value from json_each(:ids))
"""

_IN_CATALOGUE = """
    from embedding join track on track.id = embedding.track_id
    where embedding.model = :model and track.in_catalogue
"""

CATALOGUE = f"select embedding.track_id, embedding.vector, embedding.tags {_IN_CATALOGUE} order by embedding.track_id"

CATALOGUE_OF = f"""
    select embedding.track_id, embedding.vector, embedding.tags {_IN_CATALOGUE}
        and embedding.track_id in (select value from json_each(:ids))
    order by embedding.track_id
"""  # noqa: S608 - no value

COUNT_CATALOGUE = f"select count(*) {_IN_CATALOGUE}"

UPSERT_FAILURE = """
    insert into failure values (:id, :stage, :reason, :message, 1, :now)
    on conflict (track_id, stage) do update set
        reason = excluded.reason, message = excluded.message,
        attempts = attempts + 1, failed_at = excluded.failed_at
"""

FAILURES = """
    select track.*, failure.* from failure join track on track.id = failure.track_id
    order by failure.stage, failure.reason, track.id
"""

COUNTS = """
    select
        (select count(*) from track where in_catalogue) as tracks,
        (select count(*) from collection) as collections,
        (select count(*) from audio where deleted_at is null) as with_audio,
        (select count(*) from audio where owned and deleted_at is null) as cached,
        (select coalesce(sum(n_bytes), 0) from audio where owned and deleted_at is null) as cached_bytes,
        (select count(*) from track where in_catalogue
            and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
            and not exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
        ) as without_audio,
        (select count(*) from embedding join track on track.id = track_id
            where model = :model and in_catalogue) as embedded,
        (select count(*) from failure) as failed
"""


WITHOUT_AUDIO = """
    select id from track
    where in_catalogue
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
        and not exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
    order by id
"""

MISSING_AUDIO = """
    select provider, outcome, coalesce(reason, '') as reason, count(*) as n
    from preview_outcome join track on track.id = preview_outcome.track_id
    where in_catalogue and outcome <> 'found'
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
        and not exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
    group by provider, outcome, reason
    order by n desc, provider, outcome
"""


def json_list(values: Iterable[str]) -> str:
    """Any number of values as one parameter, for `json_each`."""
    return json.dumps(list(values))


def parameters(track: Track) -> dict[str, Any]:
    """A track as the named parameters of `UPSERT_TRACK`."""
    fields = {name: _storable(value) for name, value in asdict(track).items()}
    return fields | {
        "artists": _storable(json.dumps(track.artists, ensure_ascii=False)),
        "recording_key": _storable(key_of(track)),
        "search_text": _storable(normalised(" ".join((track.title, *track.artists)))),
    }


def _storable(value: Any) -> Any:
    """Text without lone surrogates, which UTF-8 cannot hold."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def key_of(track: Track) -> str | None:
    return recording_key(track.title, track.artists)


def track(row: sqlite3.Row) -> Track:
    return Track(
        id=TrackId(row["id"]),
        title=row["title"],
        artists=tuple(json.loads(row["artists"])),
        album=row["album"],
        isrc=row["isrc"],
        duration_ms=row["duration_ms"],
        release_date=row["release_date"],
        explicit=None if row["explicit"] is None else bool(row["explicit"]),
        url=row["url"],
        path=row["path"],
        preview_url=row["preview_url"],
        genre=row["genre"],
        mood=row["mood"],
        bpm=row["bpm"],
        musical_key=row["musical_key"],
    )


def audio(row: sqlite3.Row) -> StoredAudio:
    return StoredAudio(
        track_id=TrackId(row["track_id"]),
        address=row["address"],
        owned=bool(row["owned"]),
        sha256=row["sha256"],
        n_bytes=row["n_bytes"],
        provider=row["provider"],
    )


def embedding(row: sqlite3.Row) -> Embedding:
    return Embedding(
        track_id=TrackId(row["track_id"]),
        vector=np.frombuffer(row["vector"], "<f4"),
        tags=np.frombuffer(row["tags"], "<f4"),
        provider=row["provider"],
        audio_sha256=row["audio_sha256"],
    )


def failure(row: sqlite3.Row) -> Failure:
    return Failure(
        track_id=TrackId(row["track_id"]),
        stage=Stage(row["stage"]),
        reason=row["reason"],
        message=row["message"],
        attempts=row["attempts"],
    )
