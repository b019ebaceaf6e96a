"""Where the audio of each track is stored, from its download until its features are extracted and it is deleted."""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from spotrec.store import columns
from spotrec.store.database import Database, json_list, now
from spotrec.store.failures import Failures
from spotrec.store.files import Files
from spotrec.store.tracks import Tracks
from spotrec.track import Ears, Excerpts, PendingAudio, StoredAudio, Track, TrackId

_PAGE = 200
_NOT_AGAIN = Excerpts()

_SAVE = """
    insert or replace into audio (track_id, address, owned, sha256, n_bytes, provider, keep, stored_at, deleted_at)
    values (:track_id, :address, :owned, :sha256, :n_bytes, :provider, 0, :now, null)
"""

_GET = "select * from audio where track_id = :id and deleted_at is null"

# two lookups in indexes for each track, however many tracks there are
_N_HEARD_BY = """
    (select count(*) from embedding where track_id = {track_id} and model in (select value from json_each(:models)))
"""
_HEARD_BY_ALL = f"{_N_HEARD_BY} = :n_models"
_LACKED_BY_ANY = f"{_N_HEARD_BY} < :n_models"

# what was heard in fewer excerpts than are wanted counts as not heard, if its audio has more of them
_IS_DONE = "not (has_more and excerpts < :again_below)"
_N_DONE_BY = f"""
    (
        select count(*) from embedding
        where track_id = audio.track_id and model in (select value from json_each(:models)) and {_IS_DONE}
    )
"""  # noqa: S608 - no part comes from outside

_HAS_AUDIO_OR_FEATURES = f"""
    select 1 from audio where track_id = :id and deleted_at is null
    union all
    select 1 where {_HEARD_BY_ALL.format(track_id=":id")}
"""  # noqa: S608 - no part comes from outside

_HAS_AUDIO_OR_ANY_FEATURES = """
    select 1 from audio where track_id = :id and deleted_at is null
    union all
    select 1 from embedding where track_id = :id
"""

_MISSING = f"""
    select id from track
    where in_catalogue and {_LACKED_BY_ANY.format(track_id="track.id")}
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
    order by id
"""  # noqa: S608 - as above

_LACKED_AUDIO = f"""
    from audio
    left join failure on failure.track_id = audio.track_id and failure.stage = 'extract'
    where audio.deleted_at is null and {_N_DONE_BY} < :n_models
        and (:retry_failed or failure.track_id is null)
"""

_LACKS_TEMPO = "heard_by is null and (bpm is null or musical_key is null)"
_LACKS_FINGERPRINT = "not exists (select 1 from fingerprint where fingerprint.track_id = audio.track_id)"

_PENDING = f"""
    select audio.*, (select {_LACKS_TEMPO} from track where track.id = audio.track_id) as lacks_tempo,
    {_LACKS_FINGERPRINT} as lacks_fingerprint, (
        select json_group_array(value) from json_each(:models)
        where not exists (
            select 1 from embedding where track_id = audio.track_id and model = value and {_IS_DONE}
        )
    ) as lacking
    {_LACKED_AUDIO} and audio.track_id > :after order by audio.track_id limit :limit
"""  # noqa: S608 - as above

# heard by all networks, before what is heard beside them
_LACKED_DESCRIPTORS = f"""
    from audio
    join track on track.id = audio.track_id
    left join failure on failure.track_id = audio.track_id and failure.stage = 'extract'
    where audio.deleted_at is null and (keep or not owned) and {_N_DONE_BY} = :n_models
        and ({_LACKS_TEMPO} or {_LACKS_FINGERPRINT})
        and (:retry_failed or failure.track_id is null)
"""

_LACKING_DESCRIPTORS = f"""
    select audio.*, {_LACKS_TEMPO} as lacks_tempo, {_LACKS_FINGERPRINT} as lacks_fingerprint
    {_LACKED_DESCRIPTORS} and audio.track_id > :after order by audio.track_id limit :limit
"""

_COUNT_LACKING_DESCRIPTORS = f"""
    select coalesce(sum({_LACKS_TEMPO}), 0), coalesce(sum({_LACKS_FINGERPRINT}), 0), count(*) {_LACKED_DESCRIPTORS}
"""

_COUNT_PENDING = f"select count(*) {_LACKED_AUDIO}"

_GONE = f"""
    select id from track
    where in_catalogue and {_LACKED_BY_ANY.format(track_id="track.id")}
        and exists (select 1 from embedding where track_id = track.id)
        and not exists (select 1 from audio where audio.track_id = track.id and deleted_at is null)
    order by id
"""  # noqa: S608 - as above

_COUNT_HEARD_BY_OTHERS = f"""
    select count(*) from audio
    where deleted_at is null and {_LACKED_BY_ANY.format(track_id="audio.track_id")}
        and exists (select 1 from embedding where track_id = audio.track_id)
"""  # noqa: S608 - as above

_COUNT_WITH_MORE = """
    select count(*), coalesce(sum(exists (select 1 from audio where audio.track_id = id and deleted_at is null)), 0)
    from track where in_catalogue and id in (
        select track_id from embedding
        where has_more and excerpts < :excerpts and model in (select value from json_each(:models))
    )
"""

# -- audio in caches --------------------------------------------------------------------------------------------------

# audio that was stored after the last of the embeddings is for another model
_TO_DELETE = """
    select * from audio
    where owned and not keep and deleted_at is null and (
        select count(*) = :n_models and max(created_at) >= audio.stored_at from embedding
        where track_id = audio.track_id and model in (select value from json_each(:models))
    )
    order by track_id
"""

_CACHED = f"""
    select track.*, audio.address, audio.keep, {_HEARD_BY_ALL.format(track_id="track.id")} as is_heard
    from audio join track on track.id = audio.track_id
    where audio.owned and audio.deleted_at is null and track.id in (select value from json_each(:ids))
"""  # noqa: S608 - as above

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
    """A track whose audio is cached at `address`.

    Attributes:
        is_kept: never deleted automatically.
        is_heard: all networks in use have features of it.
    """

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

    def is_here_or_heard(self, track_id: TrackId, ears: Ears) -> bool:
        """Return whether the track has audio or features of all ears, so that nothing must be fetched for it."""
        return self._db.row(_HAS_AUDIO_OR_FEATURES, {"id": track_id, **_named(ears)}) is not None

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

    def missing(self, ears: Ears) -> list[TrackId]:
        """Return the catalogue's tracks without audio that lack features, for which providers can be queried."""
        return [TrackId(row[0]) for row in self._db.rows(_MISSING, _named(ears))]

    def pending(
        self, ears: Ears, *, retry_failed: bool = False, excerpts: Excerpts = _NOT_AGAIN
    ) -> Iterator[PendingAudio]:
        """Yield audio that some of the ears have no embedding of, in order of track id.

        Audio may be added while this runs.

        Args:
            excerpts: in how many to hear it, and whether audio that was heard in fewer is yielded too.
        """
        models = {str(model): model for model in ears.models}
        after = {"after": ""}
        wanted = {**_named(ears), "retry_failed": retry_failed, "again_below": excerpts.again_below, "limit": _PAGE}
        while page := self._db.rows(_PENDING, wanted | after):
            for row in page:
                lacking = Ears.of(*(models[name] for name in json.loads(row["lacking"])))
                yield PendingAudio(_audio(row), lacking, excerpts.n, **_besides(row))
            after = {"after": page[-1]["track_id"]}

    def count_pending(self, ears: Ears, *, retry_failed: bool = False, excerpts: Excerpts = _NOT_AGAIN) -> int:
        """Count what `pending` yields."""
        wanted = {**_named(ears), "retry_failed": retry_failed, "again_below": excerpts.again_below}
        row = self._db.row(_COUNT_PENDING, wanted)
        return int(row[0]) if row else 0

    def lacking_descriptors(self, ears: Ears, excerpts: int, *, retry_failed: bool = False) -> Iterator[PendingAudio]:
        """Yield audio that stays, and that all ears have heard, of tracks that lack a fingerprint, tempo or key.

        A tempo or key that a tag or a service gives is not lacking.

        Args:
            excerpts: in how many to hear it.
        """
        after = {"after": ""}
        wanted = {**_named(ears), "retry_failed": retry_failed, "again_below": 0, "limit": _PAGE}
        while page := self._db.rows(_LACKING_DESCRIPTORS, wanted | after):
            for row in page:
                yield PendingAudio(_audio(row), Ears(()), excerpts, **_besides(row))
            after = {"after": page[-1]["track_id"]}

    def count_lacking_descriptors(self, ears: Ears, *, retry_failed: bool = False) -> tuple[int, int, int]:
        """Count what `lacking_descriptors` yields.

        Returns:
            how many lack tempo or key, how many a fingerprint, and how many there are in all.
        """
        wanted = {**_named(ears), "retry_failed": retry_failed, "again_below": 0}
        row = self._db.row(_COUNT_LACKING_DESCRIPTORS, wanted)
        return (int(row[0]), int(row[1]), int(row[2])) if row else (0, 0, 0)

    def count_with_more(self, ears: Ears, excerpts: int) -> tuple[int, int]:
        """Count the catalogue's tracks that some of the ears heard in fewer excerpts, and have more of them.

        Returns:
            how many, and how many of them have audio at hand.
        """
        row = self._db.row(_COUNT_WITH_MORE, {**_named(ears), "excerpts": excerpts})
        return (int(row[0]), int(row[1])) if row else (0, 0)

    def gone(self, ears: Ears) -> list[TrackId]:
        """Return the catalogue's tracks without audio that some of the ears lack, and that a model has features of."""
        return [TrackId(row[0]) for row in self._db.rows(_GONE, _named(ears))]

    def count_heard_by_others(self, ears: Ears) -> int:
        """Count the tracks with audio that some of the ears lack, and that a model has features of."""
        row = self._db.row(_COUNT_HEARD_BY_OTHERS, _named(ears))
        return int(row[0]) if row else 0

    # -- audio in caches ---------------------------------------------------------------------------------------------

    def to_delete(self, ears: Ears) -> list[StoredAudio]:
        """Return cached audio that all ears have heard."""
        return [_audio(row) for row in self._db.rows(_TO_DELETE, _named(ears))]

    def cached(self, track_ids: Iterable[TrackId], ears: Ears) -> dict[TrackId, CachedTrack]:
        """Return which of these tracks have cached audio."""
        found = self._db.rows(_CACHED, {"ids": json_list(track_ids), **_named(ears)})
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


def _named(ears: Ears) -> dict[str, object]:
    """Return the parameters that name some ears in the statements above."""
    return {"models": json_list(map(str, ears.models)), "n_models": len(ears.models)}


def _besides(row: sqlite3.Row) -> dict[str, bool]:
    """Return what is to be heard of a track's audio besides what the networks give, as `PendingAudio` names it."""
    return {"hears_tempo": bool(row["lacks_tempo"]), "hears_fingerprint": bool(row["lacks_fingerprint"])}


def _audio(row: sqlite3.Row) -> StoredAudio:
    return StoredAudio(
        track_id=TrackId(row["track_id"]),
        address=row["address"],
        owned=bool(row["owned"]),
        sha256=row["sha256"],
        n_bytes=row["n_bytes"],
        provider=row["provider"],
    )
