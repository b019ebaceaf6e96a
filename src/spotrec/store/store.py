"""The feature store: one SQLite file that threads and processes may use at the same time."""

import sqlite3
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from spotrec.store.audio import Audio
from spotrec.store.candidates import Candidates
from spotrec.store.catalogue import Catalogues
from spotrec.store.collections import Collections
from spotrec.store.copies import Copies
from spotrec.store.database import Database, Parameters
from spotrec.store.embeddings import Embeddings
from spotrec.store.exchange import Exchange
from spotrec.store.failures import Failures
from spotrec.store.files import Files
from spotrec.store.fingerprints import Fingerprints
from spotrec.store.heard import Heard
from spotrec.store.listing import Listing
from spotrec.store.previews import Previews
from spotrec.store.removal import Removal
from spotrec.store.removed_tracks import RemovedTracks
from spotrec.store.selection import Selections
from spotrec.store.server_items import ServerItems
from spotrec.store.stations import Stations
from spotrec.store.succession import Succession
from spotrec.store.taste import Taste
from spotrec.store.tracks import Tracks
from spotrec.track import Ears

_COUNTS = """
    select
        (select count(*) from track where in_catalogue) as tracks,
        (select count(*) from collection) as collections,
        (
            select count(*) from audio join track on track.id = track_id where deleted_at is null and in_catalogue
        ) as with_audio,
        (select count(*) from audio where owned and deleted_at is null) as cached,
        (select coalesce(sum(n_bytes), 0) from audio where owned and deleted_at is null) as cached_bytes,
        (select count(*) from failure) as failed
"""


@dataclass(frozen=True, slots=True)
class StoreCounts:
    """The sizes of the store's parts, for some ears.

    `without_audio` counts tracks without audio that some of the ears have not heard, `needs_no_audio` tracks without
    audio that all have heard: their audio was deleted, or a copy was heard for them. With `with_audio` these are all
    `tracks`. `embedded` counts tracks that all have heard, `partly_heard` those that only some have.
    """

    tracks: int
    collections: int
    with_audio: int
    cached: int
    cached_bytes: int
    without_audio: int
    embedded: int
    pending: int
    failed: int
    partly_heard: int = 0
    needs_no_audio: int = 0


class FeatureStore:
    """The local feature store, composed of one part for each subject. Threads may share it.

    Every method of a part that writes is one transaction: if the process is killed, all of it is stored or nothing.

    Raises (any method):
        StoreError, DiskFull: SQLite could not do it; the store has not changed.
    """

    def __init__(self, path: Path, *, create: bool = True) -> None:
        """Open the store at `path`.

        Raises:
            NotFound: there is no store, and `create` is false.
            StoreError: the store is damaged, too new, busy, or cannot be opened.
        """
        self.path = path
        self._db = db = Database(path, create=create)
        self.collections = Collections(db)
        self.succession = Succession(db)
        self.tracks = Tracks(db, self.collections, self.succession)
        self.files = Files(db, self.tracks)
        self.server_items = ServerItems(db)
        self.previews = Previews(db, self.tracks)
        self.failures = Failures(db, self.tracks)
        self.audio = Audio(db, self.tracks, self.files, self.failures)
        self.embeddings = Embeddings(db, self.tracks, self.failures)
        self.catalogue = Catalogues(db)
        self.copies = Copies(db)
        self.fingerprints = Fingerprints(db, self.tracks)
        self.taste = Taste(db)
        self.candidates = Candidates(db, self.taste)
        self.selection = Selections(db)
        self.listing = Listing(db, self.failures, self.previews)
        self.removed = RemovedTracks(db)
        self.removal = Removal(db, self.audio, self.removed)
        self.heard = Heard(db)
        self.stations = Stations(db)
        self.exchange = Exchange(db, self.tracks, self.embeddings, self.failures, self.fingerprints)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the store. Threads that still use it then get StoreError."""
        self._db.close()

    def is_in_place(self) -> bool:
        """Return whether the file that was opened is still there: nobody removed it, or put another in its place."""
        return self._db.is_in_place()

    def at_one_moment(self) -> AbstractContextManager[None]:
        """Let this thread read the store as it is now, whatever other threads write. It may be nested.

        `catalogue.snapshot` has its own moment, and this thread may write during it.

        Raises:
            RuntimeError: this thread writes to the store before it ends.
        """
        return self._db.at_one_moment()

    def counts(self, ears: Ears) -> StoreCounts:
        """Count what the store contains."""
        with self.at_one_moment():
            row = self._db.row(_COUNTS)
            assert row is not None
            by_all, by_any = self.catalogue.count_heard(ears)
            without_audio = len(self.audio.missing(ears))
            return StoreCounts(
                **dict(row),
                without_audio=without_audio,
                needs_no_audio=row["tracks"] - row["with_audio"] - without_audio,
                embedded=by_all,
                partly_heard=by_any - by_all,
                pending=self.audio.count_pending(ears),
            )

    def integrity_faults(self) -> list[str]:
        """Return the faults that SQLite finds in the file; an intact file has none."""
        found = [str(row[0]) for row in self._db.rows("pragma quick_check") if row[0] != "ok"]
        return found + [f"dangling row in {row[0]}" for row in self._db.rows("pragma foreign_key_check")]

    def rows(self, sql: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return all rows of a query; it cannot write."""
        return self._db.rows(sql, parameters)
