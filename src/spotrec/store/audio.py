"""Where the audio of each track is stored, from its download until its features are extracted and it is deleted."""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from spotrec.store import columns
from spotrec.store.database import Database, json_list, now
from spotrec.store.failures import Failures
from spotrec.store.files import Files
from spotrec.store.tracks import Tracks
from spotrec.track import ModelId, StoredAudio, Track, TrackId

_PAGE = 200

_SAVE = """
    insert or replace into audio (track_id, address, owned, sha256, n_bytes, provider, keep, stored_at, deleted_at)
    values (:track_id, :address, :owned, :sha256, :n_bytes, :provider, 0, :now, null)
"""

_GET = "select * from audio where track_id = :id and deleted_at is null"

_HAS_AUDIO_OR_FEATURES = """
    select 1 from audio where track_id = :id and deleted_at is null
    union all
    select 1 from embedding where track_id = :id and model = :model
"""

_HAS_AUDIO_OR_ANY_FEATURES = """
    select 1 from audio where track_id = :id and deleted_at is null
    union all
    select 1 from embedding where track_id = :id
"""

_MISSING = """
    select id from track
    where in_catalogue
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
        and not exists (select 1 from embedding where embedding.track_id = track.id and model = :model)
    order by id
"""

_WITHOUT_EMBEDDING = """
    from audio
    left join embedding on embedding.track_id = audio.track_id and embedding.model = :model
    left join failure on failure.track_id = audio.track_id and failure.stage = 'extract'
    where audio.deleted_at is null and embedding.track_id is null
        and (:retry_failed or failure.track_id is null)
"""

_PENDING = f"select audio.* {_WITHOUT_EMBEDDING} and audio.track_id > :after order by audio.track_id limit :limit"

_COUNT_PENDING = f"select count(*) {_WITHOUT_EMBEDDING}"

# one index lookup for each model
_MODELS = """
    with recursive used(model) as (
        select min(model) from embedding
        union all
        select (select min(model) from embedding where embedding.model > used.model) from used
        where used.model is not null
    )
    select model from used where model is not null
"""

_ONLY_OTHER_MODELS = """
    embedding.model in (select value from json_each(:others))
        and not exists (select 1 from embedding as own where own.track_id = embedding.track_id and own.model = :model)
"""

_GONE = f"""
    select distinct track.id from embedding join track on track.id = embedding.track_id
    where {_ONLY_OTHER_MODELS} and track.in_catalogue
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
    order by track.id
"""  # noqa: S608 - no part comes from outside

_COUNT_ONLY_OTHER_MODELS = f"""
    select count(distinct audio.track_id) from audio join embedding on embedding.track_id = audio.track_id
    where audio.deleted_at is null and {_ONLY_OTHER_MODELS}
"""  # noqa: S608 - as above

# -- audio in caches --------------------------------------------------------------------------------------------------

# audio stored after the embedding was made is for another model; `cross`: few tracks have audio, many have embeddings
_TO_DELETE = """
    select audio.* from audio
    cross join embedding on embedding.track_id = audio.track_id and embedding.model = :model
    where audio.owned and not audio.keep and audio.deleted_at is null and audio.stored_at <= embedding.created_at
    order by audio.track_id
"""

_CACHED = """
    select track.*, audio.address, audio.keep, exists (
        select 1 from embedding where embedding.track_id = track.id and embedding.model = :model
    ) as is_heard
    from audio join track on track.id = audio.track_id
    where audio.owned and audio.deleted_at is null and track.id in (select value from json_each(:ids))
"""

_IS_DELETED = "update audio set deleted_at = :now where track_id = :id"

_CACHED_IS_DELETED = f"{_IS_DELETED} and address = :address and owned"

_MOVE = "update audio set address = :new where track_id = :id and address = :old and owned"

# audio of removed tracks, and audio that must be fetched again

_DISCARD = "insert or ignore into discarded_audio (address) values (:address)"

_DISCARD_OF = """
    insert or ignore into discarded_audio (address)
    select address from audio
    where owned and deleted_at is null and track_id in (select value from json_each(:ids))
"""

_MOVE_DISCARDED = "update or replace discarded_audio set address = :new where address = :old"

# an address that has been used again since then is not listed
_DISCARDED = """
    select address from discarded_audio
    where address not in (select address from audio where owned and deleted_at is null)
"""

_DISCARDED_AMONG = "select address from discarded_audio where address in (select value from json_each(:addresses))"


@dataclass(frozen=True, slots=True)
class CachedTrack:
    """A track whose audio is cached at `address`. `is_kept`: never deleted automatically."""

    track: Track
    address: str
    is_kept: bool
    is_heard: bool


class Audio:
    """Stored audio, at most one file for each track.

    The audio cache lies outside the store. To delete cached audio, its address is first noted in the same transaction,
    and the note stays until `forget_discarded`: if the process is killed in between, the next run deletes the audio.
    """

    def __init__(self, db: Database, tracks: Tracks, files: Files, failures: Failures) -> None:
        self._db = db
        self._tracks = tracks
        self._files = files
        self._failures = failures

    def save(self, audio: StoredAudio) -> None:
        """Note that the track's audio is stored at `audio.address` now, and forget failures of earlier audio.

        If the track was removed, or became an alias of a track with audio or features, its audio is only noted for
        deletion.
        """
        with self._db.transaction() as write:
            id_ = self._tracks.stored_id(audio.track_id)
            if id_ is not None and (id_ == audio.track_id or not self._db.row(_HAS_AUDIO_OR_ANY_FEATURES, {"id": id_})):
                write.execute(_SAVE, {**asdict(audio), "track_id": id_, "now": now()})
                self._failures.forget(id_)
            elif audio.owned:
                write.execute(_DISCARD, {"address": audio.address})

    def get(self, track_id: TrackId) -> StoredAudio | None:
        """Return where the track's audio is stored, or None if there is none or it was deleted."""
        row = self._db.row(_GET, {"id": track_id})
        return _audio(row) if row else None

    def is_here_or_heard(self, track_id: TrackId, model: ModelId) -> bool:
        """Return whether the track has audio or features, so that nothing must be fetched for it."""
        return self._db.row(_HAS_AUDIO_OR_FEATURES, {"id": track_id, "model": str(model)}) is not None

    def forget(self, track_id: TrackId) -> None:
        """Note that the audio is no longer at its address. A file that contained it is read again by the next crawl."""
        with self._db.transaction() as write:
            write.execute(_IS_DELETED, {"id": track_id, "now": now()})
            self._files.forget(track_id)

    def keep(self, track_ids: Iterable[TrackId]) -> None:
        """Never delete the cached audio of these tracks automatically."""
        with self._db.transaction() as write:
            write.executemany("update audio set keep = 1 where track_id = :id", [{"id": id_} for id_ in track_ids])

    # -- what to fetch, and what to extract --------------------------------------------------------------------------

    def missing(self, model: ModelId) -> list[TrackId]:
        """Return the catalogue's tracks without audio and without features, for which providers can be queried."""
        return [TrackId(row[0]) for row in self._db.rows(_MISSING, {"model": str(model)})]

    def pending(self, model: ModelId, *, retry_failed: bool = False) -> Iterator[StoredAudio]:
        """Yield audio without an embedding, in order of track id. Audio may be added while this runs."""
        after = {"after": ""}
        wanted = {"model": str(model), "retry_failed": retry_failed, "limit": _PAGE}
        while page := self._db.rows(_PENDING, wanted | after):
            yield from map(_audio, page)
            after = {"after": page[-1]["track_id"]}

    def count_pending(self, model: ModelId, *, retry_failed: bool = False) -> int:
        """Count the tracks that have audio and no embedding."""
        row = self._db.row(_COUNT_PENDING, {"model": str(model), "retry_failed": retry_failed})
        return int(row[0]) if row else 0

    def gone(self, model: ModelId) -> list[TrackId]:
        """Return the catalogue's tracks that only other models have embeddings of, and whose audio is deleted."""
        if not (others := self._others(model)):
            return []
        return [TrackId(row[0]) for row in self._db.rows(_GONE, {"model": str(model), "others": json_list(others)})]

    def count_heard_by_others(self, model: ModelId) -> int:
        """Count the tracks with audio that only other models have embeddings of."""
        if not (others := self._others(model)):
            return 0
        row = self._db.row(_COUNT_ONLY_OTHER_MODELS, {"model": str(model), "others": json_list(others)})
        return int(row[0]) if row else 0

    # -- audio in caches ---------------------------------------------------------------------------------------------

    def to_delete(self, model: ModelId) -> list[StoredAudio]:
        """Return cached audio whose features are stored."""
        return [_audio(row) for row in self._db.rows(_TO_DELETE, {"model": str(model)})]

    def cached(self, track_ids: Iterable[TrackId], model: ModelId) -> dict[TrackId, CachedTrack]:
        """Return which of these tracks have cached audio."""
        found = self._db.rows(_CACHED, {"ids": json_list(track_ids), "model": str(model)})
        return {
            TrackId(row["id"]): CachedTrack(
                columns.track(row), row["address"], bool(row["keep"]), bool(row["is_heard"])
            )
            for row in found
        }

    def move(self, track_id: TrackId, old: str, new: str) -> None:
        """Note that audio moved from one address to another, be it the track's audio or audio noted for deletion."""
        moved = {"id": track_id, "old": old, "new": new}
        with self._db.transaction() as write:
            write.execute(_MOVE, moved)
            write.execute(_MOVE_DISCARDED, moved)

    def discard(self, audio: Iterable[tuple[TrackId, str]]) -> None:
        """Forget this audio of these tracks, so that it is fetched again, and note it for deletion."""
        discarded = [{"id": id_, "address": address, "now": now()} for id_, address in audio]
        with self._db.transaction() as write:
            write.executemany(_DISCARD, discarded)
            write.executemany(_CACHED_IS_DELETED, discarded)

    def discard_of(self, track_ids: Iterable[TrackId]) -> None:
        """Note the cached audio of tracks that are being removed for deletion."""
        with self._db.transaction() as write:
            write.execute(_DISCARD_OF, {"ids": json_list(track_ids)})

    def discarded(self) -> list[str]:
        """Return the addresses of cached audio that must be deleted."""
        return [row[0] for row in self._db.rows(_DISCARDED)]

    def discarded_among(self, addresses: Iterable[str]) -> set[str]:
        """Return which of these addresses are noted for deletion."""
        return {row[0] for row in self._db.rows(_DISCARDED_AMONG, {"addresses": json_list(addresses)})}

    def forget_discarded(self, address: str) -> None:
        """Note that the audio at this address is deleted."""
        with self._db.transaction() as write:
            write.execute("delete from discarded_audio where address = :address", {"address": address})

    def _others(self, model: ModelId) -> list[str]:
        """Return the other models that have embeddings in the store."""
        return [row[0] for row in self._db.rows(_MODELS) if row[0] != str(model)]


def _audio(row: sqlite3.Row) -> StoredAudio:
    return StoredAudio(
        track_id=TrackId(row["track_id"]),
        address=row["address"],
        owned=bool(row["owned"]),
        sha256=row["sha256"],
        n_bytes=row["n_bytes"],
        provider=row["provider"],
    )
