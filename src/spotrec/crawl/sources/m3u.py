"""M3U and M3U8 playlists: paths, absolute or relative to the playlist, and links to tracks."""

from collections.abc import Callable, Iterator
from pathlib import Path

from spotrec.crawl.sources import ListedTrack, Listing, SkippedEntry
from spotrec.crawl.sources.entries import EntryFinder
from spotrec.crawl.sources.text import read_text
from spotrec.errors import NotFound, SignInNeeded, TrackError, UsageError
from spotrec.links import Reference
from spotrec.names.titles import one_line
from spotrec.track import Collection, CollectionKind

_PIECE = 20


class M3USource:
    """The entries of a playlist file, in order.

    Args:
        path: the playlist.
        look_up: reads or looks up the single track that an entry refers to.

    Raises:
        NotFound, UsageError: the playlist cannot be read, or names no tracks.
    """

    def __init__(self, path: Path, look_up: Callable[[Reference], ListedTrack]) -> None:
        self._path = path.resolve()
        self._finder = EntryFinder(self._path.parent)
        self._look_up = look_up

    def listings(self) -> Iterator[Listing]:
        entries = self._finder.entries(read_text(self._path, "a playlist"))
        if not entries:
            raise NotFound(f"{self._path} names no tracks", "an M3U has a path or a link on each line")
        collection = Collection(f"m3u:{self._path}", CollectionKind.PLAYLIST, one_line(self._path.stem) or "playlist")
        for start in range(0, len(entries), _PIECE):
            tracks, skipped = [], []
            for entry in entries[start : start + _PIECE]:
                try:
                    tracks.append(self._look_up(self._finder.find(entry)))
                except TrackError as error:
                    skipped.append(SkippedEntry(entry.strip(), error.reason))
                except (NotFound, SignInNeeded, UsageError) as error:
                    skipped.append(SkippedEntry(entry.strip(), error.message))
            yield Listing(tracks, skipped, collection, len(entries))
