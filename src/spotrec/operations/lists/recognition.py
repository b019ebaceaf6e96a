"""Which stored track an entry of a list means. Nothing is read or fetched for it: the store alone is asked."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from spotrec.crawl.sources import ListedTrack
from spotrec.crawl.sources.entries import EntryFinder, track_read_earlier
from spotrec.crawl.sources.named_tracks import track_link
from spotrec.errors import UsageError
from spotrec.links import DeezerReference, FileReference, Reference, SpotifyReference
from spotrec.names.recordings import recording_key
from spotrec.operations.lists.entries import Entry
from spotrec.operations.seeds import with_id
from spotrec.store import FeatureStore
from spotrec.track import Track, TrackId


@dataclass(frozen=True, slots=True)
class Described:
    """An entry as its list describes it: the stored track comes later if only its names are known."""

    entry: Entry
    title: str = ""
    artists: tuple[str, ...] = ()


class Recognition:
    """Finds the stored tracks of one list.

    Args:
        folder: relative paths start here.
        encoding: the codec in which the list was read.
    """

    def __init__(self, store: FeatureStore, folder: Path, encoding: str = "utf-8") -> None:
        self._store = store
        self._folder = folder
        self.finder = EntryFinder(folder, encoding)

    def at(self, place: str) -> Entry:
        """Return an entry with the track at a path, a link or an id, if the store has it."""
        found = self._at(place)
        return replace(found, name=found.track.name) if found.track else found

    def _at(self, place: str) -> Entry:
        entry = Entry(place.strip(), place=place.strip())
        if path := self.finder.path(place):
            file = os.path.abspath(path)  # noqa: PTH100 - the file itself may be a link, and keeps its name
            return replace(entry, track=self._in_file(file), file=file, by="path")
        try:
            link = track_link(place.strip())
        except UsageError:  # a link to a whole album
            return entry
        if link:
            return replace(entry, track=self._store.tracks.get(link.uri), by="link")
        if stored := with_id(self._store, place.strip()):
            return replace(entry, track=stored, by="id")
        file = self._missing_file(place.strip())
        earlier = track_read_earlier(place.strip(), self._folder, self._store.files.track_in)
        return replace(entry, track=earlier, file=file, by="path" if earlier else "")

    def listed(self, listed: ListedTrack) -> Entry:
        """Return an entry for a track as a source lists it."""
        track = listed.track
        stored = self._store.tracks.get(self._store.tracks.id_of(track))
        by = "" if stored is None else "link" if stored.id == track.id else "ISRC"
        file = track.path if track.id.startswith("file:") and track.path else ""
        return Entry(track.name, stored, place=file or track.url or "", file=file, by=by)

    def look_up(self, reference: Reference) -> ListedTrack:
        """Return the stored track that a reference means, else a track with nothing but its name.

        Raises:
            UsageError: it is no track.
        """
        match reference:
            case SpotifyReference() | DeezerReference() as link:
                return ListedTrack(self._store.tracks.get(link.uri) or Track(TrackId(link.uri), link.uri, url=link.url))
            case FileReference(path):
                file = os.path.abspath(path)  # noqa: PTH100 - as above
                return ListedTrack(self._in_file(file) or Track(TrackId(f"file:{file}"), path.name, path=file))
        raise UsageError("not a track", "name the playlists, albums and folders one by one")

    def by_names(self, described: Iterable[Described]) -> list[Entry]:
        """Return entries, each with the track of its title and artists if nothing else has led to one."""
        every = list(described)
        keys = [None if one.entry.track else recording_key(one.title, one.artists) for one in every]
        named = self._store.candidates.named({key for key in keys if key})
        return [
            replace(one.entry, track=track, by="name") if key and (track := named.get(key)) else one.entry
            for one, key in zip(every, keys, strict=True)
        ]

    def _in_file(self, file: str) -> Track | None:
        return self._store.files.track_in(file) or self._store.files.track_in(os.path.realpath(file))

    def _missing_file(self, place: str) -> str:
        """Return the path that a relative entry would have; "" if it is no such path."""
        if not place or "://" in place or "\0" in place or place[1:3] in (":\\", ":/"):
            return ""
        return os.path.abspath(self._folder / place)  # noqa: PTH100 - as above
