"""Lists of links, ids and paths, one on each line, and text that may be such a list or a table."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path

from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry, TrackSource
from spotrec.crawl.sources.csv_file import CsvSource, LookUp, is_table
from spotrec.crawl.sources.entries import EntryFinder
from spotrec.crawl.sources.named_tracks import name_id
from spotrec.crawl.sources.text import encoding_notice
from spotrec.errors import BadLink, NotFound, SignInNeeded, SpotrecError, TrackError, UsageError
from spotrec.links import AUDIO_SUFFIXES, LinkListReference, Reference, StdinReference, looks_like_a_link_or_path
from spotrec.names.titles import one_line
from spotrec.system.text import DecodedText
from spotrec.track import Collection, Track

_PIECE = 20
_IDS = ("file:", "isrc:", "name:", "subsonic:")
"""How ids begin that only a store can read. Those of Spotify and Deezer are links too."""
_NUMBER = re.compile(r"[0-9]{1,4}[.)]\s+")
_DASH = re.compile(r"\s[-–—]\s")
_DOCUMENTS = (
    (re.compile(r"\s*(?:\{\s*[\"}]|\[\s*[\[{\"\]])"), "JSON", ".json"),
    (re.compile(r"\s*<[?!A-Za-z]"), "XML", ".xml"),
    (re.compile(r"\s*\[playlist\]", re.IGNORECASE), "a PLS playlist", ".pls"),
)
"""How files begin that are no lists of links, what they are, and the suffix with which they are read."""


class TextSource:
    """A table or a list of links; the text decides which.

    Args:
        read: returns the text.
        name: its name in messages.
        folder: relative paths in the text start here.
        open_: opens the source that a line refers to.
        look_up: looks up a single track.
        stored_at: returns the track that was read earlier from a path, or None.
        stored: returns the stored track with an id, or None.
        is_csv: the file's name says that it is a table; then it is a list only if it contains links or paths.

    Raises:
        NotFound, UsageError: the text cannot be read, or names no tracks.
    """

    def __init__(
        self,
        read: Callable[[], DecodedText],
        name: str,
        *,
        folder: Path,
        open_: Callable[[Reference], TrackSource],
        look_up: LookUp,
        stored_at: Callable[[str], Track | None],
        stored: Callable[[str], Track | None],
        collection: Collection | None = None,
        is_csv: bool = False,
    ) -> None:
        self._read = read
        self._name = name
        self._folder = folder
        self._open = open_
        self._look_up = look_up
        self._stored_at = stored_at
        self._stored = stored
        self._collection = collection
        self._is_csv = is_csv
        self._n_by_name = 0

    def listings(self) -> Iterator[Listing]:
        found = self._read()
        text, finder = found.text, EntryFinder(self._folder, found.encoding)
        for start, kind, suffix in _DOCUMENTS:
            if start.match(text):
                raise UsageError(f"{self._name} is {kind}, not a list of links", f"crawl a file that ends in {suffix}")
        entries = finder.entries(text)
        if not entries:
            raise NotFound(f"{self._name} names no tracks", "give a link or a path on each line, or a CSV")
        if is_table(text) or (self._is_csv and not any(map(looks_like_a_link_or_path, entries))):
            source = CsvSource(
                text,
                self._name,
                self._look_up,
                self._collection,
                folder=self._folder,
                stored_at=self._stored_at,
                encoding=found.encoding,
            )
            listings = source.listings()
        else:
            listings = self._entries(entries, finder)
        name = self._name if self._collection is None else Path(self._name).name
        notice = encoding_notice(name, found)
        return chain([Listing([], notice=notice)] if notice else [], listings, self._by_name())

    def _by_name(self) -> Iterator[Listing]:
        if self._n_by_name:
            yield Listing([], notice=f"lines that are read as “Artist - Title”: {self._n_by_name:,}")

    def _entries(self, entries: list[str], finder: EntryFinder) -> Iterator[Listing]:
        """Yield the tracks of all entries. Single tracks are collected, so that audio is fetched for several at once.

        An entry that fails is skipped. A service that fails, or asks spotrec to wait, ends the list.
        """
        tracks: list[ListedTrack] = []
        skipped: list[SkippedEntry] = []
        fault: SpotrecError | None = None
        for entry in entries:
            try:
                for listing in self._listings(entry, finder):
                    if listing.repeats:
                        continue
                    tracks.extend(listing.tracks)
                    skipped.extend(listing.skipped)
                    if listing.notice or listing.is_cut or len(tracks) + len(skipped) >= _PIECE:
                        yield replace(listing, tracks=tracks, skipped=skipped, collection=self._collection, total=None)
                        tracks, skipped = [], []
            except TrackError as error:
                skipped.append(SkippedEntry(one_line(entry), error.reason, error.hint))
            except (NotFound, SignInNeeded, UsageError) as error:
                skipped.append(SkippedEntry(one_line(entry), error.message))
            except SpotrecError as error:
                fault = error
                break
        if tracks or skipped:
            yield Listing(tracks, skipped, self._collection)
        if fault:
            raise fault

    def _listings(self, entry: str, finder: EntryFinder) -> Iterator[Listing]:
        if entry.strip().startswith(_IDS) and (track := self._stored(entry.strip())):
            return iter([Listing([ListedTrack(track)])])
        try:
            reference = finder.find(entry)
        except (NotFound, BadLink):
            if named := _named(entry):
                self._n_by_name += 1
                return iter([Listing([ListedTrack(named)])])
            raise
        if isinstance(reference, LinkListReference | StdinReference):
            raise UsageError("a list in a list", "crawl it on its own")
        return self._open(reference).listings()


def _named(entry: str) -> Track | None:
    """Return the track that a line `Artist - Title` names, with or without a number; None if it may be a path."""
    text = _NUMBER.sub("", one_line(entry), count=1)
    if looks_like_a_link_or_path(text) or set("/\\") & set(text) or Path(text).suffix.lower() in AUDIO_SUFFIXES:
        return None
    artist, *rest = _DASH.split(text, maxsplit=1)
    try:
        return Track(name_id(None, rest[0], (artist,)), rest[0], (artist,)) if rest else None
    except UsageError:
        return None
