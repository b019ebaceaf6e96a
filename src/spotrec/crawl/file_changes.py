"""What became of tracks whose files were edited, moved or copied: a recording keeps its place in the catalogue.

A file's id is a hash of its content, so edited tags make another id. If the audio is the same, the new id takes over
everything that the store has of the old one. If it differs, but the names are the same, it is another encoding of the
same recording: it takes over the lists, and is extracted again. A file with other audio and names is another track.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from spotrec.audio.file_track import names_in
from spotrec.crawl.sources import ListedTrack
from spotrec.crawl.unread_places import is_gone
from spotrec.store import FeatureStore, FileState
from spotrec.track import StoredAudio, Track, TrackId

_SAME_LENGTH_MS = 50


class FileChanges:
    """Adopts the files of one crawl.

    An old track is given up last, when all files are read: its file may have moved to a place that is read later. Until
    then its path counts as unread, so that a killed crawl reads it again.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store
        self._encoded_again: list[tuple[TrackId, TrackId, FileState]] = []

    def with_kept_names(self, listed: Sequence[ListedTrack]) -> list[ListedTrack]:
        """Return listed tracks; a file that was read again keeps a name that a table of labels gave it."""
        return [self._with_kept_name(one) if one.file and one.audio else one for one in listed]

    def with_first_places(self, listed: Sequence[ListedTrack]) -> list[Track]:
        """Return listed tracks; a copy of a file that is still there does not become the place of its track."""
        places = self._store.files.places(one.track.id for one in listed if one.file)
        stored = self._store.tracks.get_many(places)
        first: dict[TrackId, str] = {}
        for id_, states in places.items():
            if id_ in stored and any(stored[id_].path == one.path and _is_here(one) for one in states):
                first[id_] = stored[id_].path or ""
        tracks = []
        for one in listed:
            track = one.track
            if one.file and track.path:
                track = replace(track, path=first.setdefault(track.id, one.file.path))
            tracks.append(track)
        return tracks

    def adopt(self, listed: ListedTrack, id_: TrackId) -> tuple[TrackId, bool]:
        """Note the audio and the file of a listed track.

        Returns:
            The id that the store uses for it, and whether an older track is followed by this one.
        """
        if listed.audio is None or listed.file is None:
            return id_, False
        file = listed.file
        before = self._store.files.track_in(file.path)
        id_, follows = self._with_same_sound(file, id_)
        self._note_audio(listed.audio, id_)
        if before and self._is_encoded_again(before, listed.track, id_):
            self._encoded_again.append((before.id, id_, file))
        else:
            self._remember(file, id_)  # last: a file counts as read only when its audio is stored
        return id_, follows

    @property
    def leaving(self) -> set[TrackId]:
        """The tracks that `finish` may give up."""
        return {old for old, _, _ in self._encoded_again}

    def finish(self) -> None:
        """Give up the tracks of files that were encoded again, unless they are elsewhere now."""
        for old, new, file in self._encoded_again:
            stays, comes = self._store.tracks.stored_id(old), self._store.tracks.stored_id(new)
            if stays == old and comes and comes != old and self._is_nowhere(old, besides=file.path):
                self._store.succession.take_place(old, comes, is_same_sound=False)
            self._remember(file, new)

    def _with_kept_name(self, listed: ListedTrack) -> ListedTrack:
        """Keep the stored name of the same content, and what tags lack of the same sound, unless it is the file's."""
        track, file = listed.track, listed.file
        if file is None or not track.id.startswith("file:"):
            return listed
        before = self._store.tracks.get_many([track.id]).get(track.id) or self._store.files.track_in(file.path)
        if before is None or before.path is None or names_in(Path(before.path)) == (before.title, before.artists):
            return listed
        kept: set[str] | frozenset[str] = {"title", "artists"}
        if before.id != track.id:
            kept = listed.untagged if before.id in self._store.files.with_sound(file.sound or "") else set()
        return replace(listed, track=replace(track, **{name: getattr(before, name) for name in kept}))

    def _with_same_sound(self, file: FileState, id_: TrackId) -> tuple[TrackId, bool]:
        """Follow the tracks whose audio this file has. Returns the same as `adopt`."""
        follows = False
        for other in self._store.files.with_sound(file.sound or ""):
            tracks = self._store.tracks.get_many({other, id_})
            if len(tracks) < 2:
                continue
            if not self._is_nowhere(other, besides=file.path):
                self._store.succession.copy_embeddings(other, id_)
            elif other.startswith("file:"):
                self._store.succession.take_place(other, id_)
                follows = True
            elif id_.startswith("file:") and tracks[id_].isrc is None:  # the tags no longer name the service's track
                self._store.succession.take_place(id_, other)
                id_, follows = other, True
        return id_, follows

    def _is_encoded_again(self, before: Track, track: Track, id_: TrackId) -> bool:
        """Whether the file contained another encoding of the same recording."""
        if (
            before.id == id_
            or not before.id.startswith("file:")
            or self._store.tracks.stored_id(before.id) != before.id
        ):
            return False
        if (before.title, before.artists) == (track.title, track.artists):
            return True
        is_unknown = all(state.sound is None for state in self._store.files.places([before.id]).get(before.id, []))
        return is_unknown and abs((before.duration_ms or 0) - (track.duration_ms or 0)) <= _SAME_LENGTH_MS

    def _is_nowhere(self, id_: TrackId, *, besides: str) -> bool:
        """Whether no other file of a track is left."""
        places = self._store.files.places([id_]).get(id_, [])
        return all(is_gone(file) for file in places if file.path != besides)

    def _note_audio(self, audio: StoredAudio, id_: TrackId) -> None:
        """Note that the file is the track's audio, unless it has other audio. It may have a copy's features already."""
        stored = self._store.audio.get(id_)
        if stored is None or (not stored.owned and self._is_outdated(stored, audio)):
            self._store.audio.save(replace(audio, track_id=id_))

    def _is_outdated(self, stored: StoredAudio, audio: StoredAudio) -> bool:
        """Whether the stored file was changed, or is gone."""
        if stored.address == audio.address:
            return stored.sha256 != audio.sha256
        return is_gone(FileState(stored.address, 0, 0))

    def _remember(self, file: FileState, id_: TrackId) -> None:
        self._store.files.remember(
            Path(file.path), file.n_bytes, file.mtime_ns, id_, sound=file.sound, mount=file.mount
        )


def _is_here(file: FileState) -> bool:
    """Whether a file is there, and as it was when it was read."""
    try:
        found = Path(file.path).stat()
    except OSError:
        return False
    return (found.st_size, found.st_mtime_ns) == (file.n_bytes, file.mtime_ns)
